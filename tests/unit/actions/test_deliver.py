"""Which stage decides, and what is said when the change is on the trunk all the same."""

from collections.abc import Callable, Iterator

import pytest

from homelab_tasks.actions.deliver import Journey, deliver
from homelab_tasks.errors import DeniedError, UnavailableError
from homelab_tasks.model.events import Event, Note, NoteKind, PipelineSummary, Stage, Verdict
from homelab_tasks.model.verdict import Word

COMMIT = "c19e0f4" + "0" * 33
LANDED = Verdict(verdict=Word.LANDED, reason="c19e0f4 is on main", commit=COMMIT)
PIPELINE = PipelineSummary(number=131, status="success", url="https://ci.example.org/131")


def told(verdict: Verdict) -> Callable[..., Iterator[Event]]:
    def events(*_: object) -> Iterator[Event]:
        yield Note(kind=NoteKind.WARNING, text="on the way")
        yield verdict

    return events


def raised(error: BaseException) -> Callable[..., Iterator[Event]]:
    def events(*_: object) -> Iterator[Event]:
        yield Note(kind=NoteKind.WARNING, text="on the way")
        raise error

    return events


def ended(
    land: Callable[..., Iterator[Event]],
    watch: Callable[..., Iterator[Event]] | None = None,
    wait: Callable[..., Iterator[Event]] | None = None,
) -> tuple[Verdict, list[Stage]]:
    events = list(deliver(Journey(land=land, watch=watch, wait=wait)))
    last = events[-1]
    assert isinstance(last, Verdict)
    return last, [event for event in events if isinstance(event, Stage)]


def test_nothing_follows_when_the_landing_is_not_good() -> None:
    conflict = Verdict(verdict=Word.CONFLICT, reason="a.txt does not merge")

    verdict, stages = ended(told(conflict), raised(AssertionError()))

    assert (verdict.verdict, verdict.stage) == (Word.CONFLICT, "land")
    assert [(stage.stage, stage.verdict) for stage in stages] == [("land", Word.CONFLICT)]


def test_error_is_the_verdict_of_its_stage_when_landing_raises_it() -> None:
    verdict, _ = ended(raised(UnavailableError("the remote is away", hint="later")))

    assert (verdict.verdict, verdict.stage, verdict.hint) == (Word.UNAVAILABLE, "land", "later")


def test_landed_and_passed_is_said_when_every_stage_is_good() -> None:
    passed = Verdict(verdict=Word.PASSED, reason="#131 passed", pipelines=(PIPELINE,), url=PIPELINE.url)
    rolled_out = Verdict(verdict=Word.ROLLED_OUT, reason="web runs it")

    verdict, stages = ended(told(LANDED), told(passed), told(rolled_out))

    assert verdict.verdict is Word.LANDED
    assert verdict.reason == "c19e0f4 is on main, its CI passed, it is rolled out"
    assert (verdict.commit, verdict.pipelines, verdict.url) == (COMMIT, (PIPELINE,), PIPELINE.url)
    assert [stage.stage for stage in stages] == ["land", "ci", "deploy"]


def test_landed_but_red_is_said_when_ci_fails() -> None:
    red = Verdict(verdict=Word.FAILED, reason="test > unit exited with 1", hint="Log: inv ci.logs", commit="x")

    verdict, _ = ended(told(LANDED), told(red), raised(AssertionError()))

    assert (verdict.exit_code, verdict.stage, verdict.commit) == (1, "ci", COMMIT)
    assert verdict.reason == "landed, but CI is red: c19e0f4 is on main; test > unit exited with 1"
    assert verdict.hint is not None
    assert "git revert -m 1 c19e0f400000" in verdict.hint


@pytest.mark.parametrize(
    ("error", "word"), [(DeniedError("no token"), Word.DENIED), (UnavailableError("away"), Word.UNAVAILABLE)]
)
def test_change_counts_as_landed_when_ci_cannot_be_asked(error: Exception, word: Word) -> None:
    verdict, _ = ended(told(LANDED), raised(error))

    assert (verdict.verdict, verdict.stage, verdict.commit) == (word, "ci", COMMIT)
    assert "landed, but CI ended with" in verdict.reason
