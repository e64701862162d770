"""A burst, then so many a second."""

from hypothesis import given
from hypothesis import strategies as st

from homelab_tasks.actions.rollouts.request_budget import RequestBudget
from tests.fakes.clock import FakeClock


@given(st.floats(0, 1e7), st.lists(st.floats(0.1, 40), min_size=1, max_size=20))
def test_requests_may_be_sent_once_they_were_waited_for(started: float, counts: list[float]) -> None:
    clock = FakeClock()
    clock.seconds = started
    budget = RequestBudget(clock, burst=40, per_second=6)

    for count in counts:
        clock.seconds += budget.seconds_until(count)
        assert budget.seconds_until(count) == 0
        budget.spend(count)

    assert sum(counts) <= 40 + 6 * (clock.seconds - started) + 1e-3


def test_what_is_owed_is_waited_for() -> None:
    budget = RequestBudget(FakeClock(), burst=40, per_second=6)

    budget.spend(46)

    assert budget.seconds_until(3) == 1.5
