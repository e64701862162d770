"""How git reaches the forge: the pinned address, the certificates, and a token that is in no URL and no argument."""

import os
import ssl
from collections.abc import Callable
from pathlib import Path

from homelab_tasks.clients.git.command import GitCommand
from homelab_tasks.clients.git.relay import Relay
from homelab_tasks.clients.web.addresses import AddressBook
from homelab_tasks.errors import HomelabError, UsageError
from homelab_tasks.model.landing.remote_url import RemoteUrl, parse_remote_url

TOKEN_VARIABLE = "HOMELAB_GIT_TOKEN"  # noqa: S105 - its name, not its value
_HELPER = f'!f() {{ test "$1" = get && printf "username=token\\npassword=%s\\n" "${TOKEN_VARIABLE}"; }}; f'
_PORTS = {"http": 80, "https": 443}
_SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class GitAccess:
    """What the settings say about reaching servers, for git."""

    def __init__(self, book: AddressBook, *, ca_file: Path | None, keep_in: Path) -> None:
        """Dial as *book* says and trust *ca_file* beside the system's; a joined bundle is kept in *keep_in*."""
        self._book = book
        self._ca_file = ca_file
        self._keep_in = keep_in

    def configure(self, command: GitCommand, url: str, *, forge: str | None, token: Callable[[], str]) -> GitCommand:
        """
        Return *command* configured to reach *url*.

        *token* is asked for only when *url* is on the very server (scheme, host and port) of *forge*; where there is
        none, git goes on with what credentials its user has configured.
        """
        remote = parse_remote_url(url)
        if not remote.is_web or remote.host is None:
            return command
        origin = _origin(remote)
        command = command.configured("http.followRedirects=false")
        command = self._pinned(command, remote, origin)
        command = self._trusting(command, url)
        if forge is not None and _origin(parse_remote_url(forge)) == origin:
            command = _signed(command, origin, token)
        return command

    def _pinned(self, command: GitCommand, remote: RemoteUrl, origin: str) -> GitCommand:
        host, port = remote.host or "", remote.port or _PORTS[remote.scheme]
        addresses = self._book.addresses(host)
        configured = command.ask("config", "--get-all", "http.curloptResolve") or ""
        if not addresses or any(line.startswith(f"{host}:{port}:") for line in configured.splitlines()):
            return command  # what the clone itself says about this very port comes first
        past_proxies = {"no_proxy": "", "NO_PROXY": ""}
        if any(address.port not in {None, port} for address in addresses):
            relay = Relay(self._book)
            proxy = f"http.{origin}.proxy=socks5h://127.0.0.1:{relay.port}"
            return command.configured(proxy, environment=past_proxies)
        dialled = ",".join(f"[{address.ip}]" if ":" in address.ip else address.ip for address in addresses)
        return command.configured(f"http.curloptResolve={host}:{port}:{dialled}", f"http.{origin}.proxy=")

    def _trusting(self, command: GitCommand, url: str) -> GitCommand:
        if self._ca_file is None:
            return command
        configured = command.ask("config", "--type=path", "--get-urlmatch", "http.sslCAInfo", url)
        return command.configured(environment={"GIT_SSL_CAINFO": str(self._bundle(configured))})

    def _bundle(self, configured: str | None) -> Path:
        """Join the certificates that git would trust with ours: curl takes one file."""
        system = configured or ssl.get_default_verify_paths().cafile
        known = [system] if system else [path for path in _SYSTEM_BUNDLES if Path(path).exists()][:1]
        try:
            parts = [Path(path).read_bytes() for path in (*known, self._ca_file or "")]
            self._keep_in.mkdir(exist_ok=True)
            joined = self._keep_in / "certificates.pem"
            fresh = joined.with_suffix(f".{os.getpid()}")  # other worktrees of the clone may be doing the same
            fresh.write_bytes(b"\n".join(parts))
            fresh.replace(joined)
        except OSError as error:
            hint = "homelab.load_balancer.ca_file is a file of certificates in PEM form"
            raise UsageError(f"cannot read '{error.filename}': {error.strerror}", hint=hint) from error
        return joined


def _signed(command: GitCommand, origin: str, token: Callable[[], str]) -> GitCommand:
    try:
        value = token()
    except HomelabError:
        return command
    hidden = ((f"credential.{origin}.helper", _HELPER),)
    return command.configured(hidden=hidden, environment={TOKEN_VARIABLE: value})


def _origin(remote: RemoteUrl) -> str:
    port = remote.port or _PORTS.get(remote.scheme)
    shown = "" if port == _PORTS.get(remote.scheme) else f":{port}"
    host = f"[{remote.host}]" if ":" in (remote.host or "") else remote.host
    return f"{remote.scheme}://{host}{shown}"
