"""The load balancer's side towards a stand-in: one request, one connection."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import h11
from msgspec import Struct

READ_BYTES = 64 * 1024
LOOPBACK = "127.0.0.1"

BodyReader = AsyncIterator[bytes]


class UpstreamError(Exception):
    """The stand-in is away, or broke its answer off."""


class Answer(Struct, kw_only=True):
    """The head of an answer, and its body as it comes."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: BodyReader


@asynccontextmanager
async def exchange(
    port: int, request: h11.Request, headers: Sequence[tuple[bytes, bytes]], body: BodyReader
) -> AsyncIterator[Answer]:
    """Send *request* with *headers* and *body* to *port* and give its answer; raises UpstreamError."""
    try:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError as error:
        raise UpstreamError(str(error)) from error
    try:
        connection = _Connection(reader, writer)
        await connection.send(request, headers, body)
        yield await connection.answer()
    finally:
        writer.transport.abort()


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._protocol = h11.Connection(h11.CLIENT)

    async def send(self, request: h11.Request, headers: Sequence[tuple[bytes, bytes]], body: BodyReader) -> None:
        chunked = [(b"transfer-encoding", b"chunked")] if _is_chunked(request) else []
        sent = [*headers, *chunked, (b"connection", b"close")]
        await self._write(h11.Request(method=request.method, target=request.target, headers=sent))
        async for data in body:
            await self._write(h11.Data(data=data))
        await self._write(h11.EndOfMessage())

    async def answer(self) -> Answer:
        event = await self._next_event()
        while isinstance(event, h11.InformationalResponse):
            event = await self._next_event()
        if not isinstance(event, h11.Response):
            raise UpstreamError("no answer")
        return Answer(status=event.status_code, headers=list(event.headers), body=self._body())

    async def _body(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._next_event(), h11.Data):
            yield bytes(event.data)

    async def _write(self, event: h11.Event) -> None:
        self._writer.write(self._protocol.send(event) or b"")
        try:
            await self._writer.drain()
        except OSError as error:
            raise UpstreamError(str(error)) from error

    async def _next_event(self) -> object:
        try:
            while (event := self._protocol.next_event()) is h11.NEED_DATA:
                self._protocol.receive_data(await self._reader.read(READ_BYTES))
        except (OSError, h11.RemoteProtocolError) as error:
            raise UpstreamError(str(error)) from error
        return event


def _is_chunked(request: h11.Request) -> bool:
    return any(name == b"transfer-encoding" for name, _ in request.headers)
