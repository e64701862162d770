import io

import pytest

from homelab_tasks.model.events import Verdict
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.model.verdict import Word
from homelab_tasks.report.open_view import open_view
from tests.unit.report.reporting import FakeClock


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def noticed(stderr: io.StringIO, environment: dict[str, str], *, json: bool = False) -> list[tuple[str, str]]:
    given: list[tuple[str, str]] = []
    secrets = Secrets()
    secrets.add("hunter2hunter2")
    view = open_view(
        json=json,
        stdout=io.StringIO(),
        stderr=stderr,
        environment=environment,
        clock=FakeClock(),
        secrets=secrets,
        notice=lambda title, text: given.append((title, text)),
    )
    view.show(Verdict(verdict=Word.PASSED, reason="#128 passed; hunter2hunter2", task="ci.watch"))
    view.close()
    return given


@pytest.mark.parametrize("json", [True, False])
def test_a_notice_is_given_once_and_scrubbed_when_it_was_asked_for(json: bool) -> None:
    assert noticed(io.StringIO(), {}, json=json) == [("ci.watch: passed", "passed: #128 passed; ********")]


def test_the_bell_rings_when_a_person_is_at_the_terminal() -> None:
    stderr = Terminal()

    noticed(stderr, {"TERM": "xterm"})

    assert stderr.getvalue().endswith("\a")
    assert "]777;" not in stderr.getvalue()


def test_the_terminal_shows_the_notice_when_it_is_known_to_do_so() -> None:
    stderr = Terminal()

    noticed(stderr, {"TERM": "xterm", "TERM_PROGRAM": "ghostty"})

    assert stderr.getvalue().endswith("\x1b]777;notify;ci.watch: passed;passed: #128 passed, ********\x1b\\\a")


def test_a_pipe_gets_no_bell() -> None:
    stderr = io.StringIO()

    noticed(stderr, {"TERM": "xterm"})

    assert "\a" not in stderr.getvalue()
