import io
import subprocess
import sys

import pytest

from homelab_tasks.model.secrets import Secrets
from homelab_tasks.report.jsonl import JsonLines
from homelab_tasks.report.lines import Lines
from homelab_tasks.report.live import Ticker
from homelab_tasks.report.open_view import open_view, print_traceback
from homelab_tasks.report.view import View
from tests.unit.report.reporting import FakeClock
from tests.unit.report.screen import Screen


def opened(stderr: io.StringIO, environment: dict[str, str], *, json: bool = False, debug: bool = False) -> View:
    view = open_view(
        json=json,
        debug=debug,
        stdout=io.StringIO(),
        stderr=stderr,
        environment=environment,
        clock=FakeClock(),
        secrets=Secrets(),
    )
    view.close()
    return view


def test_a_person_at_a_terminal_gets_the_live_view() -> None:
    assert isinstance(opened(Screen(), {"TERM": "xterm"}), Ticker)


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {}])
def test_lines_are_printed_when_the_terminal_can_do_nothing_else(environment: dict[str, str]) -> None:
    assert isinstance(opened(Screen(), environment), Lines)


def test_lines_are_printed_when_a_debug_log_passes_by_at_the_terminal() -> None:
    assert isinstance(opened(Screen(), {"TERM": "xterm"}, debug=True), Lines)


def test_lines_are_printed_when_stderr_is_no_terminal() -> None:
    assert isinstance(opened(io.StringIO(), {"TERM": "xterm", "FORCE_COLOR": "1"}), Lines)


def test_a_program_gets_json_when_it_asks_for_it_at_a_terminal() -> None:
    assert isinstance(opened(Screen(), {"TERM": "xterm"}, json=True), JsonLines)


def test_a_pipe_does_not_pay_for_the_live_view() -> None:
    code = (
        "import sys, homelab_tasks.report.view; "
        "sys.exit(any(name.startswith(('rich', 'homelab_tasks.report.live')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_traceback_is_scrubbed_and_harmless_when_it_is_printed() -> None:
    stderr, secrets = io.StringIO(), Secrets()
    secrets.add("hunter2hunter2")

    print_traceback(ValueError("token hunter2hunter2\n\x1b[2J"), stderr=stderr, secrets=secrets)

    assert "hunter2" not in stderr.getvalue()
    assert stderr.getvalue().endswith("ValueError: token ********\n\\x1b[2J\n")
