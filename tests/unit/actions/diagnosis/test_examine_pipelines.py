"""What is said of lists, logs and streams that do not come through."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from homelab_tasks.actions.diagnosis.examine_pipelines import LINES_READ, examine_pipelines, examine_stream
from homelab_tasks.actions.diagnosis.weather import Weather
from homelab_tasks.errors import HomelabError, MissingError, TransientError, UsageError
from homelab_tasks.model.events import Check, CheckState
from homelab_tasks.model.pipelines.hints import Hint, HintKind
from homelab_tasks.model.pipelines.pipeline import LogLine, Repository
from homelab_tasks.model.verdict import Word
from tests.fakes.clock import FakeClock
from tests.fakes.operable import OperableCi, row
from tests.fakes.server import REPOSITORY

OPENED = Hint(kind=HintKind.OPENED)


@dataclass
class Stream:
    """Tells its *hints* at once."""

    hints: tuple[Hint, ...] = (OPENED,)
    closed: bool = False

    def wait(self, seconds: float) -> tuple[Hint, ...]:
        return self.hints

    def close(self) -> None:
        self.closed = True


@dataclass
class Streams:
    """Lets *events* pass, or breaks as *weather* has it, from its front."""

    stream: Stream = field(default_factory=Stream)
    events: int = 1
    weather: list[HomelabError] = field(default_factory=list)

    def repository(self, full_name: str) -> Repository:
        return REPOSITORY

    def changes(self) -> Stream:
        return self.stream

    def echo(self, repository_id: int, *, seconds: float) -> int:
        if self.weather:
            raise self.weather.pop()
        return self.events


def examined(streams: Streams) -> Check:
    (check,) = examine_stream(streams, FakeClock(), lambda: "lab/app")
    return check


def test_a_stream_that_passes_an_event_on_is_good_and_is_closed() -> None:
    streams = Streams()

    assert (examined(streams).state, examined(streams).text) == (CheckState.OK, "opens, pings, and passes events on")
    assert streams.stream.closed


BROKEN = [
    (Streams(Stream(hints=())), "opens, and stays silent: not even a ping came for 2s"),
    (Streams(Stream(hints=(Hint(kind=HintKind.LOST, text="HTTP 502"),))), "is lost at once: HTTP 502"),
    (Streams(Stream(hints=(OPENED, Hint(kind=HintKind.LOST, text="cut")))), "is lost at once: cut"),
    (Streams(events=0), "opens, but its events do not come through: only pings come, no event"),
    (Streams(weather=[TransientError("broke off")] * 99), "opens, but its events do not come through: broke off"),
    (
        Streams(weather=[TransientError("broke off")] * 2),
        "opens, pings, and passes events on, but it flaps: 2 of 32 tries failed: broke off",
    ),
]


@pytest.mark.parametrize(("streams", "text"), BROKEN)
def test_a_stream_that_does_not_come_through_says_how_and_what_the_proxy_must_not_do(
    streams: Streams, text: str
) -> None:
    check = examined(streams)

    assert (check.state, check.verdict, check.text) == (CheckState.FAILED, Word.UNAVAILABLE, text)
    assert "nginx: proxy_buffering off" in (check.hint or "")


def test_what_was_not_examined_for_want_of_a_repository_is_said() -> None:
    def nowhere() -> str:
        raise UsageError("'/tmp' is not a git repository")

    (check,) = examine_stream(Streams(), FakeClock(), nowhere)

    assert check.state is CheckState.OK
    assert check.text.endswith("whether events pass was not examined, for want of a repository")


class Archive(OperableCi):
    """Has a log for every step of its pipelines, and none for others; counts what is read of it."""

    read = 0
    log_error: HomelabError | None = None

    def log(self, repository_id: int, number: int, step_id: int) -> Iterable[LogLine]:
        if self.log_error is not None:
            raise self.log_error
        if not number:
            raise MissingError("HTTP 404")
        for line in range(10 * LINES_READ):
            self.read += 1
            yield LogLine(line=line, text="again")


def archive(*statuses: str) -> Archive:
    return Archive(FakeClock(), [row(number, status) for number, status in enumerate(statuses, start=1)])


def read(office: Archive) -> Check:
    return examine_pipelines(office, office.clock, Weather(), REPOSITORY)


def test_the_newest_is_named_and_only_the_beginning_of_one_log_is_read() -> None:
    office = archive("success", "failure")

    assert read(office).text == "#2 is the newest, failure; its logs can be read"
    assert office.read <= LINES_READ + 1


def test_a_server_without_pipelines_is_asked_for_what_it_does_not_have() -> None:
    assert (read(archive()).state, read(archive()).text) == (CheckState.OK, "none yet")


def test_logs_that_cannot_be_read_are_told_with_what_helps() -> None:
    office = archive()
    office.log_error = TransientError("ci.homelab.test answers HTTP 503")

    check = read(office)

    assert (check.state, check.verdict) == (CheckState.FAILED, Word.UNAVAILABLE)
    assert check.text == "the log of a step cannot be read: ci.homelab.test answers HTTP 503"
    assert (check.hint or "").startswith("look at the servers behind the load balancer")


def test_a_trouble_that_nothing_is_known_about_is_looked_for_in_the_log() -> None:
    office = archive()
    office.log_error = TransientError("ci.homelab.test sings")

    assert (read(office).hint or "").startswith("look at the server's log")
