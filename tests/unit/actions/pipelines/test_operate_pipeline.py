"""Each operation is done once, read back, and told as it is, whatever happens to its answer."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from homelab_tasks.actions.pipelines.choose_pipeline import Choice
from homelab_tasks.actions.pipelines.operate_pipeline import OperateRequest, operate_pipeline
from homelab_tasks.errors import (
    DeniedError,
    HomelabError,
    MissingError,
    TransientError,
    UnavailableError,
    UsageError,
)
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Event, Note, PipelineSeen, Verdict
from homelab_tasks.model.pipelines.operation import Operation
from homelab_tasks.model.pipelines.pipeline import CancelInfo, ConfigProblem, Pipeline
from homelab_tasks.model.verdict import Word
from tests.fakes.clock import FakeClock
from tests.fakes.operable import BLOCKED, LOST, OperableCi, row
from tests.fakes.server import COMMIT

T = TypeVar("T")
HEAD = Commit(sha=COMMIT)
OTHER = "a" * 40
STATE_BEFORE = {
    Operation.RESTART: "failure",
    Operation.CANCEL: "running",
    Operation.APPROVE: "blocked",
    Operation.DECLINE: "blocked",
}
STATE_AFTER = {
    Operation.RESTART: "pending",
    Operation.CANCEL: "killed",
    Operation.APPROVE: "pending",
    Operation.DECLINE: "declined",
}


def server(*rows: Pipeline, **more: object) -> OperableCi:
    return OperableCi(FakeClock(), list(rows), **more)  # type: ignore[arg-type]


def operate(
    ci: OperableCi, operation: Operation, *, watch: bool = False, **choice: object
) -> tuple[list[Event], Verdict]:
    chosen = structs.replace(Choice(commit=HEAD), **choice)
    request = OperateRequest(repository="lab/app", operation=operation, choice=chosen, task=f"ci.{operation}")

    def watched(pipeline: Pipeline) -> Iterator[Event]:
        yield Verdict(verdict=Word.PASSED, reason=f"#{pipeline.number} was watched")

    events = list(operate_pipeline(ci, ci.clock, request, watch=watched if watch else None))
    verdict = events.pop()
    assert isinstance(verdict, Verdict)
    return events, verdict


def before(operation: Operation, number: int = 3, **fields: object) -> Pipeline:
    return row(number, STATE_BEFORE[operation], **{"workflows": BLOCKED, **fields})


@pytest.mark.parametrize("operation", Operation)
def test_what_the_server_shows_afterwards_is_told(operation: Operation) -> None:
    ci = server(before(operation))

    events, verdict = operate(ci, operation)

    number = 4 if operation is Operation.RESTART else 3
    assert ci.orders == [f"{operation} 3"]
    assert verdict.verdict is Word.OK
    assert [(seen.number, seen.status) for seen in verdict.pipelines] == [(number, STATE_AFTER[operation])]
    assert verdict.url == f"https://ci.homelab.test/repos/7/pipeline/{number}"
    assert (verdict.commit, verdict.task) == (COMMIT, f"ci.{operation}")
    assert isinstance(events[-1], PipelineSeen)
    assert events[-1].status == STATE_AFTER[operation]


REASONS = {
    Operation.RESTART: "#3 was restarted as #4, which is pending",
    Operation.CANCEL: "#3 was cancelled by ann",
    Operation.APPROVE: "#3 was approved by ann and is pending",
    Operation.DECLINE: "#3 was declined by ann",
}


@pytest.mark.parametrize("operation", Operation)
def test_the_reason_says_who_did_what(operation: Operation) -> None:
    _, verdict = operate(server(before(operation)), operation)

    assert verdict.reason == REASONS[operation]


@pytest.mark.parametrize("operation", Operation)
def test_the_watch_says_how_it_ends_when_asked_to_watch(operation: Operation) -> None:
    events, verdict = operate(server(before(operation)), operation, watch=True)

    assert verdict.verdict is Word.PASSED
    assert verdict.reason == f"#{4 if operation is Operation.RESTART else 3} was watched"
    assert any(isinstance(event, PipelineSeen) for event in events)


ANSWERED = TransientError("ci.homelab.test answers HTTP 502", answered=True)
UNSENT = TransientError("ci.homelab.test refused", sent=False)
ONE_ORDER = st.one_of(
    st.sampled_from([ANSWERED, UNSENT, LOST]),
    st.tuples(st.just(LOST), st.floats(0, 2.5)),
    st.tuples(st.just(ANSWERED), st.just(0.0)),
)


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.soak
@given(weather=st.lists(ONE_ORDER, max_size=4))
def test_it_is_done_exactly_once_whatever_happens_to_the_answers(
    operation: Operation, weather: list[HomelabError | tuple[HomelabError, float] | None]
) -> None:
    ci = server(before(operation), weather=list(weather))

    _, verdict = operate(ci, operation)

    assert verdict.verdict is Word.OK
    assert len(ci.rows) == (2 if operation is Operation.RESTART else 1)
    assert not ci.later


@pytest.mark.parametrize("operation", Operation)
def test_an_order_that_never_gets_through_is_unavailable_in_the_end(operation: Operation) -> None:
    ci = server(before(operation), weather=[ANSWERED] * 500)

    with pytest.raises(UnavailableError, match=r"could not be reached for 30s.*HTTP 502"):
        operate(ci, operation)


@pytest.mark.parametrize("operation", Operation)
def test_the_missing_right_is_named_when_the_user_may_only_read(operation: Operation) -> None:
    ci = server(before(operation), may_push=False)

    with pytest.raises(DeniedError) as raised:
        operate(ci, operation)

    assert raised.value.problem == f"ann may not {operation} pipelines of lab/app: that needs the push right on lab/app"
    assert raised.value.hint == "Whoever owns lab/app on the forge can grant write access to ann"
    assert ci.clock.now() >= 5, "a database error looks the same for a moment"


def test_a_refusal_is_weather_when_the_right_is_there() -> None:
    refused: list[HomelabError | tuple[HomelabError, float] | None] = [
        MissingError("ci.homelab.test answers HTTP 404"),
        DeniedError("ci.homelab.test answers HTTP 401"),
    ]
    ci = server(before(Operation.RESTART), weather=refused * 6)

    _, verdict = operate(ci, Operation.RESTART)

    assert verdict.verdict is Word.OK
    assert ci.clock.now() > 5


def test_nobody_operates_with_a_dead_token() -> None:
    ci = server(before(Operation.CANCEL), known_user=False)

    with pytest.raises(DeniedError, match=r"the token is not valid on ci\.homelab\.test"):
        operate(ci, Operation.CANCEL)
    assert not ci.orders


NOT_POSSIBLE = [
    (Operation.CANCEL, row(3, "success"), "#3 has ended, so there is nothing to cancel: #3 is success"),
    (
        Operation.CANCEL,
        row(3, "killed", cancel_info=CancelInfo(canceled_by_user="bob")),
        "#3 has ended, so there is nothing to cancel: #3 was cancelled by bob",
    ),
    (Operation.APPROVE, row(3, "running"), "#3 does not wait for approval: #3 is running"),
    (
        Operation.APPROVE,
        row(3, "success", reviewed_by="bob"),
        "#3 does not wait for approval: #3 is success (approved by bob)",
    ),
    (
        Operation.DECLINE,
        row(3, "declined", reviewed_by="bob"),
        "#3 does not wait for approval: #3 was declined by bob",
    ),
    (Operation.RESTART, row(3, "blocked"), "#3 waits for approval: it has nothing to restart"),
]


@pytest.mark.parametrize(("operation", "pipeline", "problem"), NOT_POSSIBLE)
@pytest.mark.parametrize("number", [None, 3])
def test_it_is_refused_and_the_state_named_when_the_state_does_not_allow_it(
    operation: Operation, pipeline: Pipeline, problem: str, number: int | None
) -> None:
    ci = server(pipeline)

    with pytest.raises(UsageError) as raised:
        operate(ci, operation, number=number)

    assert raised.value.problem == problem
    assert not ci.orders


class Quicker(OperableCi):
    """Somebody else acts right before the order arrives."""

    acts: Callable[["Quicker"], object]

    def _carry_out(self, order: str, do: Callable[[], T]) -> T:
        self.acts(self)
        return super()._carry_out(order, do)


def quicker(operation: Operation, acts: Callable[[Quicker], object]) -> Quicker:
    ci = Quicker(FakeClock(), [before(operation)])
    ci.acts = acts
    return ci


BOB_CANCELS = {"status": "killed", "cancel_info": CancelInfo(canceled_by_user="bob")}
ALREADY_TRUE = [
    (Operation.CANCEL, BOB_CANCELS, "#3 was cancelled by bob"),
    (Operation.APPROVE, {"status": "running", "reviewed_by": "bob"}, "#3 was approved by bob and is running"),
    (Operation.DECLINE, {"status": "declined", "reviewed_by": "bob"}, "#3 was declined by bob"),
]


@pytest.mark.parametrize(("operation", "fields", "reason"), ALREADY_TRUE)
def test_it_is_ok_and_the_other_named_when_somebody_else_was_quicker(
    operation: Operation, fields: dict[str, object], reason: str
) -> None:
    ci = quicker(operation, lambda ci: ci.change(3, **fields))

    _, verdict = operate(ci, operation)

    assert (verdict.verdict, verdict.reason) == (Word.OK, reason)


LOST_RACES = [
    (Operation.CANCEL, {"status": "success"}, "#3 has ended, so there is nothing to cancel: #3 is success"),
    (
        Operation.APPROVE,
        {"status": "declined", "reviewed_by": "bob"},
        "#3 does not wait for approval: #3 was declined by bob",
    ),
    (Operation.DECLINE, {"status": "running", "reviewed_by": "bob"}, "#3 is running (approved by bob)"),
    (Operation.APPROVE, BOB_CANCELS, "#3 does not wait for approval: #3 was cancelled by bob"),
]


@pytest.mark.parametrize(("operation", "fields", "problem"), LOST_RACES)
def test_what_it_is_now_is_said_when_somebody_else_made_it_impossible(
    operation: Operation, fields: dict[str, object], problem: str
) -> None:
    ci = quicker(operation, lambda ci: ci.change(3, **fields))

    with pytest.raises(UsageError, match="it changed just now") as raised:
        operate(ci, operation)

    assert problem in raised.value.problem


@pytest.mark.parametrize("operation", [Operation.APPROVE, Operation.DECLINE])
def test_it_waits_until_the_workflows_are_written_because_an_earlier_review_is_lost_for_ever(
    operation: Operation,
) -> None:
    ci = server(before(operation, workflows=None))
    ci.later.append((0.4, lambda: ci.change(3, workflows=BLOCKED)))

    events, verdict = operate(ci, operation)

    assert verdict.verdict is Word.OK
    assert not any(isinstance(event, Note) for event in events)


def test_a_pipeline_that_is_being_made_is_cancelled_once_it_can_be() -> None:
    ci = server(row(3, "created", workflows=None))
    ci.later.append((0.4, lambda: ci.change(3, status="pending")))

    _, verdict = operate(ci, Operation.CANCEL)

    assert verdict.verdict is Word.OK
    assert ci.orders == ["cancel 3"]


def test_it_is_said_that_the_server_lost_it_when_workflows_never_come() -> None:
    ci = server(before(Operation.APPROVE, workflows=None))

    with pytest.raises(UnavailableError, match="#3 is blocked and still has no workflows after 30s"):
        operate(ci, Operation.APPROVE)
    assert not ci.orders


def test_a_restart_of_another_commit_is_refused_naming_the_flag() -> None:
    ci = server(before(Operation.RESTART, commit=OTHER))

    with pytest.raises(UsageError, match=f"pipeline #3 is of commit aaaaaaa, not of {COMMIT[:7]}") as raised:
        operate(ci, Operation.RESTART, number=3)
    assert raised.value.hint == "--any-commit restarts it all the same"

    _, verdict = operate(ci, Operation.RESTART, number=3, any_commit=True)
    assert (verdict.verdict, verdict.commit) == (Word.OK, OTHER)


def test_the_only_fitting_pipeline_of_the_commit_is_taken() -> None:
    tag = before(Operation.APPROVE, 4, event="tag", ref="refs/tags/v1")
    ci = server(row(2, "success", commit=OTHER), row(3, "success"), tag)

    _, verdict = operate(ci, Operation.APPROVE)

    assert verdict.pipelines[0].number == 4


def test_the_events_that_are_judged_come_first() -> None:
    ci = server(row(3, "running"), row(4, "running", event="tag", ref="refs/tags/v1"))

    operate(ci, Operation.CANCEL)

    assert ci.orders == ["cancel 3"]


def test_several_fitting_pipelines_are_named_instead_of_guessing() -> None:
    ci = server(row(3, "running"), row(4, "pending", branch="topic", ref="refs/heads/topic"))

    with pytest.raises(UsageError, match=r"#3 \(push on main, running\), #4 \(push on topic, pending\)") as raised:
        operate(ci, Operation.CANCEL)
    assert raised.value.hint == "say which: --pipeline NUMBER"
    assert not ci.orders


@pytest.mark.parametrize(("number", "problem"), [(None, "no pipeline for 3f9c2e1"), (9, "lab/app has no pipeline #9")])
def test_it_is_missing_when_there_is_no_such_pipeline(number: int | None, problem: str) -> None:
    ci = server(row(3, "running", commit=OTHER))

    with pytest.raises(MissingError, match=problem):
        operate(ci, Operation.CANCEL, number=number)


def test_a_restart_that_cannot_run_is_failed_and_says_why() -> None:
    broken = row(4, "error", parent=3, errors=(ConfigProblem(message="yaml: line 3"),), workflows=None)
    ci = server(before(Operation.RESTART), weather=[(ANSWERED, 0.0)])
    ci._restarted = lambda number: ci.rows.append(broken)  # type: ignore[assignment,method-assign,return-value] # noqa: SLF001

    _, verdict = operate(ci, Operation.RESTART)

    assert verdict.verdict is Word.FAILED
    assert verdict.reason == "#3 was restarted as #4, which is error, but #4 could not run: yaml: line 3"
    assert ci.orders == ["restart 3"]


def test_another_pipeline_under_the_same_number_is_left_alone() -> None:
    ci = quicker(Operation.CANCEL, lambda ci: None)
    ci.weather = [ANSWERED]
    ci.acts = lambda ci: ci.change(3, id=999)

    with pytest.raises(UsageError, match="#3 was deleted, and its number is another pipeline's now"):
        operate(ci, Operation.CANCEL)
