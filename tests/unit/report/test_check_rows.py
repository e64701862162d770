"""What doctor found, as a person at a terminal reads it."""

import io

import pytest

from homelab_tasks.model.events import Check, CheckState, Verdict
from homelab_tasks.model.verdict import Word
from homelab_tasks.report.check_rows import check_rows
from homelab_tasks.report.marks import UNICODE
from homelab_tasks.report.styled import plain
from tests.unit.report.reporting import Shown

CRASH = Check(
    name="target web/web",
    state=CheckState.FAILED,
    text="container web of web-6f7d9-x2x: CrashLoopBackOff",
    hint="its last words say why it crashed: kubectl -n web logs web-6f7d9-x2x -c web --previous",
    verdict=Word.FAILED,
)


def test_a_finding_is_broken_between_words_and_the_command_that_helps_stays_whole() -> None:
    assert [plain(row) for row in check_rows(CRASH, UNICODE, 39)] == [
        "✗ target web/web: failed: container web",
        "  of web-6f7d9-x2x: CrashLoopBackOff",
        "  Its last words say why it crashed:",
        "    kubectl -n web logs web-6f7d9-x2x -c web --previous",
    ]


def test_advice_without_a_command_is_broken_like_the_rest() -> None:
    stream = Check(name="event stream", state=CheckState.WARNING, text="is lost", hint="the proxy must not buffer it")

    assert [plain(row) for row in check_rows(stream, UNICODE, 24)] == [
        "↻ event stream: warning:",
        "  is lost",
        "  The proxy must not",
        "  buffer it",
    ]


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("colour", [True, False])
def test_only_a_terminal_gets_rows_and_colour_only_where_it_is_wanted(colour: bool) -> None:
    environment = {"TERM": "xterm"} if colour else {"TERM": "xterm", "NO_COLOR": "1"}
    events = [CRASH, Verdict(verdict=Word.FAILED, reason="r")]

    at_terminal = Shown(stdout=Terminal(), stderr=Terminal(), environment=environment).show(events)
    in_pipe = Shown(environment=environment).show(events)

    assert len(at_terminal.result.splitlines()) == 3
    assert ("\x1b[31m✗" in at_terminal.result) is colour
    assert len(in_pipe.result.splitlines()) == 1
    assert "\x1b" not in in_pipe.result
