"""Logs are told whole, each line once and in order, while they come and afterwards."""

import pytest
from msgspec import structs

from homelab_tasks.actions.pipelines.read_logs import LogRequest, read_logs
from homelab_tasks.errors import TransientError, UnavailableError
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Event, Log, Note, StepSeen, Verdict
from homelab_tasks.model.pipelines.pipeline import LogLine, Pipeline
from homelab_tasks.model.verdict import Word
from tests.fakes.clock import FakeClock
from tests.fakes.logs import LoggingModel, numbered
from tests.fakes.server import COMMIT, ROW, Life, started, states, workflow

FAILED = (workflow("failure", "success", "failure"),)
LIFE = structs.replace(ROW, id=5, number=3)


def model(
    life: Life,
    logs: dict[int, list[list[LogLine] | TransientError]],
    live: dict[int, list[LogLine]] | None = None,
) -> LoggingModel:
    server = LoggingModel(FakeClock(), (life,))
    server.logs, server.live = logs, live or {}
    return server


def read(server: LoggingModel, **request: object) -> list[Event]:
    asked = structs.replace(LogRequest(repository="lab/app", commit=Commit(sha=COMMIT)), **request)
    return list(read_logs(server, server.clock, asked))


def texts(events: list[Event], step: str | None = None) -> list[str]:
    return [event.text for event in events if isinstance(event, Log) and step in {None, event.step}]


def ended(pipeline: Pipeline = LIFE) -> Life:
    return states(pipeline, (0.0, "failure", FAILED))


def test_failed_steps_are_shown_when_nothing_else_is_asked_for() -> None:
    events = read(model(ended(), {100: [numbered(2)], 101: [numbered(3)]}))

    assert texts(events, "step-1") == ["line 0", "line 1", "line 2"]
    assert texts(events, "step-0") == []
    assert isinstance(events[-1], Verdict)
    assert events[-1].verdict is Word.OK


def test_every_line_comes_once_when_the_log_is_torn_and_asked_for_again() -> None:
    events = read(model(ended(), {101: [TransientError("broke off", answered=True), numbered(3)]}))

    assert texts(events) == ["line 0", "line 1", "line 2"]
    assert [note.kind for note in events if isinstance(note, Note)] == ["retrying", "recovered"]


def test_log_is_asked_for_again_when_its_last_batch_is_late() -> None:
    events = read(model(ended(), {101: [[], [], numbered(1)]}))

    assert texts(events) == ["line 0"]


def test_tail_is_the_last_lines_of_each_step() -> None:
    events = read(model(ended(), {101: [numbered(100)]}), tail=2)

    assert texts(events) == ["line 98", "line 99"]


@pytest.mark.parametrize("follow", [False, True])
def test_every_step_is_named_before_the_first_line(follow: bool) -> None:
    ran = tuple(
        structs.replace(run, children=tuple(structs.replace(step, started=1) for step in run.steps)) for run in FAILED
    )
    server = model(states(LIFE, (0.0, "failure", ran)), {100: [numbered(2)], 101: [numbered(3)]})

    events = read(server, everything=True, follow=follow)

    before = events[: next(index for index, event in enumerate(events) if isinstance(event, Log))]
    assert {event.name for event in before if isinstance(event, StepSeen)} == {"step-0", "step-1"}


@pytest.mark.parametrize("name", ["step-0", "build/step-0"])
def test_step_is_found_by_its_name_with_or_without_its_workflow(name: str) -> None:
    events = read(model(ended(), {100: [numbered(1)]}), step=name)

    assert texts(events, "step-0") == ["line 0"]


def test_unknown_step_is_missing_and_the_known_ones_are_named() -> None:
    [verdict] = [event for event in read(model(ended(), {}), step="lint") if isinstance(event, Verdict)]

    assert verdict.verdict is Word.MISSING
    assert verdict.hint == "Its steps: build/step-0, build/step-1"


def test_following_brings_lines_early_and_all_of_them_in_the_end() -> None:
    life = states(LIFE, *started(LIFE, 0.0, 5.0), (5.0, "failure", FAILED))
    server = model(life, {101: [numbered(4)], 100: [numbered(1)]}, live={101: numbered(2)})

    events = read(server, follow=True)

    assert texts(events, "step-1") == ["line 0", "line 1", "line 2", "line 3"]
    assert isinstance(events[-1], Verdict)
    assert events[-1].verdict is Word.OK


def test_following_ends_in_a_timeout_when_the_pipeline_does_not_end_in_time() -> None:
    life = states(LIFE, *started(LIFE, 0.0, 500.0), (500.0, "failure", FAILED))

    *_, verdict = read(model(life, {100: [numbered(1)], 101: [numbered(1)]}), follow=True, timeout=60.0)

    assert isinstance(verdict, Verdict)
    assert (verdict.verdict, verdict.reason) == (Word.TIMEOUT, "not ended within 1m00s; last seen: #3 running")
    assert verdict.pipelines[0].status == "running"


def test_log_that_always_breaks_off_is_given_up_after_as_long_as_an_outage() -> None:
    server = model(ended(), {101: [TransientError("broke off", answered=True)]})

    with pytest.raises(UnavailableError, match="breaks off again and again"):
        read(server, retry_for=10.0)

    assert 10 <= server.clock.now() < 15


def test_step_that_has_failed_is_shown_while_its_pipeline_goes_on() -> None:
    slow = workflow("running", "running", pid=2, name="slow")
    life = states(LIFE, (0.0, "running", (FAILED[0], slow)))

    events = read(model(life, {101: [numbered(1)], 200: [numbered(5)]}))

    assert texts(events) == ["line 0"]
