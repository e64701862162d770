"""Servers on loopback that answer, or misbehave, exactly as a test says."""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True)
class Asked:
    """A request as it arrived: *target* is path and query, header names are in lower case, *sni* the TLS name."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    sni: str | None
    connection: int


Answer = Iterable[bytes]
Handler = Callable[[Asked], Answer]
RESET = b"<reset>"  # yielded by a handler: the connection is reset there
CLOSE = b"<close>"


def response(
    body: bytes = b"", status: int = 200, content_type: str = "application/json", headers: Iterable[str] = ()
) -> list[bytes]:
    """A whole answer, as one write."""
    lines = [f"HTTP/1.1 {status} Word", f"Content-Length: {len(body)}", f"Content-Type: {content_type}", *headers]
    return [("\r\n".join(lines) + "\r\n\r\n").encode() + body]


@dataclass
class Server:
    """An HTTP/1.1 server on *host*, with TLS where a context is given; keeps what it was asked in *asked*."""

    handler: Handler
    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.socket(family)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((self.host, self.port))
        self._listener.listen(32)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, plain: socket.socket, number: int) -> None:
        names: list[str | None] = [None]
        connection = plain
        with suppress(OSError, ValueError):
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                self.tls.sni_callback = lambda secured, name, _: names.__setitem__(0, name)
                connection = self.tls.wrap_socket(plain, server_side=True)
            stream = connection.makefile("rb")
            while self._answer_one(connection, stream, names[0], number):
                pass
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()

    def _answer_one(self, connection: socket.socket, stream, sni: str | None, number: int) -> bool:  # type: ignore[no-untyped-def]
        first = stream.readline()
        if not first:
            return False
        method, target, _ = first.decode().split()
        headers = {}
        while (line := stream.readline()) not in {b"\r\n", b""}:
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
        asked = Asked(method, target, headers, body, sni, number)
        self.asked.append(asked)
        for part in self.handler(asked):
            if part == RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
                return False
            if part == CLOSE:
                return False
            connection.sendall(part)
        return True


class BlackHole:
    """An address that takes no connection and refuses none: its backlog is full."""

    def __init__(self, host: str, port: int = 0) -> None:
        self.host = host
        self._wanted = port

    def __enter__(self) -> Self:
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((self.host, self._wanted))
        self._listener.listen(0)
        self.port = self._listener.getsockname()[1]
        self._fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            with suppress(BlockingIOError):
                filler.connect((self.host, self.port))
            self._fillers.append(filler)
        return self

    def __exit__(self, *_: object) -> None:
        for filler in self._fillers:
            filler.close()
        self._listener.close()


class Tunnel:
    """A CONNECT proxy that leads every name to one port on loopback."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._ends: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for end in (self._listener, *self._ends):
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._ends.append(client)
                with suppress(OSError):
                    while b"\r\n\r\n" not in client.recv(65536):
                        pass
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    server = socket.create_connection(("127.0.0.1", self._target))
                    self._ends.append(server)
                    for source, sink in ((client, server), (server, client)):
                        threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
