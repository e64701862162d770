"""
A way for git to dial pinned addresses that have a port of their own, which curl's `--resolve` cannot do.

It is the least that a SOCKS5 proxy can be (RFC 1928: no authentication, CONNECT to a name). git speaks TLS through
it with the server itself, so the name stays in SNI, in the Host header and in the check of the certificate.
"""

import socket
import threading
from contextlib import closing, suppress

from homelab_tasks.clients.web.addresses import AddressBook

CONNECT_SECONDS = 5.0
_VERSION, _CONNECT, _NAME = 5, 1, 3
_GRANTED, _UNREACHABLE, _NOT_ALLOWED = 0, 4, 2
_CHUNK_BYTES = 65536


class Relay:
    """A proxy on loopback that connects to the addresses of *book*, and to nothing else."""

    def __init__(self, book: AddressBook) -> None:
        """Listen on a free port until the process ends."""
        self._book = book
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        with closing(caller), suppress(OSError, ValueError):
            host, port = _read_request(caller)
            server = self._connect(host, port)
            if server is None:
                _answer(caller, _UNREACHABLE if self._book.addresses(host) else _NOT_ALLOWED)
                return
            with closing(server):
                _answer(caller, _GRANTED)
                back = threading.Thread(target=_pump, args=(server, caller), daemon=True)
                back.start()
                _pump(caller, server)
                back.join()

    def _connect(self, host: str, port: int) -> socket.socket | None:
        for address in self._book.addresses(host):
            try:
                server = socket.create_connection((address.ip, address.port or port), CONNECT_SECONDS)
            except OSError:
                self._book.demote(host, address)
                continue
            server.settimeout(None)
            return server
        return None


def _read_request(caller: socket.socket) -> tuple[str, int]:
    """Read which name and port the caller wants; raises ValueError for anything but a CONNECT to a name."""
    version, methods = _exactly(caller, 2)
    _exactly(caller, methods)
    caller.sendall(bytes((_VERSION, 0)))
    asked = _exactly(caller, 5)
    if version != _VERSION or asked[1] != _CONNECT or asked[3] != _NAME:
        raise ValueError("not a CONNECT to a name")
    host = _exactly(caller, asked[4]).decode("ascii")
    return host, int.from_bytes(_exactly(caller, 2), "big")


def _exactly(caller: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = caller.recv(count - len(data))
        if not part:
            raise ValueError("hung up")
        data += part
    return data


def _answer(caller: socket.socket, reply: int) -> None:
    caller.sendall(bytes((_VERSION, reply, 0, 1, 0, 0, 0, 0, 0, 0)))


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK_BYTES):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
