"""
Watches: threads that read what changes, and put it into one queue as news.

A watch loses nothing that a later read would not show, and decides nothing. It goes on from the last version it
heard of (bookmarks too), lists anew when that is too old (410, in the status or in the stream), and is opened
again, slower each time, when it breaks off.
"""

import json
import random
import threading
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from typing import Any

from homelab_tasks.clients.kubernetes.api import KubernetesApi
from homelab_tasks.clients.kubernetes.refusals import ForbiddenError, GoneError
from homelab_tasks.errors import HomelabError, TransientError
from homelab_tasks.model.rollouts.news import News, NewsKind

ASKED_SECONDS = (240, 300)
"""How long the server is asked to keep a watch open; it closes it, and that is no loss."""
SILENCE_SECONDS = 330.0  # the read timeout: a server that is still there has closed the watch by then
BACK_OFF_FIRST_SECONDS = 0.5
BACK_OFF_MOST_SECONDS = 8.0
LASTING_SECONDS = 5.0  # a watch that was open for so long was a good one
Decode = Callable[[str, str, Mapping[str, Any]], News]


class Watch(threading.Thread):
    """One collection, watched until *stopped* is set."""

    def __init__(  # noqa: PLR0913 - all are given by name
        self,
        api: KubernetesApi,
        *,
        topic: str,
        path: str,
        selection: Mapping[str, str],
        version: str,
        decode: Decode,
        queue: SimpleQueue[News],
        stopped: threading.Event,
        now: Callable[[], float],
    ) -> None:
        """Watch *path*, narrowed by *selection*, from *version* on; news go to *queue*."""
        super().__init__(name=f"watch {topic}", daemon=True)
        self._api, self._topic, self._path, self._selection = api, topic, path, selection
        self._version, self._decode, self._queue, self._stopped = version, decode, queue, stopped
        self._now = now
        self._is_lost = False

    def run(self) -> None:
        """Keep the watch open."""
        pause = BACK_OFF_FIRST_SECONDS
        while not self._stopped.is_set():
            opened = self._now()
            try:
                self._read()
                why = ""
            except ForbiddenError as error:
                self._tell(NewsKind.FORBIDDEN, str(error))
                return
            except GoneError:
                self._version, why = "", ""
                self._tell(NewsKind.CHANGED)
            except HomelabError as error:
                why = str(error)
                if isinstance(error, TransientError) and error.retry_after:
                    pause = max(pause, error.retry_after)
            if self._now() - opened >= LASTING_SECONDS:
                pause = BACK_OFF_FIRST_SECONDS
            if why and not self._is_lost:
                self._is_lost = True
                self._tell(NewsKind.LOST, why)
            self._stopped.wait(pause * random.uniform(0.7, 1.0))
            pause = min(pause * 2, BACK_OFF_MOST_SECONDS)

    def _read(self) -> None:
        if not self._version:
            listed = self._api.get(self._path, {**self._selection, "limit": 1})
            self._version = (listed.get("metadata") or {}).get("resourceVersion") or ""
            self._tell(NewsKind.CHANGED)
        parameters: dict[str, str | int] = {
            **self._selection,
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": random.randint(*ASKED_SECONDS),
        }
        with self._api.lines(self._path, parameters, read_timeout=SILENCE_SECONDS) as lines:
            if self._is_lost:
                self._is_lost = False
                self._tell(NewsKind.RESTORED)
            for line in lines:
                if self._stopped.is_set():
                    return
                self._hear(line)

    def _hear(self, line: bytes) -> None:
        try:
            event = json.loads(line)
            type_, written = str(event["type"]), event["object"]
            metadata = written.get("metadata") or {}
            if type_ == "ERROR":
                raise _error_of(written)
            self._version = metadata.get("resourceVersion") or self._version
            if type_ != "BOOKMARK":
                self._queue.put(self._decode(self._topic, type_, written))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise TransientError("the watch told something that is no event", answered=True) from error

    def _tell(self, kind: NewsKind, text: str = "") -> None:
        self._queue.put(News(kind=kind, topic=self._topic, text=text))


def _error_of(status: Mapping[str, Any]) -> HomelabError:
    """An error in the stream, after HTTP 200: 410 is the usual one."""
    text = f"the watch ended: {status.get('message') or status.get('reason') or 'no reason given'}"
    if status.get("code") == 410 or status.get("reason") in {"Expired", "Gone"}:  # noqa: PLR2004 - HTTP's Gone
        return GoneError(text, answered=True)
    return TransientError(text, answered=True)


def drain(queue: SimpleQueue[News], seconds: float) -> tuple[News, ...]:
    """Wait up to *seconds* for news, then take all there is."""
    news = []
    try:
        news.append(queue.get(timeout=max(0.0, seconds)) if seconds > 0 else queue.get_nowait())
        while True:
            news.append(queue.get_nowait())
    except Empty:
        return tuple(news)
