"""How a connection to an API server is made: who is shown to whom, and through what."""

import json
import socket
import socketserver
import ssl
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from homelab_tasks.clients.kubernetes.client import Kubernetes
from homelab_tasks.clients.kubernetes.connection import connect
from homelab_tasks.clients.kubernetes.kubeconfig import load_access
from homelab_tasks.durations import Duration
from homelab_tasks.errors import TransientError, UntrustedError
from homelab_tasks.model.rollouts.target import Kind
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.settings import Http, LoadBalancer

AUTHORITY = trustme.CA()
EMPTY = json.dumps({"kind": "DeploymentList", "metadata": {"resourceVersion": "1"}, "items": []}).encode()


class Api(BaseHTTPRequestHandler):
    """Lists nothing, and notes the name on the client certificate."""

    protocol_version = "HTTP/1.1"
    has_answered = False

    def do_GET(self) -> None:
        server: Any = self.server
        if self.has_answered and server.hangs_up:
            server.hangs_up, self.close_connection = False, True
            return
        self.has_answered = True
        shown = self.connection.getpeercert() or {}
        server.shown.append(dict(pair for part in shown.get("subject", ()) for pair in part).get("commonName"))
        code = server.codes.pop() if server.codes else 200
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(EMPTY)))
        self.end_headers()
        self.wfile.write(EMPTY)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Proxy(socketserver.StreamRequestHandler):
    """An HTTP proxy that only tunnels, and notes what it was asked."""

    def handle(self) -> None:
        server: Any = self.server
        asked = self.rfile.readline().decode().strip()
        headers = list(iter(lambda: self.rfile.readline().decode().strip(), ""))
        server.asked.append((asked, [each for each in headers if each.lower().startswith("proxy-authorization")]))
        port = int(asked.split()[1].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as upstream:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            thread = threading.Thread(target=_pump, args=(upstream, self.connection), daemon=True)
            thread.start()
            _pump(self.connection, upstream)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            sink.sendall(part)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[int]:
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield int(server.server_address[1])  # type: ignore[index]
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def api(*names: str, asks_for_certificates: bool = False) -> Iterator[Any]:
    """An API server whose certificate is for *names*; yields it, with its `url`, `shown`, `codes` and `hangs_up`."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.shown, server.codes, server.hangs_up = [], [], False
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(*(names or ("127.0.0.1",))).configure_cert(context)
    if asks_for_certificates:
        AUTHORITY.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with serving(server) as port:
        server.url = f"https://127.0.0.1:{port}"
        yield server


def client(server: Any, folder: Path, user: Any = None, **cluster: Any) -> Kubernetes:
    """A client of *server*, as *user* of a kubeconfig with *cluster*."""
    (folder / "ca.pem").write_bytes(AUTHORITY.cert_pem.bytes())
    written = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server.url, "certificate-authority": "ca.pem", **cluster}}],
        "users": [{"name": "u", "user": user or {}}],
    }
    (folder / "config").write_text(yaml.safe_dump(written))
    access = load_access({}, kubeconfig=str(folder / "config"))
    http = Http(connect_timeout=Duration(2), read_timeout=Duration(2))
    return connect(access, pins=LoadBalancer(), http=http, environment={}, secrets=Secrets(), now=time.monotonic)


def ask(server: Any, folder: Path, user: Any = None, **cluster: Any) -> None:
    """List the deployments of *server* once."""
    asking = client(server, folder, user, **cluster)
    try:
        assert asking.workload(Kind.DEPLOYMENT, "default", "web").workload is None
    finally:
        asking.close()


def pem(name: str) -> tuple[str, str]:
    """A client certificate for *name*, and its key."""
    issued = AUTHORITY.issue_cert(f"{name}.example.org", common_name=name)
    return "".join(each.bytes().decode() for each in issued.cert_chain_pems), issued.private_key_pem.bytes().decode()


def plugin(folder: Path, *names: str) -> Path:
    """A credential plugin that prints the client certificate of the next of *names* each time."""
    for number, name in enumerate(names):
        certificate, key = pem(name)
        status = {"clientCertificateData": certificate, "clientKeyData": key}
        (folder / f"{number}.json").write_text(json.dumps({"kind": "ExecCredential", "status": status}))
    script = folder / "plugin"
    script.write_text(
        f"#!{sys.executable}\n"
        "import pathlib\n"
        f"printed = sorted(pathlib.Path({str(folder)!r}).glob('*.json'))[0]\n"
        "print(printed.read_text())\n"
        "printed.unlink()\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


def test_the_client_certificate_of_the_kubeconfig_is_shown(tmp_path: Path) -> None:
    certificate, key = pem("me")
    (tmp_path / "me.pem").write_text(certificate)
    (tmp_path / "me.key").write_text(key)

    with api(asks_for_certificates=True) as server:
        ask(server, tmp_path, {"client-certificate": "me.pem", "client-key": "me.key"})

        assert server.shown == ["me"]


def test_a_client_certificate_that_a_plugin_prints_is_shown(tmp_path: Path) -> None:
    with api(asks_for_certificates=True) as server:
        ask(server, tmp_path, {"exec": {"command": str(plugin(tmp_path, "me"))}})

        assert server.shown == ["me"]


def test_a_client_certificate_is_asked_for_anew_when_it_is_refused(tmp_path: Path) -> None:
    with api(asks_for_certificates=True) as server:
        server.codes.append(401)

        ask(server, tmp_path, {"exec": {"command": str(plugin(tmp_path, "expired", "me"))}})

        assert server.shown == ["expired", "me"]


def test_requests_go_through_the_proxy_of_the_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")  # which is about the environment's
    proxy: Any = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Proxy)
    proxy.asked, proxy.daemon_threads = [], True

    with api() as server, serving(proxy) as port:
        ask(server, tmp_path, **{"proxy-url": f"http://me:passw0rd@127.0.0.1:{port}"})

        assert proxy.asked == [
            (f"CONNECT {server.url.removeprefix('https://')} HTTP/1.0", ["Proxy-Authorization: Basic bWU6cGFzc3cwcmQ="])
        ]
    with api() as server, pytest.raises(TransientError, match="the proxy that the kubeconfig") as failed:
        ask(server, tmp_path, **{"proxy-url": "http://me:passw0rd@127.0.0.1:9"})
    assert "passw0rd" not in str(failed.value)


def test_a_certificate_that_fails_behind_a_proxy_is_not_trusted(tmp_path: Path) -> None:
    proxy: Any = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Proxy)
    proxy.asked, proxy.daemon_threads = [], True

    with api("other.example.org") as server, serving(proxy) as port, pytest.raises(UntrustedError, match="TLS"):
        ask(server, tmp_path, **{"proxy-url": f"http://127.0.0.1:{port}"})


def test_the_certificate_is_checked_for_the_name_of_the_kubeconfig(tmp_path: Path) -> None:
    with api("kube.example.org") as server:
        ask(server, tmp_path, **{"tls-server-name": "kube.example.org"})
        with pytest.raises(UntrustedError, match=r"is for kube\.example\.org"):
            ask(server, tmp_path, **{"tls-server-name": "other.example.org"})


def test_a_connection_that_was_closed_meanwhile_is_opened_anew_and_is_no_outage(tmp_path: Path) -> None:
    with api() as server:
        asking = client(server, tmp_path)
        asking.workload(Kind.DEPLOYMENT, "default", "web")
        server.hangs_up = True

        asking.workload(Kind.DEPLOYMENT, "default", "web")
        asking.close()

        assert not server.hangs_up
        assert len(server.shown) == 2
