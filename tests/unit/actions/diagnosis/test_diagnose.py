"""Findings come in one order, one cause is one fault, and the worst word decides."""

import threading
from collections.abc import Iterator

import pytest

from homelab_tasks.actions.diagnosis.diagnose import Examination, diagnose, failed, good, skipped, warning
from homelab_tasks.errors import DeniedError, HomelabError, MissingError, TransientError, UsageError
from homelab_tasks.model.events import Check, CheckState, Verdict
from homelab_tasks.model.verdict import Word
from tests.fakes.clock import FakeClock


def examination(name: str, *findings: Check | HomelabError | Exception, builds_on: tuple[str, ...] = ()) -> Examination:
    def look() -> Iterator[Check]:
        for finding in findings:
            if isinstance(finding, Exception):
                raise finding
            yield finding

    return Examination(name=name, look=look, builds_on=builds_on)


def told(*examinations: Examination, seconds: float = 5) -> tuple[list[Check], Verdict]:
    *checks, verdict = diagnose(list(examinations), FakeClock(), seconds=seconds, task="doctor")
    assert isinstance(verdict, Verdict)
    return [check for check in checks if isinstance(check, Check)], verdict


def test_findings_are_told_in_the_order_of_the_list_whoever_is_quicker() -> None:
    second_is_done = threading.Event()

    def slow() -> Iterator[Check]:
        assert second_is_done.wait(5)
        yield good("a", "there")

    def quick() -> Iterator[Check]:
        yield good("b", "there")
        second_is_done.set()

    checks, _ = told(Examination(name="a", look=slow), Examination(name="b", look=quick))

    assert [check.name for check in checks] == ["a", "b"]


def test_all_good_is_ok_and_counts_what_was_examined() -> None:
    _, verdict = told(examination("a", good("a", "x"), good("b", "x")), examination("c", skipped("c", "not set")))

    assert (verdict.verdict, verdict.reason) == (Word.OK, "2 checks are good")


def test_a_warning_is_named_and_still_ok() -> None:
    _, verdict = told(examination("a", good("a", "x"), warning("b", "soon")))

    assert (verdict.verdict, verdict.reason) == (Word.OK, "2 checks are good, 1 of them with a warning (b)")


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (DeniedError("no"), Word.DENIED),
        (TransientError("away"), Word.UNAVAILABLE),
        (UsageError("odd"), Word.USAGE),
        (MissingError("gone"), Word.FAILED),
        (RuntimeError("a bug"), Word.FAILED),
    ],
)
def test_an_error_ends_its_examination_and_no_other(error: Exception, word: Word) -> None:
    checks, verdict = told(examination("a", error), examination("b", good("b", "there")))

    assert [(check.name, check.state) for check in checks] == [("a", CheckState.FAILED), ("b", CheckState.OK)]
    assert (checks[0].verdict, verdict.verdict) == (word, word)


def test_the_worst_word_decides_and_the_others_are_named() -> None:
    words = [Word.FAILED, Word.USAGE, Word.UNAVAILABLE, Word.DENIED]
    findings = [examination(word, failed(word, f"is {word}", hint=f"mend {word}", word=word)) for word in words]

    _, verdict = told(*findings)

    assert verdict.verdict is Word.DENIED
    assert verdict.reason == "denied: is denied; and failed, usage, unavailable"
    assert verdict.hint == "mend denied"


def test_what_cannot_be_reached_for_a_known_cause_is_no_news() -> None:
    way = examination("way", failed("way", "refused", word=Word.UNAVAILABLE))
    server = examination("server", failed("server", "refused", word=Word.UNAVAILABLE), builds_on=("way",))
    stream = examination("stream", warning("stream", "lost"), builds_on=("server",))

    checks, verdict = told(way, server, stream)

    assert [check.state for check in checks] == [CheckState.FAILED, CheckState.SKIPPED, CheckState.SKIPPED]
    assert checks[1].text == "not judged, see way"
    assert verdict.reason == "way: refused"


def test_another_fault_behind_a_known_one_is_still_told() -> None:
    way = examination("way", failed("way", "refused", word=Word.UNAVAILABLE))
    denied = examination("server", failed("server", "no", word=Word.DENIED), builds_on=("way",))

    checks, verdict = told(way, denied)

    assert checks[1].state is CheckState.FAILED
    assert verdict.verdict is Word.DENIED


def test_a_server_that_cannot_be_reached_is_news_while_one_way_to_it_is_good() -> None:
    ways = (
        examination("one", failed("one", "refused", word=Word.UNAVAILABLE)),
        examination("two", good("two", "answers")),
    )
    server = examination("server", failed("server", "HTTP 502", word=Word.UNAVAILABLE), builds_on=("one", "two"))

    checks, _ = told(*ways, server)

    assert checks[2].state is CheckState.FAILED


def test_what_does_not_answer_in_time_is_unavailable_and_hinders_nothing() -> None:
    never = threading.Event()

    def hang() -> Iterator[Check]:
        yield good("a", "there")
        never.wait()

    checks, verdict = told(Examination(name="a", look=hang), examination("b", good("b", "there")), seconds=0.05)
    never.set()

    assert [check.name for check in checks] == ["a", "a, the rest", "b"]
    assert checks[1].text == "no answer in time to what comes after a"
    assert verdict.verdict is Word.UNAVAILABLE


def test_what_need_not_answer_says_so_itself_when_it_does_not() -> None:
    never = threading.Event()

    def hang() -> Iterator[Check]:
        never.wait()
        yield good("dns", "there")

    silent = Examination(name="dns", look=hang, seconds=0.05, if_silent=warning("dns", "does not answer"))
    checks, verdict = told(silent, seconds=60)
    never.set()

    assert [(check.name, check.text) for check in checks] == [("dns", "does not answer")]
    assert verdict.verdict is Word.OK


def test_one_reason_is_told_once() -> None:
    unreadable = "cannot read '/nowhere/ca.pem': No such file or directory"

    checks, verdict = told(
        examination("a", UsageError(unreadable)),
        examination("b", UsageError(unreadable)),
        examination("c", good("c", "x")),
    )

    assert [check.state for check in checks] == [CheckState.FAILED, CheckState.SKIPPED, CheckState.OK]
    assert checks[1].text == "not examined, for the same reason as a"
    assert (verdict.verdict, verdict.reason) == (Word.USAGE, f"a: {unreadable}")
