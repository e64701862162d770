"""How a run of a task ends, whatever happens in it."""

import io
import json
import logging
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from invoke.context import Context
from invoke.exceptions import Exit

from homelab_tasks.errors import UsageError
from homelab_tasks.model.events import Event, Note, NoteKind, Verdict
from homelab_tasks.model.verdict import Word
from homelab_tasks.tasks.assembly import Assembly
from homelab_tasks.tasks.running import run_task

CANARY = "canary-token-5e1f"


def ends(body: Callable[[Assembly], Iterator[Event]], *, json: bool = False) -> int:
    """Run *body* as a task; the exit code that it ends with."""
    try:
        run_task(Context(), "ci.watch", body, {"json": json})
    except Exit as end:
        return end.code
    except KeyboardInterrupt:  # it would end pytest, too
        pytest.fail("a signal got past the task")
    return 0


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def note() -> Event:
    return Note(kind=NoteKind.WARNING, text="on the way")


def with_a_bug(error: BaseException) -> Callable[[Assembly], Iterator[Event]]:
    def body(assembly: Assembly) -> Iterator[Event]:
        yield note()
        raise error

    return body


def without_a_verdict(assembly: Assembly) -> Iterator[Event]:
    yield note()


@pytest.mark.parametrize(
    "body", [*(with_a_bug(error) for error in (KeyError("x"), OSError(5, "x"), AssertionError())), without_a_verdict]
)
def test_a_bug_of_ours_ends_with_70_and_never_with_1(
    body: Callable[[Assembly], Iterator[Event]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends(body, json=True) == 70
    assert [event["event"] for event in said(capsys)] == ["note", "verdict"]


def test_a_bug_before_the_first_event_ends_with_70_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    def body(assembly: Assembly) -> Iterator[Event]:
        raise ZeroDivisionError

    assert ends(body, json=True) == 70
    assert said(capsys)[-1]["verdict"] == "internal"


@pytest.mark.parametrize(("word", "code"), [(Word.PASSED, 0), (Word.STUCK, 9)])
def test_a_view_that_breaks_makes_no_other_verdict(word: Word, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    def body(assembly: Assembly) -> Iterator[Event]:
        assembly.secrets.add(CANARY)
        unshowable: Any = (None,)
        yield Verdict(verdict=word, reason=f"it is so {CANARY}", pipelines=unshowable)

    assert ends(body) == code
    assert f"{word}: it is so ********" in capsys.readouterr().err


def test_there_is_one_verdict_and_it_is_the_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    def body(assembly: Assembly) -> Iterator[Event]:
        yield note()
        yield Verdict(verdict=Word.FAILED, reason="red")
        yield note()

    assert ends(body, json=True) == 1
    events = said(capsys)
    assert [event["event"] for event in events] == ["note", "verdict"]
    assert events[-1]["exit_code"] == 1


def test_what_waits_for_the_verdict_is_done_once_it_was_told(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []

    def body(assembly: Assembly) -> Iterator[Event]:
        yield Verdict(verdict=Word.LANDED, reason="it is on main")
        told.extend(event["verdict"] for event in said(capsys))

    assert ends(body, json=True) == 0
    assert told == ["landed"]


@pytest.mark.parametrize("error", [UsageError("no"), KeyboardInterrupt(), KeyError("x")])
def test_what_waits_for_the_verdict_is_never_done_when_the_task_did_not_reach_one(error: BaseException) -> None:
    reached = []

    def body(assembly: Assembly) -> Iterator[Event]:
        yield from with_a_bug(error)(assembly)
        yield Verdict(verdict=Word.LANDED, reason="it is on main")
        reached.append(True)

    assert ends(body) != 0
    assert not reached


def test_verdict_stays_when_what_waited_for_it_goes_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    def body(assembly: Assembly) -> Iterator[Event]:
        yield Verdict(verdict=Word.LANDED, reason="it is on main")
        raise OSError(30, "read-only file system")

    assert ends(body, json=True) == 0
    assert [event["event"] for event in said(capsys)] == ["verdict"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_that_comes_after_the_verdict_changes_nothing(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    def body(assembly: Assembly) -> Iterator[Event]:
        yield Verdict(verdict=Word.FAILED, reason="red")
        signal.raise_signal(number)

    assert ends(body, json=True) == 1
    assert [event["event"] for event in said(capsys)] == ["verdict"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_that_comes_before_the_verdict_ends_the_task_with_130(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    cleaned = []

    def body(assembly: Assembly) -> Iterator[Event]:
        try:
            yield note()
            signal.raise_signal(number)
            yield Verdict(verdict=Word.PASSED, reason="green")
        finally:
            cleaned.append(True)

    assert ends(body, json=True) == 130
    (verdict,) = (event for event in said(capsys) if event["event"] == "verdict")
    assert verdict["verdict"] == "interrupted"
    assert verdict["reason"] == f"stopped by {'Ctrl-C' if number is signal.SIGINT else number.name}"
    assert cleaned


def test_hang_up_that_is_ignored_stays_ignored(capsys: pytest.CaptureFixture[str]) -> None:
    def body(assembly: Assembly) -> Iterator[Event]:
        yield note()
        signal.raise_signal(signal.SIGHUP)
        yield Verdict(verdict=Word.PASSED, reason="green")

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        assert ends(body, json=True) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_error_is_its_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(with_a_bug(UsageError("no such flag", hint="try another")), json=True) == 2
    assert said(capsys)[-1] | {"reason": "no such flag", "hint": "try another", "verdict": "usage"}


@pytest.mark.parametrize("word", Word)
def test_the_exit_code_is_the_words(word: Word, capsys: pytest.CaptureFixture[str]) -> None:
    def body(assembly: Assembly) -> Iterator[Event]:
        yield Verdict(verdict=word, reason="so it is")

    assert ends(body) == word.exit_code


def test_no_library_logs_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)

    def body(assembly: Assembly) -> Iterator[Event]:
        assembly.secrets.add(CANARY)
        logging.getLogger("urllib3").warning("GET /?access_token=%s", CANARY)
        yield Verdict(verdict=Word.OK, reason="done")

    try:
        ends(body)
    finally:
        logging.getLogger().removeHandler(handler)

    assert stream.getvalue() == "GET /?access_token=********\n"
