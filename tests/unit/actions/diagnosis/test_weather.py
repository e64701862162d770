"""How tries that failed are counted, worded and told once."""

import threading

import pytest

from homelab_tasks.actions.diagnosis.tries import AT_ONCE, SAMPLE_SECONDS, SAMPLES, TRIES_MOST, Tries
from homelab_tasks.actions.diagnosis.weather import FEW, KINDS_NAMED, SEVERAL, Weather
from homelab_tasks.errors import DeniedError, HomelabError, TransientError, UntrustedError
from homelab_tasks.model.events import Check, CheckState
from homelab_tasks.model.verdict import Word
from tests.fakes.clock import FakeClock


class Server:
    """Answers its number, or fails as *weather* has it, from its front; each answer takes *seconds*."""

    def __init__(self, clock: FakeClock, *weather: str | HomelabError | None, seconds: float = 0.0) -> None:
        self.weather, self.seconds = list(weather), seconds
        self.asked = 0
        self._clock = clock
        self._lock = threading.Lock()

    def ask(self) -> int:
        with self._lock:
            self.asked += 1
            self._clock.seconds += self.seconds
            problem = self.weather.pop(0) if self.weather else None
        if isinstance(problem, HomelabError):
            raise problem
        if problem is not None:
            raise TransientError(f"ci {problem}")
        return 42


def found(*weather: str) -> Check:
    clock = FakeClock()
    tries, kept = Tries(clock), Weather()
    assert kept.ask(tries, Server(clock, *weather).ask) == 42
    return kept.found("woodpecker", "answers", tries)


def test_a_server_that_answers_every_try_is_good() -> None:
    assert (found().state, found().text) == (CheckState.OK, "answers")


def test_a_single_failure_is_a_warning_and_two_are_a_failure() -> None:
    once, twice = found("answers HTTP 502"), found("answers HTTP 502", "answers HTTP 502")

    assert (once.state, once.text) == (CheckState.WARNING, "answers, but 1 of 32 tries failed: ci answers HTTP 502")
    assert (twice.state, twice.verdict) == (CheckState.FAILED, Word.UNAVAILABLE)
    assert twice.text == "answers, but it flaps: 2 of 32 tries failed: ci answers HTTP 502"


def test_the_commonest_ways_to_fail_come_first_and_the_rest_is_counted() -> None:
    kinds = ["answers HTTP 502", "hung up", "broke off in mid answer", "answers HTTP 401", "did not answer in time"]

    check = found(*kinds, "hung up")

    assert "6 of 32 tries failed: ci hung up (2x), answers HTTP 502 (1x)" in check.text
    assert check.text.endswith(f", and {len(kinds) - KINDS_NAMED} more")
    assert check.hint == SEVERAL


def test_a_few_ways_to_fail_are_advised_on_by_the_commonest() -> None:
    check = found("answers HTTP 429", "hung up", "answers HTTP 429")

    assert FEW == 2
    assert (check.hint or "").startswith("a proxy limits the rate")


def test_a_way_to_fail_that_is_not_known_has_the_general_advice() -> None:
    assert found("sings", "sings").hint == SEVERAL


def test_answers_that_take_their_time_are_counted_too() -> None:
    clock, together = FakeClock(), threading.Barrier(AT_ONCE)
    tries = Tries(clock)

    def answer() -> None:
        if together.wait(timeout=10) == 0:
            clock.seconds += 2.0
        together.wait(timeout=10)

    Weather().ask(tries, answer)

    check = Weather().found("woodpecker", "answers", tries)
    assert check.state is CheckState.FAILED
    assert check.text == "answers, but it is slow: 8 of 8 answers took longer than 1.5s"
    assert "look at the server's load" in (check.hint or "")


def test_an_answer_that_took_its_time_among_many_is_no_trouble() -> None:
    tries = Tries(FakeClock())
    tries.count, tries.slow = 32, 1

    assert Weather().found("woodpecker", "answers", tries).state is CheckState.OK


def test_the_weather_is_told_once_and_then_only_asked_for_an_answer() -> None:
    clock, kept = FakeClock(), Weather()
    flapping = Tries(clock)
    kept.ask(flapping, Server(clock, "hung up", "hung up").ask)
    kept.found("woodpecker", "answers", flapping)
    again, later = Server(clock, "hung up"), Tries(clock)

    kept.ask(later, again.ask)
    kept.probe(later, again.ask)

    assert again.asked == 2
    assert kept.found("pipelines", "none yet", later).state is CheckState.OK


def test_a_sample_asks_often_and_side_by_side() -> None:
    clock, together = FakeClock(), threading.Barrier(AT_ONCE)
    asked = []

    def ask() -> None:
        asked.append(together.wait(timeout=10))

    Tries(clock).sample(ask, times=AT_ONCE)

    assert len(asked) == AT_ONCE


def test_a_sample_that_only_fails_raises_and_one_that_breaks_is_a_bug() -> None:
    clock = FakeClock()
    server = Server(clock, *["hung up"] * SAMPLES)

    with pytest.raises(TransientError, match="hung up"):
        Tries(clock).sample(server.ask)
    with pytest.raises(ZeroDivisionError):
        Tries(clock).sample(lambda: 1 // 0)
    assert server.asked == SAMPLES


def test_no_further_try_of_a_sample_begins_when_its_time_is_over() -> None:
    clock = FakeClock()
    server = Server(clock, seconds=1.0)

    Tries(clock).sample(server.ask)

    assert server.asked <= AT_ONCE


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_a_slow_server_is_asked_on_when_one_try_failed_and_only_then(failures: int) -> None:
    clock = FakeClock()
    asked: list[bool] = []

    def ask() -> None:
        asked.append(True)
        if len(asked) <= failures or len(asked) == SAMPLES:
            raise TransientError("ci hung up")
        clock.seconds = SAMPLE_SECONDS

    tries = Tries(clock)
    tries.sample(ask)

    assert len(tries.failures) == (0 if failures == 0 else 2)
    assert len(asked) == SAMPLES if failures == 1 else len(asked) <= AT_ONCE + failures


def test_a_question_is_asked_again_until_it_is_answered() -> None:
    clock = FakeClock()
    server = Server(clock, "hung up", DeniedError("HTTP 401"))

    assert Tries(clock).ask(server.ask) == 42
    assert server.asked == 3


@pytest.mark.parametrize(
    ("error", "seconds", "asked"),
    [
        (TransientError("hung up"), 0.0, TRIES_MOST),
        (TransientError("did not answer in time"), 4.0, 2),
        (UntrustedError("the certificate expired"), 0.0, 1),
    ],
)
def test_a_question_is_given_up_after_some_tries_or_some_time_or_when_asking_is_no_use(
    error: HomelabError, seconds: float, asked: int
) -> None:
    clock = FakeClock()
    server = Server(clock, *[error] * 20, seconds=seconds)

    with pytest.raises(type(error)):
        Tries(clock).ask(server.ask)
    assert server.asked == asked
