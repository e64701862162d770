"""What a watch makes of one server, where a wrong verdict would be easy."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from msgspec import structs

from homelab_tasks.actions.pipelines.board import Rules
from homelab_tasks.actions.pipelines.watch_pipelines import watch_pipelines
from homelab_tasks.actions.pipelines.watch_request import WatchRequest
from homelab_tasks.errors import UnavailableError
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Event, Note, NoteKind, Verdict
from homelab_tasks.model.pipelines.pipeline import CancelInfo, LogLine, Pipeline
from homelab_tasks.model.verdict import Word
from tests.fakes.clock import FakeClock
from tests.fakes.server import COMMIT, ROW, Fault, Life, ServerModel, started, states, with_cancel_info, workflow

GREEN, RED = (workflow("success", "success", "success"),), (workflow("failure", "success", "failure"),)
RUNNING = (workflow("running", "success", "running"),)
STOPPED = (workflow("killed", "success", "killed"),)
NEWER = "a7710bd" + "0" * 33
NO_HINTS = frozenset(range(100))


def watch(
    *lives: Life,
    contains: Callable[[str, str], bool | None] = lambda ancestor, descendant: True,
    clock: FakeClock | None = None,
) -> Verdict:
    model = ServerModel(clock or FakeClock(), lives, lost_hints=NO_HINTS)
    request = WatchRequest(repository="lab/app", commit=Commit(sha=COMMIT))
    *_, verdict = watch_pipelines(model, model.clock, request, contains=contains)
    assert isinstance(verdict, Verdict)
    return verdict


@pytest.mark.parametrize("appears", [1.0, 4.0, 7.9])
def test_a_pipeline_that_only_the_last_list_shows_is_waited_for(appears: float) -> None:
    first = structs.replace(ROW, id=1, number=1, ref="refs/heads/main")
    second = structs.replace(ROW, id=2, number=2, ref="refs/heads/topic")
    green = states(first, *started(first, 0.0, 8.0), (8.0, "success", GREEN))
    red = states(second, *started(second, appears, 30.0), (appears + 30.0, "failure", RED))

    verdict = watch(green, red)

    assert verdict.verdict is Word.FAILED
    assert [summary.number for summary in verdict.pipelines] == [1, 2]


@pytest.mark.parametrize(
    ("contained", "word"), [(True, Word.PASSED), (None, Word.PASSED), (False, Word.SUPERSEDED)], ids=str
)
def test_a_successor_that_does_not_contain_the_commit_is_not_followed(contained: bool | None, word: Word) -> None:
    old = structs.replace(ROW, id=1, number=1)
    new = structs.replace(ROW, id=2, number=2, commit=NEWER)
    stopped = states(old, *started(old, 0.0, 5.0), (5.0, "killed", STOPPED))
    replaced = with_cancel_info(stopped, 5.0, CancelInfo(superseded_by=2))
    green = states(new, *started(new, 4.9, 10.0), (15.0, "success", GREEN))
    asked: list[tuple[str, str]] = []

    def contains(ancestor: str, descendant: str) -> bool | None:
        asked.append((ancestor, descendant))
        return contained

    verdict = watch(replaced, green, contains=contains)

    assert verdict.verdict is word
    assert set(asked) == {(COMMIT, NEWER)}


@pytest.mark.parametrize("end", [10.0, 61.0, 200.0])
def test_the_verdict_comes_seconds_later_when_the_stream_is_dead(end: float) -> None:
    clock = FakeClock()
    life = states(structs.replace(ROW, id=1, number=1), *started(ROW, 0.0, end), (end, "success", GREEN))

    verdict = watch(life, clock=clock)

    assert verdict.verdict is Word.PASSED
    assert clock.now() <= end + 6


# Stuck, busy, blocked


def watched(
    *lives: Life,
    rules: Rules | None = None,
    timeout: float = 1800.0,
    faults: tuple[Fault, ...] = (),
    appear: float = 120.0,
) -> tuple[list[Event], ServerModel]:
    model = ServerModel(FakeClock(), lives, faults)
    request = WatchRequest(
        repository="lab/app", commit=Commit(sha=COMMIT), rules=rules or Rules(), timeout=timeout, appear_timeout=appear
    )
    events = list(watch_pipelines(model, model.clock, request, contains=lambda ancestor, descendant: True))
    return events, model


def ending(events: list[Event]) -> Verdict:
    verdict = events[-1]
    assert isinstance(verdict, Verdict)
    return verdict


def notes(events: list[Event], kind: NoteKind) -> list[str]:
    return [event.text for event in events if isinstance(event, Note) and event.kind is kind]


FIRST = structs.replace(ROW, id=1, number=1)
SIBLING = structs.replace(ROW, id=2, number=2, ref="refs/heads/topic", branch="topic")
QUEUED = (workflow("pending", "pending"),)


def busy(row: Pipeline, end: float) -> Life:
    """A pipeline whose steps end one after the other, every 100 s."""
    steps = int(end / 100)
    flows = [
        (100.0 * done, "running", (workflow("running", *["success"] * done, *["running"] * (steps - done)),))
        for done in range(steps)
    ]
    return states(row, *flows, (end, "success", (workflow("success", *["success"] * steps),)))


def test_queued_pipeline_is_stuck_when_nothing_moves() -> None:
    events, model = watched(states(FIRST, (0.0, "pending", QUEUED)))

    assert ending(events).verdict is Word.STUCK
    assert 300 <= model.clock.now() < 310


def test_queued_pipeline_is_not_stuck_while_one_of_the_same_commit_is_worked_on() -> None:
    waiting = states(FIRST, (0.0, "pending", QUEUED), (1000.5, "running", RUNNING), (1010.0, "success", GREEN))

    events, _ = watched(waiting, busy(SIBLING, 1000.0))

    assert ending(events).verdict is Word.PASSED
    assert len([text for text in notes(events, NoteKind.WARNING) if "the queue is busy" in text]) == 1


def test_queued_pipeline_is_not_stuck_while_another_commits_is_worked_on() -> None:
    waiting = states(FIRST, (0.0, "pending", QUEUED), (1000.5, "running", RUNNING), (1010.0, "success", GREEN))

    events, _ = watched(waiting, busy(structs.replace(SIBLING, commit=NEWER), 1000.0))

    assert ending(events).verdict is Word.PASSED


def test_pipeline_of_which_no_agent_takes_the_rest_is_stuck() -> None:
    rest = (GREEN[0], workflow("pending", "pending", pid=2, name="arm"))
    life = states(FIRST, *started(FIRST, 0.0, 5.0), (5.0, "running", rest))

    events, model = watched(life)

    assert ending(events).verdict is Word.STUCK
    assert 305 <= model.clock.now() < 315


def test_stranded_as_created_counts_as_pending() -> None:
    events, _ = watched(states(FIRST, (0.0, "created", None)))

    assert ending(events).verdict is Word.STUCK


def test_blocked_ends_at_once_even_while_another_runs() -> None:
    events, model = watched(states(FIRST, (0.0, "blocked", None)), busy(SIBLING, 1000.0))

    assert ending(events).verdict is Word.BLOCKED
    assert model.clock.now() < 5


def test_something_worse_that_has_ended_counts_more_than_blocked() -> None:
    red = states(SIBLING, (0.0, "failure", RED))

    events, _ = watched(states(FIRST, (0.0, "blocked", None)), red)

    assert ending(events).verdict is Word.FAILED


# Deadlines


def test_deadline_is_124_while_it_runs_69_in_an_outage_and_5_before_it_appeared() -> None:
    away = Fault(begin=50.0, seconds=1000.0, kind="refused", questions=frozenset({"list", "detail", "stream"}))
    life = busy(FIRST, 1000.0)

    running, _ = watched(life, timeout=60.0)
    absent, _ = watched(timeout=60.0)

    assert ending(running).verdict is Word.TIMEOUT
    assert ending(absent).verdict is Word.MISSING
    with pytest.raises(UnavailableError):
        watched(life, timeout=60.0, faults=(away,))


def test_time_in_which_no_list_answered_does_not_count_as_not_appearing() -> None:
    away = Fault(begin=5.0, seconds=200.0, kind="refused", questions=frozenset({"list"}))
    late = structs.replace(FIRST)

    seen, _ = watched(states(late, (280.0, "success", GREEN)), faults=(away,))
    never, model = watched(faults=(away,))

    assert ending(seen).verdict is Word.PASSED
    assert ending(never).verdict is Word.MISSING
    assert 310 <= model.clock.now() < 330


# Pace


@dataclass
class TimedModel(ServerModel):
    """Remembers when it was asked for pipelines."""

    asked_at: list[float] = field(default_factory=list)

    def _answer(self, question: str) -> None:
        if question in {"list", "detail"}:
            self.asked_at.append(self.clock.now())
        super()._answer(question)


def gaps(model: TimedModel) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(model.asked_at)]


def timed(life: Life, *, faults: tuple[Fault, ...] = ()) -> tuple[list[Event], TimedModel]:
    model = TimedModel(FakeClock(), (life,), faults)
    request = WatchRequest(repository="lab/app", commit=Commit(sha=COMMIT))
    events = list(watch_pipelines(model, model.clock, request, contains=lambda ancestor, descendant: True))
    return events, model


def test_polls_are_at_most_5_seconds_apart_without_a_stream() -> None:
    dead = Fault(begin=0.0, seconds=10_000.0, kind="refused", questions=frozenset({"stream"}))

    _, model = timed(busy(FIRST, 1000.0), faults=(dead,))

    assert max(gaps(model)) <= 5.1


def test_quiet_pipeline_is_asked_for_every_30_seconds_while_the_stream_is_trusted() -> None:
    _, model = timed(busy(FIRST, 1000.0))

    changes = [100.0 * number for number in range(11)]
    quiet = [at for at in model.asked_at if at > 100 and not any(change <= at < change + 3 for change in changes)]
    assert len(quiet) <= 900 / 30
    assert max(gaps(model)) <= 30.1


def test_sign_of_life_comes_every_minute() -> None:
    events, _ = timed(busy(FIRST, 1000.0))

    beats = notes(events, NoteKind.HEARTBEAT)
    assert len(beats) == 16
    assert beats[0].startswith("#1 running 1m00s")


@dataclass
class LateLines(TimedModel):
    """Gets the last line of every log late."""

    lines_at: float = float("inf")

    def log(self, repository_id: int, number: int, step_id: int) -> Iterator[LogLine]:
        self._answer("log")
        yield LogLine(line=0, text="first")
        if self.clock.now() >= self.lines_at:
            yield LogLine(line=1, text="last")


def test_red_is_told_at_once_when_its_step_had_failed_long_before() -> None:
    early = (workflow("failure", "failure"), workflow("running", "running", pid=2, name="slow"))
    late = (early[0], workflow("success", "success", pid=2, name="slow"))
    life = states(FIRST, (0.0, "running", RUNNING), (5.0, "running", early), (50.0, "failure", late))

    events, model = watched(life)

    assert ending(events).verdict is Word.FAILED
    assert model.clock.now() < 50.5


def test_the_last_lines_are_waited_for_when_the_first_red_workflow_ends_the_watch() -> None:
    early = (workflow("failure", "failure"), workflow("running", "running", pid=2, name="slow"))
    begun = (workflow("running", "running"), early[1])
    life = states(FIRST, (0.0, "running", begun), (5.0, "running", early), (500.0, "failure", RED))
    model = LateLines(FakeClock(), (life,), lines_at=6.0)
    request = WatchRequest(repository="lab/app", commit=Commit(sha=COMMIT), rules=Rules(fail_fast=True))

    *_, verdict = watch_pipelines(model, model.clock, request, contains=lambda ancestor, descendant: True)

    assert isinstance(verdict, Verdict)
    assert verdict.failures[0].tail == ("first", "last")


# Ends that may be rewritten


def test_orphan_under_a_killed_pipeline_is_waited_for_15_seconds() -> None:
    life = states(FIRST, *started(FIRST, 0.0, 5.0), (5.0, "killed", RUNNING))

    events, model = watched(with_cancel_info(life, 5.0, CancelInfo(canceled_by_user="ada")))

    assert ending(events).verdict is Word.CANCELLED
    assert 20 <= model.clock.now() < 22


@pytest.mark.parametrize(("status", "settled"), [("success", 5.0), ("failure", 5.0), ("killed", 15.0)])
def test_list_alone_is_believed_once_it_can_have_settled(status: str, settled: float) -> None:
    blind = Fault(begin=0.0, seconds=10_000.0, kind="empty bodies", questions=frozenset({"detail"}))
    life = states(FIRST, *started(FIRST, 0.0, 5.0), (5.0, status, None))

    events, model = watched(life, faults=(blind,))

    assert ending(events).verdict is {"success": Word.PASSED}.get(status, Word.FAILED)
    assert settled <= model.clock.now() - 5.0 < settled + 2.5


def test_number_that_is_used_again_by_another_commit_is_not_ours() -> None:
    gone = Life((*states(FIRST, (0.0, "created", None)).states, (1.5, None)))
    other = states(structs.replace(FIRST, id=2, commit=NEWER), (3.0, "success", GREEN))

    events, _ = watched(gone, other)

    assert ending(events).verdict is Word.SKIPPED
    assert "vanished" in ending(events).reason


@pytest.mark.parametrize("vanishes", [4.0, 40.0])
def test_row_that_vanishes_is_noticed_within_seconds_though_the_stream_is_trusted(vanishes: float) -> None:
    filtered = Life((*states(FIRST, (2.0, "created", None)).states, (vanishes, None)))

    events, model = watched(filtered)

    assert ending(events).verdict is Word.SKIPPED
    assert model.clock.now() < vanishes + 6


def test_fail_fast_ends_at_the_first_red_workflow_but_not_at_a_step_that_may_fail() -> None:
    may_fail = (workflow("running", "failure", "running"),)
    early = (workflow("failure", "failure"), workflow("running", "running", pid=2, name="slow"))
    life = states(FIRST, (0.0, "running", may_fail), (50.0, "running", early), (500.0, "failure", RED))

    events, model = watched(life, rules=Rules(fail_fast=True))

    assert ending(events).verdict is Word.FAILED
    assert 50 <= model.clock.now() < 60


def test_look_at_what_runs_says_since_when_by_the_servers_word() -> None:
    clock = FakeClock()
    since = int(clock.wall().timestamp()) - 750
    row = structs.replace(FIRST, started=since)
    model = ServerModel(clock, (states(row, (0.0, "running", RUNNING)),))
    request = WatchRequest(repository="lab/app", commit=Commit(sha=COMMIT), once=True)

    *_, verdict = watch_pipelines(model, clock, request, contains=lambda ancestor, descendant: True)

    assert isinstance(verdict, Verdict)
    assert verdict.verdict is Word.PENDING
    assert verdict.reason.startswith("#1 running 12m30s")


def test_a_number_that_is_used_again_at_once_is_another_pipeline() -> None:
    ours, theirs = structs.replace(ROW, id=5, number=3), structs.replace(ROW, id=6, number=3, commit=NEWER)
    filtered = Life(((0.0, structs.replace(ours, status="pending")), (4.0, None)))

    verdict = watch(filtered, states(theirs, (4.0, "success", GREEN)))

    assert verdict.verdict is Word.SKIPPED
    assert "vanished" in verdict.reason


@pytest.mark.parametrize(("id_", "event"), [(3, "tag"), (1, "push")], ids=["another event", "older"])
def test_a_successor_whose_number_was_used_again_is_not_followed(id_: int, event: str) -> None:
    old = structs.replace(ROW, id=2, number=1)
    new = structs.replace(ROW, id=id_, number=2, commit=NEWER, event=event)
    stopped = states(old, *started(old, 0.0, 5.0), (5.0, "killed", STOPPED))
    replaced = with_cancel_info(stopped, 5.0, CancelInfo(superseded_by=2))

    assert watch(replaced, states(new, (4.0, "success", GREEN))).verdict is Word.SUPERSEDED


def test_a_successor_that_is_older_is_not_followed_and_said_to_be() -> None:
    older = structs.replace(ROW, id=1, number=1, commit=NEWER)
    ours = structs.replace(ROW, id=2, number=2)
    stopped = states(ours, *started(ours, 0.0, 5.0), (5.0, "killed", STOPPED))
    replaced = with_cancel_info(stopped, 5.0, CancelInfo(superseded_by=1))

    verdict = watch(replaced, states(older, (0.0, "blocked", None), (4.0, "success", GREEN)))

    assert verdict.verdict is Word.SUPERSEDED
    assert verdict.reason == "#2 was replaced by #1, which is older"


class ShiftedPages(ServerModel):
    """A list from which rows are missing once: while it was read, others came, and shifted them."""

    def pipelines(self, repository_id: int, *, page: int = 1, per_page: int = 50) -> tuple[Pipeline, ...]:
        rows = super().pipelines(repository_id, page=page, per_page=per_page)
        return () if self.requests.count("list") == 2 else rows


def test_a_pipeline_that_one_list_does_not_show_is_not_gone() -> None:
    row = structs.replace(ROW, id=1, number=1)
    model = ShiftedPages(FakeClock(), (states(row, *started(row, 0.0, 90.0), (90.0, "success", GREEN)),))
    request = WatchRequest(repository="lab/app", commit=Commit(sha=COMMIT))

    *_, verdict = watch_pipelines(model, model.clock, request, contains=lambda ancestor, descendant: True)

    assert isinstance(verdict, Verdict)
    assert verdict.verdict is Word.PASSED
    assert model.requests.count("list") > 2
