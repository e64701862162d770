"""Event streams, read from real sockets."""

import base64
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from homelab_tasks.clients.web.addresses import AddressBook
from homelab_tasks.clients.web.event_stream import EventStream
from homelab_tasks.clients.web.http import Http
from homelab_tasks.clients.web.session import PinnedSession
from homelab_tasks.clients.web.sse import EVENT_STREAM
from homelab_tasks.clients.web.trust import Trust
from homelab_tasks.clients.woodpecker import Woodpecker
from homelab_tasks.locations import Url
from homelab_tasks.model.pipelines.hints import Hint, HintKind
from homelab_tasks.settings import LoadBalancer
from tests.servers import CLOSE, RESET, Asked, Server, response

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
UNCHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
PING = b": ping\n\n"
PIPELINE = {"id": 19, "number": 17, "commit": "a" * 40, "event": "push", "status": "running"}
SECONDS = 5.0


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def change(status: str) -> bytes:
    return b"data: " + json.dumps({"repo": {"id": 3}, "pipeline": {**PIPELINE, "status": status}}).encode() + b"\n\n"


def woodpecker_at(server: Server, read_timeout: float = 5.0) -> Woodpecker:
    session = PinnedSession(AddressBook(LoadBalancer()), Trust())
    return Woodpecker(Http(Url(f"http://127.0.0.1:{server.port}"), session, read_timeout=read_timeout))


def take(stream: EventStream[Any], count: int, seconds: float = SECONDS) -> list[Any]:
    items: list[Any] = []
    until = time.monotonic() + seconds
    while len(items) < count and time.monotonic() < until:
        items.extend(stream.wait(0.2))
    return items


class Script:
    """What a server does with each connection in turn; the last one is kept open until the test ends."""

    def __init__(self, *connections: list[Any]) -> None:
        self.connections = list(connections)
        self.over = threading.Event()

    def __call__(self, asked: Asked) -> Iterator[bytes]:
        parts = self.connections.pop(0) if self.connections else [HEAD]
        for part in parts:
            if isinstance(part, float):
                time.sleep(part)
            else:
                yield part
        self.over.wait(20)
        yield CLOSE


@pytest.fixture
def scripts() -> Iterator[list[Script]]:
    made: list[Script] = []
    yield made
    for script in made:
        script.over.set()


def serve(scripts: list[Script], *connections: list[Any]) -> Server:
    scripts.append(Script(*connections))
    return Server(scripts[-1])


def kinds(items: list[Hint]) -> list[str]:
    return [str(hint.kind) + (f" {hint.pipeline.status}" if hint.pipeline else "") for hint in items]


@pytest.mark.parametrize("head", [HEAD, UNCHUNKED])
def test_changes_are_told_as_they_come(scripts: list[Script], head: bytes) -> None:
    wrap = chunk if head == HEAD else bytes
    with serve(scripts, [head, wrap(PING), wrap(change("running")), 0.3, wrap(change("success"))]) as server:
        stream = woodpecker_at(server).changes()
        items = take(stream, 3)
        stream.close()

    assert kinds(items) == ["opened", "changed running", "changed success"]
    assert items[1].repository_id == 3
    assert server.asked[0].target == "/api/stream/events"
    assert server.asked[0].headers["accept"] == EVENT_STREAM


def test_nothing_is_opened_before_the_first_byte(scripts: list[Script]) -> None:
    with serve(scripts, [HEAD, 0.6, chunk(PING)]) as server:
        stream = woodpecker_at(server).changes()

        assert stream.wait(0.3) == ()
        assert kinds(take(stream, 1)) == ["opened"]
        stream.close()


@pytest.mark.parametrize("ending", [[CLOSE], [RESET], [b"5\r\nab", CLOSE], [b"0\r\n\r\n", CLOSE]])
def test_a_lost_stream_is_told_once_and_opened_again(scripts: list[Script], ending: list[Any]) -> None:
    first = [HEAD, chunk(PING + change("running")), *ending]
    with serve(scripts, first, [CLOSE], [CLOSE], [HEAD, chunk(PING + change("success"))]) as server:
        stream = woodpecker_at(server).changes()
        items = take(stream, 5)
        stream.close()

    assert kinds(items) == ["opened", "changed running", "lost", "opened", "changed success"]
    assert items[2].text


def test_every_loss_of_an_open_stream_is_told(scripts: list[Script]) -> None:
    short = [HEAD, chunk(PING + change("running")), CLOSE]
    with serve(scripts, short, short) as server:
        stream = woodpecker_at(server).changes()
        items = take(stream, 6)
        stream.close()

    assert kinds(items) == ["opened", "changed running", "lost"] * 2


def test_an_event_cut_in_two_by_a_lost_connection_is_dropped(scripts: list[Script]) -> None:
    first = [HEAD, chunk(PING), chunk(change("running")[:40]), CLOSE]
    with serve(scripts, first, [HEAD, chunk(change("success"))]) as server:
        stream = woodpecker_at(server).changes()
        items = take(stream, 4)
        stream.close()

    assert kinds(items) == ["opened", "lost", "opened", "changed success"]


