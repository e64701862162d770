"""How a server is asked again, and when it is believed."""

from collections.abc import Callable
from functools import partial

import pytest

from homelab_tasks.actions.waiting import Patience
from homelab_tasks.errors import (
    DeniedError,
    HomelabError,
    MissingError,
    RejectedError,
    TransientError,
    UnavailableError,
    UntrustedError,
)
from homelab_tasks.model.events import Event, Note, NoteKind
from tests.fakes.clock import FakeClock

RETRY_SECONDS = 30.0


def failing(clock: FakeClock, *, until: float, error: Callable[[], HomelabError]) -> Callable[[], str]:
    """A question that is answered with *error* until a moment, and then with an answer."""

    def ask() -> str:
        clock.sleep(0.01)
        if clock.now() < until:
            raise error()
        return "answer"

    return ask


def answer(patience: Patience, ask: Callable[[], str], question: str = "question") -> tuple[list[Event], str]:
    told: list[Event] = []
    asking = patience.ask(question, ask)
    while True:
        try:
            told.append(next(asking))
        except StopIteration as end:
            return told, end.value


@pytest.mark.parametrize("deadline", [None, 100.0])
@pytest.mark.parametrize("answered", [False, True])
def test_a_server_that_stays_away_is_unavailable_and_nothing_else(deadline: float | None, answered: bool) -> None:
    clock = FakeClock()
    patience = Patience(clock, server="ci.homelab.test", retry_for=RETRY_SECONDS, deadline=deadline)
    away = failing(clock, until=1000.0, error=lambda: TransientError("HTTP 502", answered=answered))

    with pytest.raises(UnavailableError, match=r"could not be reached for .*: HTTP 502") as raised:
        answer(patience, away)

    assert raised.value.exit_code == 69
    assert clock.now() == pytest.approx(deadline or RETRY_SECONDS, abs=3)


def test_an_outage_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    clock = FakeClock()
    patience = Patience(clock, server="ci.homelab.test", retry_for=RETRY_SECONDS)

    told, answered = answer(patience, failing(clock, until=20.0, error=lambda: TransientError("HTTP 502")))

    assert answered == "answer"
    assert [event.kind for event in told if isinstance(event, Note)] == [NoteKind.RETRYING, NoteKind.RECOVERED]


@pytest.mark.parametrize("error", [MissingError, DeniedError, UntrustedError, partial(RejectedError, status=400)])
def test_a_refusal_is_not_believed_when_the_answer_comes_soon(error: Callable[[str], HomelabError]) -> None:
    clock = FakeClock()
    patience = Patience(clock, server="ci.homelab.test", retry_for=RETRY_SECONDS)

    _, answered = answer(patience, failing(clock, until=4.0, error=lambda: error("HTTP 404")))

    assert answered == "answer"


@pytest.mark.parametrize(("worked", "longest"), [(False, 5.0), (True, RETRY_SECONDS)])
def test_a_refusal_is_believed_when_it_lasts_longer_where_it_had_worked_before(worked: bool, longest: float) -> None:
    clock = FakeClock()
    patience = Patience(clock, server="ci.homelab.test", retry_for=RETRY_SECONDS)
    if worked:
        answer(patience, lambda: "answer")

    with pytest.raises(MissingError, match="HTTP 404"):
        answer(patience, failing(clock, until=1000.0, error=lambda: MissingError("HTTP 404")))

    assert clock.now() == pytest.approx(longest, abs=3)


def test_a_refusal_that_an_outage_interrupts_begins_anew() -> None:
    clock = FakeClock()
    patience = Patience(clock, server="ci.homelab.test", retry_for=RETRY_SECONDS)
    errors = iter([MissingError("404")] * 3 + [TransientError("HTTP 500", answered=True)] + [MissingError("404")] * 500)

    def ask() -> str:
        clock.sleep(1.5)
        raise next(errors)

    with pytest.raises(MissingError):
        answer(patience, ask)

    assert clock.now() >= 3 * 1.5 + 1.5 + 5


def test_a_refusal_is_believed_at_once_when_nothing_else_was_answered_to_another_question_before() -> None:
    clock = FakeClock()
    patience = Patience(clock, server="ci.homelab.test", retry_for=RETRY_SECONDS)
    for question in ("user", "repository"):
        with pytest.raises(DeniedError):
            answer(patience, failing(clock, until=1000.0, error=lambda: DeniedError("HTTP 401")), question)

    assert clock.now() == pytest.approx(5.0, abs=2.5)


def test_a_refusal_is_believed_after_five_seconds_and_no_later() -> None:
    for _ in range(20):
        clock = FakeClock()
        patience = Patience(clock, server="ci.homelab.test", retry_for=RETRY_SECONDS)

        with pytest.raises(DeniedError):
            answer(patience, failing(clock, until=1000.0, error=lambda: DeniedError("HTTP 401")))

        assert 5.0 <= clock.now() < 5.2


def test_a_refusal_is_not_believed_at_once_when_another_question_was_answered_since() -> None:
    clock = FakeClock()
    patience = Patience(clock, server="ci.homelab.test", retry_for=RETRY_SECONDS)
    with pytest.raises(DeniedError):
        answer(patience, failing(clock, until=1000.0, error=lambda: DeniedError("HTTP 401")), "user")
    answer(patience, lambda: "answer", "repository")

    _, told = answer(patience, failing(clock, until=clock.now() + 4.0, error=lambda: MissingError("HTTP 404")), "list")

    assert told == "answer"


def test_a_refusal_of_what_worked_before_is_an_outage_when_time_is_up_before_it_is_believed() -> None:
    clock = FakeClock()
    patience = Patience(clock, server="ci.homelab.test", retry_for=RETRY_SECONDS, deadline=10.0)
    answer(patience, lambda: "answer")

    with pytest.raises(UnavailableError, match=r"could not be reached for .*: HTTP 404") as raised:
        answer(patience, failing(clock, until=1000.0, error=lambda: MissingError("HTTP 404")))

    assert raised.value.exit_code == 69
