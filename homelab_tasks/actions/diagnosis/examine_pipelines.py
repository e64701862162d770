"""What a watch reads of the CI server: lists, pipelines and logs; and the streams that wake it up."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Protocol, TypeVar

from msgspec import structs

from homelab_tasks.actions.diagnosis.diagnose import failed, from_error, good
from homelab_tasks.actions.diagnosis.tries import Tries
from homelab_tasks.actions.diagnosis.weather import Weather, remedy
from homelab_tasks.actions.pipelines.find_pipelines import PipelineList
from homelab_tasks.actions.pipelines.stream_trust import Changes
from homelab_tasks.actions.waiting import Clock
from homelab_tasks.errors import HomelabError, MissingError, TransientError
from homelab_tasks.model.events import Check
from homelab_tasks.model.pipelines.hints import HintKind
from homelab_tasks.model.pipelines.pipeline import LogLine, Pipeline, Repository
from homelab_tasks.model.verdict import Word

T = TypeVar("T")

PIPELINES, STREAM = "pipelines", "event stream"
NO_NUMBER = 0  # of no pipeline, and of no step: both count from 1
LINES_READ = 100  # of a log that may have millions
STREAM_SECONDS = 2.0  # Woodpecker pings at once (server/api/stream.go)
STREAM_HINT = (
    "verdicts come some seconds later; the proxy must neither buffer text/event-stream nor cut it off"
    " (nginx: proxy_buffering off, proxy_read_timeout 1h)"
)


class Archive(PipelineList, Protocol):
    """What is asked of the CI server about pipelines."""

    def pipeline(self, repository_id: int, number: int) -> Pipeline:
        """One pipeline with its workflows."""

    def log(self, repository_id: int, number: int, step_id: int) -> Iterable[LogLine]:
        """The log of a step."""


class Streams(Protocol):
    """What is asked of the CI server's streams."""

    def repository(self, full_name: str) -> Repository:
        """The repository of that name."""

    def changes(self) -> Changes:
        """Everything that changes."""

    def echo(self, repository_id: int, *, seconds: float) -> int:
        """The number of events on a stream that tells one and ends, never silent for longer than *seconds*."""


def examine_pipelines(archive: Archive, clock: Clock, weather: Weather, repository: Repository) -> Check:
    """
    Read what a watch reads: the list, the newest pipeline, and the log of one of its steps.

    The weather is looked at by a pipeline that does not exist: that the server says so is an answer, and a light one.
    """
    tries, asked = Tries(clock), "the list"
    try:
        rows = weather.ask(tries, lambda: archive.pipelines(repository.id, per_page=1))
        asked = "the workflows of a pipeline"
        weather.probe(tries, lambda: _unless_missing(lambda: archive.pipeline(repository.id, NO_NUMBER)))
        newest = tries.ask(lambda: archive.pipeline(repository.id, rows[0].number)) if rows else None
        asked = "the log of a step"
        weather.probe(tries, lambda: _unless_missing(lambda: _read(archive.log(repository.id, NO_NUMBER, NO_NUMBER))))
        step = _last_that_ran(newest) if newest is not None else None
        if newest is not None and step is not None:
            tries.ask(lambda: _read(archive.log(repository.id, newest.number, step)))
    except HomelabError as error:
        advice = remedy(error.problem) or "look at the server's log"
        hint = f"{advice}; until then a watch does without, and says less"
        return structs.replace(from_error(PIPELINES, error, hint=hint), text=f"{asked} cannot be read: {error.problem}")
    text = f"#{rows[0].number} is the newest, {rows[0].status}; its logs can be read" if rows else "none yet"
    return weather.found(PIPELINES, text, tries)


def _unless_missing(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except MissingError:
        return None


def _last_that_ran(pipeline: Pipeline) -> int | None:
    """Choose the step whose log is read."""
    steps = (step for workflow in pipeline.workflows or () for step in workflow.steps)
    return max((step.id for step in steps if step.started), default=None)


def _read(lines: Iterable[LogLine]) -> None:
    deque(islice(lines, LINES_READ), maxlen=0)


def examine_stream(streams: Streams, clock: Clock, repository: Callable[[], str]) -> Iterator[Check]:
    """
    Open the event stream: without it every wait is right too, only later.

    Whether more than pings pass is seen by the stream of a log that does not exist: the server tells that in an event.
    """
    trouble = _opening(streams)
    if trouble is not None:
        yield failed(STREAM, trouble, hint=STREAM_HINT, word=Word.UNAVAILABLE)
        return
    tries, weather = Tries(clock), Weather()
    try:
        found = tries.ask(lambda: streams.repository(repository()))
    except HomelabError:
        yield good(STREAM, "opens, and pings; whether events pass was not examined, for want of a repository")
        return
    tries = Tries(clock)
    try:
        weather.ask(tries, lambda: _pass(streams, found.id))
    except HomelabError as error:
        text = f"opens, but its events do not come through: {error.problem}"
        yield failed(STREAM, text, hint=STREAM_HINT, word=Word.UNAVAILABLE)
        return
    told = weather.found(STREAM, "opens, pings, and passes events on", tries)
    yield structs.replace(told, hint=STREAM_HINT) if told.hint else told


def _opening(streams: Streams) -> str | None:
    """Say what is wrong with the stream of changes as soon as it is opened; None where nothing is."""
    stream = streams.changes()
    try:
        hints = stream.wait(STREAM_SECONDS)
    finally:
        stream.close()
    lost = [told.text for told in hints if told.kind is HintKind.LOST]
    if lost:
        return f"is lost at once: {lost[0]}"
    if not any(told.kind is HintKind.OPENED for told in hints):
        return f"opens, and stays silent: not even a ping came for {STREAM_SECONDS:.0f}s"
    return None


def _pass(streams: Streams, repository_id: int) -> None:
    """Let an event pass; raises TransientError where it does not."""
    if not streams.echo(repository_id, seconds=STREAM_SECONDS):
        raise TransientError("only pings come, no event", answered=True)
