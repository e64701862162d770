"""What a stream says when nothing happens, and when the server goes away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from homelab_tasks.sandbox.http_server import HttpServer
from homelab_tasks.sandbox.loop_thread import LoopThread
from homelab_tasks.sandbox.repositories import Repositories
from homelab_tasks.sandbox.woodpecker.server import Woodpecker

PING_SECONDS = 0.05


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    made = LoopThread("streams")
    yield made
    made.close()


def test_silence_is_broken_by_pings_and_closing_ends_the_stream(loop: LoopThread, tmp_path: Path) -> None:
    woodpecker = Woodpecker(Repositories(tmp_path), ping_seconds=PING_SECONDS)
    server = HttpServer(woodpecker.application)
    url = f"http://127.0.0.1:{loop.run(server.start())}/api/stream/events"

    with requests.get(url, stream=True, timeout=5) as answer:
        lines = (line for line in answer.iter_lines(chunk_size=1) if line)
        told = [next(lines) for _ in range(3)]
        loop.call(woodpecker.hub.close)
        rest = [line for line in lines if line != b": ping"]

    loop.run(server.stop())
    assert told == [b": ping"] * 3
    assert rest == []


def test_a_server_that_stops_breaks_its_streams(
    loop: LoopThread, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = HttpServer(Woodpecker(Repositories(tmp_path)).application)
    port = loop.run(server.start())
    url = f"http://127.0.0.1:{port}/api/stream/events"

    with requests.get(url, stream=True, timeout=5) as answer:
        lines = answer.iter_lines(chunk_size=1)
        assert next(lines) == b": ping"
        loop.run(server.stop())
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            list(lines)

    assert not caplog.records
    with pytest.raises(requests.exceptions.ConnectionError, match="refused"):
        requests.get(url, timeout=5)
    assert loop.run(server.start()) == port
    loop.run(server.stop())
