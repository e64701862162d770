"""A recorded Woodpecker server, played back on a fake clock: it answers what the real one answered at that moment."""

import base64
import json
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from homelab_tasks.errors import DeniedError, MissingError, TransientError
from homelab_tasks.model.pipelines.hints import Hint, HintKind
from homelab_tasks.model.pipelines.pipeline import LogLine, Pipeline, Repository, User
from homelab_tasks.model.pipelines.queue import Agent, Queue
from tests.fakes.clock import FakeClock
from tests.fakes.server import MuteLog

DIRECTORY = Path(__file__).parent.parent / "recordings" / "woodpecker"
REQUEST_SECONDS = 0.004


@dataclass
class Timeline:
    """What one question was answered over time."""

    times: list[float] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)

    def add(self, row: dict[str, Any]) -> None:
        self.times.append(row["t"])
        self.answers.append(row)

    def at(self, seconds: float) -> dict[str, Any] | None:
        index = bisect_right(self.times, seconds) - 1
        return self.answers[index] if index >= 0 else None


@dataclass
class Recording:
    """One file of recordings/woodpecker."""

    meta: dict[str, Any]
    notes: list[dict[str, Any]]
    listing: Timeline
    details: dict[int, Timeline]
    logs: dict[tuple[int, int], list[dict[str, Any]]]
    stream: list[tuple[float, Hint]]

    def pushed(self, index: int) -> tuple[str, str, float]:
        """Sha, message and moment of the push number *index*."""
        starts = [note for note in self.notes if note["text"] == "push start"]
        dones = [note for note in self.notes if note["text"] == "push done"]
        return starts[index]["sha"], starts[index].get("message", ""), dones[index]["t"]


@cache
def load(name: str) -> Recording:
    """Read the recording called *name*."""
    recording = Recording({}, [], Timeline(), {}, {}, [])
    for line in (DIRECTORY / f"{name}.jsonl").read_text().splitlines():
        row = json.loads(line)
        match row["kind"]:
            case "meta":
                recording.meta = row
            case "note":
                recording.notes.append(row)
            case "list":
                recording.listing.add(row)
            case "detail":
                recording.details.setdefault(row["number"], Timeline()).add(row)
            case "log":
                recording.logs.setdefault((row["number"], row["step_id"]), []).append(row)
            case "sse":
                recording.stream.extend((row["t"], hint) for hint in _hints(row))
    return recording


def _hints(row: dict[str, Any]) -> Iterator[Hint]:
    if row.get("raw", "").startswith("data: "):
        data = json.loads(row["raw"].removeprefix("data: "))
        pipeline = msgspec.convert(data["pipeline"], Pipeline)
        yield Hint(kind=HintKind.CHANGED, repository_id=data["repo"]["id"], pipeline=pipeline)
    elif row.get("open") == 200:
        yield Hint(kind=HintKind.OPENED)
    elif row.get("eof") or row.get("error"):
        yield Hint(kind=HintKind.LOST, text=row.get("error", "end of stream"))


Rearrange = Callable[[list[tuple[float, Hint]]], list[tuple[float, Hint]]]


class RecordedCi:
    """
    Answers from a recording; every request takes REQUEST_SECONDS of the clock.

    *rearrange* may drop, double or shuffle what the stream tells; *blind* makes every detail an empty body.
    """

    server = "ci.homelab.test"

    def __init__(
        self, name: str, clock: FakeClock, *, rearrange: Rearrange = list, blind: bool = False, mute_logs: bool = False
    ) -> None:
        self.recording = load(name)
        self.requests = 0
        self._clock = clock
        self._stream = sorted(rearrange(list(self.recording.stream)), key=lambda item: item[0])
        self._blind = blind
        self._mute_logs = mute_logs

    def user(self) -> User:
        return User(login="lab")

    def repository(self, full_name: str) -> Repository:
        meta = self.recording.meta
        if full_name != meta["repo"]:
            raise MissingError("ci.homelab.test answers HTTP 404")
        return Repository(id=meta["repo_id"], full_name=full_name, active=True)

    def pipelines(self, repository_id: int, *, page: int = 1, per_page: int = 50) -> tuple[Pipeline, ...]:
        answer = self._ask(self.recording.listing)
        return msgspec.convert(answer, tuple[Pipeline, ...]) if page == 1 else ()

    def pipeline(self, repository_id: int, number: int) -> Pipeline:
        if self._blind:
            raise TransientError("ci.homelab.test answers with empty bodies (HTTP 200)", answered=True)
        answer = self._ask(self.recording.details.get(number, Timeline()))
        return msgspec.convert(answer, Pipeline)

    def log(self, repository_id: int, number: int, step_id: int) -> Iterator[LogLine]:
        self._clock.sleep(REQUEST_SECONDS)
        if self._mute_logs:
            raise TransientError("ci.homelab.test answers HTTP 500", answered=True)
        for row in self.recording.logs.get((number, step_id), [])[-1:]:
            for entry in row["body"] or []:
                yield LogLine(line=entry["line"], text=base64.b64decode(entry["data"] or "").decode())

    def log_changes(self, repository_id: int, number: int, step_id: int) -> MuteLog:
        return MuteLog(self._clock)

    def queue(self) -> Queue:
        raise DeniedError("ci.homelab.test answers HTTP 403")

    def agents(self) -> tuple[Agent, ...]:
        raise DeniedError("ci.homelab.test answers HTTP 403")

    def url(self, repository_id: int, number: int | None = None) -> str:
        page = f"/pipeline/{number}" if number else ""
        return f"https://{self.server}/repos/{repository_id}{page}"

    def changes(self) -> "RecordedStream":
        return RecordedStream(self._stream, self._clock)

    def _ask(self, timeline: Timeline) -> Any:
        self.requests += 1
        self._clock.sleep(REQUEST_SECONDS)
        row = timeline.at(self._clock.now())
        if row is None or row.get("status") == 404:
            raise MissingError("ci.homelab.test answers HTTP 404")
        if row.get("status") != 200:
            raise TransientError(f"ci.homelab.test: {row['error']}")
        return row["body"]


class RecordedStream:
    """The event stream of a recording, from the moment it is opened on."""

    def __init__(self, stream: list[tuple[float, Hint]], clock: FakeClock) -> None:
        self._clock = clock
        self._left = [item for item in stream if item[0] > clock.now()]
        self._first: tuple[Hint, ...] = (Hint(kind=HintKind.OPENED),)

    def wait(self, seconds: float) -> tuple[Hint, ...]:
        if self._first:
            hints, self._first = self._first, ()
            return hints
        until = self._clock.now() + seconds
        if not self._left or self._left[0][0] > until:
            self._clock.sleep(seconds)
            return ()
        moment = self._left[0][0]
        self._clock.sleep(max(0.0, moment - self._clock.now()))
        due = [hint for at, hint in self._left if at <= moment]
        self._left = self._left[len(due) :]
        return tuple(due)

    def close(self) -> None:
        self._left = []
