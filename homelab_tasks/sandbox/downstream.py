"""One client's connection to the load balancer: requests in, answers or faults out."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Mapping

import h11

from homelab_tasks.sandbox.fault_control import FaultControl
from homelab_tasks.sandbox.faults import SLOW_SECONDS, Effect, Request
from homelab_tasks.sandbox.upstream import Answer, BodyReader, UpstreamError, exchange

READ_BYTES = 64 * 1024
TRICKLE_BYTES, TRICKLE_SECONDS = 200, 0.02
HOP_BY_HOP = {b"connection", b"keep-alive", b"transfer-encoding", b"proxy-connection", b"upgrade", b"server"}
PAGE = b"<html>\r\n<head><title>%s</title></head>\r\n<body><center><h1>%s</h1></center></body>\r\n</html>\r\n"
LOGIN_URL = b"https://login.homelab.test/"
EVENTS_UNTIL_CUT = 2
FIELDS = (b"data:", b"event:", b"id:")  # that an event begins with; a ping is a comment

Headers = list[tuple[bytes, bytes]]


class Downstream:
    """Answers one connection until either side closes it."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        upstreams: Mapping[str, int],
        faults: FaultControl,
    ) -> None:
        """Pass requests for the names of *upstreams* on to their ports, unless *faults* says otherwise."""
        self._reader = reader
        self._writer = writer
        self._upstreams = upstreams
        self._faults = faults
        self._protocol = h11.Connection(h11.SERVER)

    async def serve(self) -> None:
        """Answer request after request."""
        while True:
            request = await self._next_event()
            if not isinstance(request, h11.Request):
                return
            await self._answer(request)
            if self._protocol.our_state is not h11.DONE or self._protocol.their_state is not h11.DONE:
                return
            self._protocol.start_next_cycle()

    async def _answer(self, request: h11.Request) -> None:
        host = _host(request)
        path = request.target.decode().partition("?")[0]
        effect = self._faults.of_request(Request(host=host, method=request.method.decode(), path=path))
        made_up = _made_up(effect)
        if effect is Effect.RESET:
            self._reset()
        elif effect is Effect.BLACKHOLE:
            await self._reader.read(-1)  # until the client gives up
        elif host not in self._upstreams:
            await self._send_page(404, b"404 Not Found")
        elif made_up is not None:
            await self._drain_body()
            await self._send(*made_up)
        else:
            await self._pass_on(request, self._upstreams[host], effect)

    async def _pass_on(self, request: h11.Request, port: int, effect: Effect) -> None:
        headers = [(name, value) for name, value in request.headers if name not in HOP_BY_HOP]
        try:
            async with exchange(port, request, headers, self._body()) as answer:
                await self._spoil(answer, effect)
        except UpstreamError:
            if self._protocol.our_state is h11.SEND_RESPONSE:
                await self._send_page(502, b"502 Bad Gateway")
            else:
                self._reset()

    async def _spoil(self, answer: Answer, effect: Effect) -> None:
        """Send *answer* on as *effect* has it."""
        headers = [(name, value) for name, value in answer.headers if name not in HOP_BY_HOP]
        if effect is Effect.EMPTY:
            await self._send(200, [(b"content-type", b"application/json")], b"")
        elif effect in {Effect.TORN, Effect.TRUNCATED}:
            await self._send_half(answer, headers, promise_length=effect is Effect.TORN)
        else:
            if effect in {Effect.SLOW, Effect.TRICKLE}:
                await asyncio.sleep(SLOW_SECONDS)
            self._write(self._protocol.send(h11.Response(status_code=answer.status, headers=headers)))
            await self._send_body(answer.body, effect)

    async def _send_body(self, body: AsyncIterator[bytes], effect: Effect) -> None:
        events = 0
        async for data in body:
            events += data.startswith(FIELDS)
            if effect is Effect.STREAM_MUTE or (effect is Effect.STREAM_PINGS and not data.startswith(b":")):
                continue
            if effect is Effect.STREAM_CUT and events == EVENTS_UNTIL_CUT:
                self._write(self._protocol.send(h11.Data(data=data[: len(data) // 2])))
                await self._writer.drain()
                break
            size = TRICKLE_BYTES if effect is Effect.TRICKLE else len(data)
            for start in range(0, len(data), size):
                self._write(self._protocol.send(h11.Data(data=data[start : start + size])))
                await self._writer.drain()
                await asyncio.sleep(TRICKLE_SECONDS if effect is Effect.TRICKLE else 0)
        if effect is Effect.STREAM_CUT:
            self._reset()
            return
        self._write(self._protocol.send(h11.EndOfMessage()))
        await self._writer.drain()

    async def _send_half(self, answer: Answer, headers: Headers, *, promise_length: bool) -> None:
        """Send half of *answer* and close; only a promised length tells the client that something is missing."""
        whole = b"".join([data async for data in answer.body])
        kept = [(name, value) for name, value in headers if name != b"content-length"]
        if promise_length:
            kept.append((b"content-length", str(len(whole)).encode()))
        lines = [b"HTTP/1.1 %d OK" % answer.status, *(name + b": " + value for name, value in kept)]
        head = b"\r\n".join([*lines, b"connection: close", b"", b""])
        self._write(head + whole[: len(whole) // 2])
        await self._writer.drain()
        self._protocol.send_failed()

    async def _send_page(self, status: int, title: bytes) -> None:
        await self._drain_body()
        await self._send(status, [(b"content-type", b"text/html")], PAGE % (title, title))

    async def _send(self, status: int, headers: Headers, body: bytes) -> None:
        length = [(b"content-length", str(len(body)).encode())]
        self._write(self._protocol.send(h11.Response(status_code=status, headers=headers + length)))
        self._write(self._protocol.send(h11.Data(data=body)))
        self._write(self._protocol.send(h11.EndOfMessage()))
        await self._writer.drain()

    def _body(self) -> BodyReader:
        async def chunks() -> AsyncIterator[bytes]:
            if self._protocol.they_are_waiting_for_100_continue:
                self._write(self._protocol.send(h11.InformationalResponse(status_code=100, headers=[])))
            while isinstance(event := await self._next_event(), h11.Data):
                yield bytes(event.data)

        return chunks()

    async def _drain_body(self) -> None:
        if self._protocol.their_state is h11.SEND_BODY:
            async for _ in self._body():
                pass

    async def _next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            self._protocol.receive_data(await self._reader.read(READ_BYTES))
        return event

    def _write(self, data: bytes | None) -> None:
        if data:
            self._writer.write(data)

    def _reset(self) -> None:
        """Close so that the client sees a reset, not an end."""
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
        self._protocol.send_failed()


def _host(request: h11.Request) -> str:
    host = next((value for name, value in request.headers if name == b"host"), b"")
    return host.decode().partition(":")[0].lower()


def _made_up(effect: Effect) -> tuple[int, Headers, bytes] | None:
    """The answers that never reach an upstream."""
    html: Headers = [(b"content-type", b"text/html")]
    pages = {
        Effect.HTML: (200, html, PAGE % (b"Sign in", b"Sign in")),
        Effect.BAD_GATEWAY: (502, html, PAGE % (b"502 Bad Gateway", b"502 Bad Gateway")),
        Effect.UNAVAILABLE: (503, [], b""),
        Effect.UNAUTHORIZED: (401, [], b""),
        Effect.NOT_FOUND: (404, [], b""),
        Effect.RATE_LIMIT: (429, [(b"retry-after", b"1")], b""),
        Effect.REDIRECT: (302, [(b"location", LOGIN_URL)], b""),
    }
    return pages.get(effect)
