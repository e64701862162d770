"""Server-sent events: what changed, and the log of a running step. Frames as the real server writes them."""

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.sandbox.woodpecker.access import Access, number_in
from homelab_tasks.sandbox.woodpecker.hub import Frames, Hub
from homelab_tasks.sandbox.woodpecker.rows import Step
from homelab_tasks.sandbox.woodpecker.serving import route
from homelab_tasks.sandbox.woodpecker.store import Store
from homelab_tasks.sandbox.woodpecker.wire import entry_json

PING_SECONDS = 30.0
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "no-store",
    "Expires": "Thu, 01 Jan 1970 00:00:00 GMT",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Xss-Protection": "1; mode=block",
}


class Streams:
    """The two streams of the server."""

    def __init__(self, store: Store, access: Access, hub: Hub, *, ping_seconds: float = PING_SECONDS) -> None:
        """Pass on what *hub* tells; *ping_seconds* without anything to tell make a ping."""
        self._store = store
        self._access = access
        self._hub = hub
        self._ping_seconds = ping_seconds

    def routes(self) -> list[BaseRoute]:
        """Both streams."""
        return [
            route("GET", "/api/stream/events", self.events),
            route("GET", "/api/stream/logs/{repository}/{number}/{step}", self.log),
        ]

    async def events(self, request: Request) -> Response:
        """Every change of the pipelines that the user may see now."""
        user = self._access.user(request)
        visible = frozenset(row.id for row in self._store.repositories if self._access.may_read(user, row))
        return _stream(self._events(visible))

    async def _events(self, visible: frozenset[int]) -> AsyncIterator[str]:
        yield ": ping\n\n"
        with self._hub.listening(visible) as frames:
            async for frame in self._frames(frames):
                yield f"data: {frame}\n\n" if frame else ": ping\n\n"

    async def log(self, request: Request) -> Response:
        """The log of a step while its workflow runs; errors are frames, too."""
        repository = self._access.repository(request)
        row = self._store.pipeline(repository, number_in(request, "number"))
        if row is None:
            return _stream(_error("pipeline not found"))
        step = next((step for step in row.steps if step.id == number_in(request, "step")), None)
        if step is None:
            return _stream(_error("process not found"))
        if step.state is not Status.RUNNING:
            return _stream(_error("step not running (anymore)"))
        return _stream(self._log(step))

    async def _log(self, step: Step) -> AsyncIterator[str]:
        yield ": ping\n\n"
        with self._hub.listening_to_log(step) as frames:
            sent = 0
            for entry in list(self._store.log(step)):
                sent += 1
                yield f"id: {sent}\ndata: {json.dumps(entry_json(entry), separators=(',', ':'))}\n\n"
            async for frame in self._frames(frames):
                sent += bool(frame)
                yield f"id: {sent}\ndata: {frame}\n\n" if frame else ": ping\n\n"
            yield "event: eof\ndata: eof\n\n"

    async def _frames(self, frames: Frames) -> AsyncIterator[str]:
        """Yield what comes until the stream ends; an empty text when nothing came for a while."""
        while True:
            try:
                frame = await asyncio.wait_for(frames.get(), self._ping_seconds)
            except TimeoutError:
                yield ""
                continue
            if frame is None:
                return
            yield frame


async def _error(text: str) -> AsyncIterator[str]:
    yield ": ping\n\n"
    yield f"event: error\ndata: {text}\n\n"


def _stream(frames: AsyncIterator[str]) -> Response:
    return StreamingResponse(frames, media_type="text/event-stream", headers=HEADERS)