def test_an_event_that_cannot_be_read_is_still_a_reason_to_look(scripts: list[Script]) -> None:
    with serve(scripts, [HEAD, chunk(b"data: {torn\n\n"), chunk(b"data: {}\n\n")]) as server:
        stream = woodpecker_at(server).changes()
        items = take(stream, 3)
        stream.close()

    assert kinds(items) == ["opened", "changed", "changed"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (response(b"<html>", content_type="text/html"), "answers with HTML instead of text/event-stream"),
        (response(b"", 401), "answers HTTP 401"),
        (response(b"", 503), "answers HTTP 503"),
        (response(b"", 302, headers=["Location: https://login.example.test/"]), "redirects to login.example.test"),
    ],
)
def test_an_answer_that_is_no_stream_is_a_lost_stream(answer: list[bytes], words: str) -> None:
    with Server(lambda _: answer) as server:
        stream = woodpecker_at(server).changes()
        (hint,) = take(stream, 1)
        time.sleep(1.2)
        stream.close()

    assert hint.kind is HintKind.LOST
    assert words in hint.text
    assert stream.wait(0) == ()
    assert 1 < server.connections + len(server.asked) < 12


def test_silence_is_a_lost_stream(scripts: list[Script]) -> None:
    with serve(scripts, [HEAD, chunk(PING)]) as server:
        http = Http(Url(f"http://127.0.0.1:{server.port}"), PinnedSession(AddressBook(LoadBalancer()), Trust()))
        stream = EventStream[str](
            lambda: http.stream("/", accept=EVENT_STREAM, read_timeout=0.4), lambda _: None, lost=lambda reason: reason
        )
        (reason,) = take(stream, 1)
        stream.close()

    assert reason == f"127.0.0.1:{server.port} fell silent in mid answer"


def test_a_log_is_told_line_by_line_until_its_end(scripts: list[Script]) -> None:
    def told(line: int) -> bytes:
        entry = {"line": line, "data": base64.b64encode(f"line {line}".encode()).decode(), "type": 0}
        return f"id: {line + 1}\ndata: {json.dumps(entry)}\n\n".encode()

    parts = [HEAD, chunk(PING), *(chunk(told(line)) for line in range(3)), chunk(b"event: eof\ndata: eof\n\n")]
    with serve(scripts, parts) as server:
        stream = woodpecker_at(server).log_changes(3, 17, 5)
        items = take(stream, 3)
        until = time.monotonic() + SECONDS
        while not stream.is_over and time.monotonic() < until:
            stream.wait(0.05)

    assert [(item.line, item.text) for item in items] == [(0, "line 0"), (1, "line 1"), (2, "line 2")]
    assert stream.is_over
    assert [asked.target for asked in server.asked] == ["/api/stream/logs/3/17/5"]


def test_a_step_that_runs_no_more_has_no_live_log(scripts: list[Script]) -> None:
    with serve(scripts, [HEAD, chunk(b"event: error\ndata: step not running (anymore)\n\n"), CLOSE]) as server:
        stream = woodpecker_at(server).log_changes(3, 17, 5)

        assert take(stream, 1, 1.0) == []
        assert stream.is_over
    assert len(server.asked) == 1


def test_waiting_takes_all_there_is_and_ends_in_time(scripts: list[Script]) -> None:
    with serve(scripts, [HEAD, chunk(PING + change("running") * 50)]) as server:
        stream = woodpecker_at(server).changes()
        time.sleep(0.5)
        started = time.monotonic()

        assert len(stream.wait(10)) == 51
        assert time.monotonic() - started < 0.2
        assert stream.wait(0.2) == ()
        stream.close()


EXIT = """
import sys
from homelab_tasks.clients.web.addresses import AddressBook
from homelab_tasks.clients.web.http import Http
from homelab_tasks.clients.web.session import PinnedSession
from homelab_tasks.clients.web.trust import Trust
from homelab_tasks.clients.woodpecker import Woodpecker
from homelab_tasks.locations import Url
from homelab_tasks.settings import LoadBalancer
session = PinnedSession(AddressBook(LoadBalancer()), Trust())
stream = Woodpecker(Http(Url(sys.argv[1]), session)).changes()
print(len(stream.wait(10)), flush=True)
if sys.argv[2] == "close":
    stream.close()
"""


@pytest.mark.parametrize("way", ["close", "leave"])
def test_an_open_stream_does_not_keep_the_process_from_ending(scripts: list[Script], way: str) -> None:
    with serve(scripts, [HEAD, chunk(PING)]) as server:
        started = time.monotonic()
        arguments = [sys.executable, "-c", EXIT, f"http://127.0.0.1:{server.port}", way]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=20, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
    assert time.monotonic() - started < 5
