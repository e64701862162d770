"""A branch is run once, and what keeps it from running is told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from homelab_tasks.actions.pipelines.run_pipeline import RunRequest, run_pipeline
from homelab_tasks.errors import DeniedError, HomelabError, TransientError, UnavailableError, UsageError
from homelab_tasks.model.events import Event, Verdict
from homelab_tasks.model.pipelines.pipeline import ConfigProblem
from homelab_tasks.model.verdict import Word
from tests.fakes.clock import FakeClock
from tests.fakes.operable import LOST, OperableCi, row
from tests.fakes.server import REPOSITORY

REFUSED = TransientError("ci.homelab.test answers HTTP 500", answered=True)
Weather = list[HomelabError | tuple[HomelabError, float] | None]


def server(**more: object) -> OperableCi:
    return OperableCi(FakeClock(), [row(3, "success")], **more)  # type: ignore[arg-type]


def run(ci: OperableCi, branch: str | None = "main", **variables: str) -> tuple[list[Event], Verdict]:
    request = RunRequest(repository="lab/app", branch=branch, variables=variables)
    *events, verdict = run_pipeline(ci, ci.clock, request)
    assert isinstance(verdict, Verdict)
    return events, verdict


def test_a_branch_is_run_with_variables() -> None:
    ci = server()

    _, verdict = run(ci, DEPLOY="yes")

    assert ci.orders == ["run main {'DEPLOY': 'yes'}"]
    assert verdict.verdict is Word.OK
    assert verdict.reason == "#4 runs main at 3f9c2e1 and is pending"
    assert verdict.hint == "Follow it: inv ci.watch --pipeline 4"


def test_the_default_branch_is_run_without_a_branch() -> None:
    ci = server(repository_row=structs.replace(REPOSITORY, default_branch="topic"))

    run(ci, None)

    assert ci.orders == ["run topic {}"]


def test_an_unknown_branch_is_a_usage_error_at_once() -> None:
    ci = server(forge_branches=("main", "topic"))

    with pytest.raises(UsageError, match="lab/app has no branch 'mian'") as raised:
        run(ci, "mian")

    assert raised.value.hint == "did you mean main?"
    assert ci.clock.now() < 1


def test_a_branch_on_a_later_page_is_known() -> None:
    many = (*(f"b{number}" for number in range(70)), "topic")
    ci = server(forge_branches=many, weather=[REFUSED])

    _, verdict = run(ci, "topic")

    assert verdict.verdict is Word.OK


@pytest.mark.parametrize("branches", [REFUSED, ()])
def test_an_unknown_branch_is_an_outage_when_the_forge_does_not_tell_its_branches(
    branches: HomelabError | tuple[str, ...],
) -> None:
    ci = server(forge_branches=branches)

    with pytest.raises(UnavailableError, match="could not be reached for 30s"):
        run(ci, "nope")


def test_it_is_skipped_when_everything_was_filtered_out() -> None:
    _, verdict = run(server(runs_nothing=True))

    assert verdict.verdict is Word.SKIPPED
    assert "filtered out" in verdict.reason


def test_it_is_failed_when_the_configuration_cannot_be_read() -> None:
    ci = server(runs_nothing=True)
    broken = row(4, "error", event="manual", author="ann", errors=(ConfigProblem(message="could not load"),))
    ci.later.append((0.02, lambda: ci.rows.append(broken)))

    _, verdict = run(ci)

    assert verdict.verdict is Word.FAILED
    assert "#4 could not run: could not load" in verdict.reason


def test_the_missing_right_is_named_when_the_user_may_only_read() -> None:
    with pytest.raises(DeniedError, match="ann may not run pipelines of lab/app: that needs the push right"):
        run(server(may_push=False))


ONE_ORDER = st.one_of(
    st.sampled_from([REFUSED, LOST]),
    st.tuples(st.just(LOST), st.floats(0, 2.5)),
    st.tuples(st.just(REFUSED), st.just(0.0)),
)


@pytest.mark.soak
@given(weather=st.lists(ONE_ORDER, max_size=4))
def test_it_runs_exactly_once_whatever_happens_to_the_answers(weather: Weather) -> None:
    ci = server(weather=list(weather))

    _, verdict = run(ci)

    assert verdict.verdict is Word.OK
    assert [row.number for row in ci.rows] == [3, 4]


def test_a_run_of_somebody_else_is_not_taken_for_ours() -> None:
    ci = server(weather=[LOST])
    theirs = row(4, "pending", event="manual", ref="main", author="bob")
    ci.later.append((0.02, lambda: ci.rows.append(theirs)))

    _, verdict = run(ci)

    assert verdict.pipelines[0].number == 5
