"""The watches of the stand-in: each tells what changes, until its time is over or the server closes."""

import asyncio
import json
from collections.abc import AsyncIterator

from homelab_tasks.sandbox.kubernetes.answers import status_object
from homelab_tasks.sandbox.kubernetes.selection import Selection
from homelab_tasks.sandbox.kubernetes.store import KINDS, Object, Store

BOOKMARK_SECONDS = 30.0
CLOSING_SECONDS, CLOSING_TURNS = 1.0, 50


class Watches:
    """The open watches of *store*."""

    def __init__(self, store: Store) -> None:
        """Have none yet."""
        self._store = store
        self._news = asyncio.Event()
        self._closing = False
        self._open = 0

    def wake(self) -> None:
        """Let the watches look for changes: each waits for the event that was current when it looked last."""
        self._news.set()
        self._news = asyncio.Event()

    async def close(self) -> None:
        """End every watch; returns once each has said its last."""
        self._closing = True
        self.wake()
        for _ in range(CLOSING_TURNS):
            if not self._open:
                return
            await asyncio.sleep(CLOSING_SECONDS / CLOSING_TURNS)

    async def stream(
        self, resource: str, namespace: str, selection: Selection, version: int, seconds: float
    ) -> AsyncIterator[bytes]:
        """Tell what happens to a *resource* after *version*, or from what exists on where that is 0, one a line."""
        self._open += 1
        try:
            async for line in self._lines(resource, namespace, selection, version, seconds):
                yield line
        finally:
            self._open -= 1

    async def _lines(
        self, resource: str, namespace: str, selection: Selection, version: int, seconds: float
    ) -> AsyncIterator[bytes]:
        store, until = self._store, asyncio.get_running_loop().time() + seconds
        if version and version < store.compacted:
            text = f"too old resource version: {version} ({store.compacted})"
            yield _line("ERROR", status_object(410, "Expired", text))
            return
        if not version:
            for each in store.all_of(resource, namespace):
                if selection.takes(each):
                    yield _line("ADDED", each)
            version = store.version
        while not self._closing and (left := until - asyncio.get_running_loop().time()) > 0:
            if version < store.compacted:
                yield _line("ERROR", status_object(410, "Expired", "too old resource version"))
                return
            news = self._news
            for change in store.since(version):
                version = change.version
                same = change.resource == resource and change.namespace == namespace
                if same and selection.takes(change.object):
                    yield _line(change.type, change.object)
            try:
                await asyncio.wait_for(news.wait(), min(left, BOOKMARK_SECONDS))
            except TimeoutError:
                yield _line("BOOKMARK", _bookmark(resource, version))


def _bookmark(resource: str, version: int) -> Object:
    api_version, kind = KINDS[resource]
    return {"kind": kind, "apiVersion": api_version, "metadata": {"resourceVersion": str(version)}}


def _line(type_: str, told: Object) -> bytes:
    return json.dumps({"type": type_, "object": told}).encode() + b"\n"
