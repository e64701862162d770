"""A watch shows logs while it goes on, and none of them can keep it from its verdict."""

import pytest
from msgspec import structs

from homelab_tasks.actions.pipelines.watch_pipelines import watch_pipelines
from homelab_tasks.actions.pipelines.watch_request import ShownLogs, WatchRequest
from homelab_tasks.errors import TransientError
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Event, Log, Note, NoteKind, PipelineSeen, Verdict
from homelab_tasks.model.pipelines.pipeline import LogLine, Status
from homelab_tasks.model.verdict import Word
from tests.fakes.clock import FakeClock
from tests.fakes.logs import LoggingModel, numbered
from tests.fakes.server import COMMIT, ROW, Life, started, states, workflow

ROW_OF_MINE = structs.replace(ROW, id=5, number=3)
RED = workflow("failure", "success", "failure")


def red_early(end: float) -> Life:
    """One workflow is red after 5 s, while another runs until *end*."""
    slow = workflow("running", "running", pid=2, name="slow")
    done = workflow("success", "success", pid=2, name="slow")
    return states(
        ROW_OF_MINE, *started(ROW_OF_MINE, 0.0, end), (5.0, "running", (RED, slow)), (end, "failure", (RED, done))
    )


def watch(
    life: Life,
    shown: ShownLogs,
    logs: dict[int, list[list[LogLine] | TransientError]],
    live: dict[int, list[LogLine]] | None = None,
) -> list[Event]:
    server = LoggingModel(FakeClock(), (life,))
    server.logs, server.live = logs, live or {}
    request = WatchRequest(repository="lab/app", commit=Commit(sha=COMMIT), logs=shown)
    return list(watch_pipelines(server, server.clock, request, contains=lambda ancestor, descendant: True))


def lines(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Log)]


def end_of(events: list[Event]) -> Verdict:
    verdict = events[-1]
    assert isinstance(verdict, Verdict)
    return verdict


def index_of_the_end(events: list[Event]) -> int:
    return next(
        index for index, event in enumerate(events) if isinstance(event, PipelineSeen) and Status(event.status).is_final
    )


def test_end_of_a_failing_log_is_shown_once_while_its_pipeline_goes_on() -> None:
    events = watch(red_early(60.0), ShownLogs.FAILED, {101: [numbered(45)]})

    assert lines(events) == [f"line {number}" for number in range(5, 45)]
    assert lines(events[: index_of_the_end(events)]) == lines(events)
    assert end_of(events).failures[0].tail == tuple(lines(events))


def test_log_that_fails_with_its_pipeline_is_left_to_the_verdict() -> None:
    life = states(ROW_OF_MINE, *started(ROW_OF_MINE, 0.0, 5.0), (5.0, "failure", (RED,)))

    events = watch(life, ShownLogs.FAILED, {101: [numbered(3)]})

    assert lines(events) == []
    assert len(end_of(events).failures[0].tail) == 3


def test_every_line_of_every_log_is_told_before_the_verdict_when_all_are_asked_for() -> None:
    logs: dict[int, list[list[LogLine] | TransientError]] = {100: [numbered(2)], 101: [numbered(6)], 200: [numbered(1)]}

    events = watch(red_early(60.0), ShownLogs.ALL, logs, live={101: numbered(4)})

    for step, count in (("step-1", 6), ("step-0", 3)):
        of_step = [event.text for event in events if isinstance(event, Log) and event.step == step]
        assert len(of_step) == count
    assert end_of(events).verdict is Word.FAILED


def test_lines_come_while_the_step_runs_when_all_are_asked_for() -> None:
    events = watch(red_early(60.0), ShownLogs.ALL, {101: [numbered(6)]}, live={101: numbered(4)})

    before_the_end = lines(events[: index_of_the_end(events)])
    assert before_the_end[:4] == ["line 0", "line 1", "line 2", "line 3"]


@pytest.mark.parametrize("shown", [ShownLogs.ALL, ShownLogs.FAILED])
def test_logs_that_cannot_be_read_are_said_and_change_no_verdict(shown: ShownLogs) -> None:
    broken = TransientError("ci.homelab.test answers HTTP 500", answered=True)

    events = watch(red_early(60.0), shown, {step: [broken] for step in (100, 101, 200)})

    assert end_of(events).verdict is Word.FAILED
    warnings = [event.text for event in events if isinstance(event, Note) and event.kind is NoteKind.WARNING]
    assert any("could " in text and "be shown" in text for text in warnings)
    assert not any(isinstance(event, Note) and event.kind is NoteKind.RETRYING for event in events)


def test_no_log_is_shown_when_none_is_asked_for() -> None:
    events = watch(red_early(60.0), ShownLogs.NONE, {101: [numbered(3)]})

    assert lines(events) == []
    assert end_of(events).failures[0].tail == ()
