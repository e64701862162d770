"""The views on a real terminal and on real pipes."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from homelab_tasks.report.cells import width_of
from homelab_tasks.report.styled import Span
from tests.unit.report.reporting import URL
from tests.unit.report.screen import Screen

SOURCE = Path(__file__).parents[2]
STORY = (sys.executable, "-m", "tests.integration.told_story")
EVENTS = 12
PATIENCE_SECONDS = 20
NARROW = 40  # from there on an attempt has its place


class Person:
    """Sits at a terminal on which a story is told, and lets it go on event by event."""

    def __init__(self, process: subprocess.Popen[str], terminal: int, screen: Screen) -> None:
        self.process = process
        self.terminal = terminal
        self.screen = screen
        self.seen = ""

    def goes_on(self, events: int = 1) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n" * events)
        self.process.stdin.flush()

    def sees(self, text: str) -> None:
        self.sees_that(lambda rows: any(text in row for row in rows))

    def sees_that(self, is_so: Callable[[list[str]], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so(self.screen.text()):
            assert time.monotonic() < deadline, self.screen.text()
            self.looks()

    def looks(self, seconds: float = 0.1) -> None:
        if select.select([self.terminal], [], [], seconds)[0]:
            try:
                read = os.read(self.terminal, 65536).decode()
            except OSError:  # Linux: the other end is closed
                return
            self.seen += read
            self.screen.write(read)

    def resizes(self, columns: int, lines: int) -> None:
        self.screen.resize(columns, lines)
        set_size(self.terminal, columns, lines)

    def ends(self) -> int:
        while self.process.poll() is None:
            self.looks()
        for _ in range(3):
            self.looks(0.05)
        return self.process.returncode


def set_size(terminal: int, columns: int, lines: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


@contextmanager
def person_at(columns: int, lines: int, story: str = "red", **environment: str) -> Iterator[Person]:
    ours, theirs = pty.openpty()
    set_size(theirs, columns, lines)
    process = subprocess.Popen(
        [*STORY, story],
        cwd=SOURCE,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        text=True,
        process_group=0,  # the signal of Ctrl-Z stops no process that nobody could wake up again
    )
    os.close(theirs)
    try:
        yield Person(process, ours, Screen(columns, lines))
    finally:
        process.kill()
        process.communicate()
        os.close(ours)


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (40, 20), (200, 50), (20, 24)])
def test_a_red_story_ends_in_the_scrollback_and_no_line_is_torn(columns: int, lines: int) -> None:
    with person_at(columns, lines) as person:
        for _ in range(EVENTS):
            person.goes_on()
            person.looks(0.1)
            assert all(width_of((Span(row),)) <= columns for row in person.screen.text())

        assert person.ends() == 1
        told = "".join("".join(person.screen.text()).split())
        assert told.count("failed:docs>linksexitedwith1") == 1
        assert told.count("failure1m5") == 1
        assert person.screen.modes == {"?7": True, "?25": True, "?2026": False}


SIZES = [(80, 24), (40, 20), (200, 50), (20, 24)]


@pytest.mark.parametrize(("columns", "lines"), SIZES)
def test_a_rollout_is_told_whole_and_once_at_every_size(columns: int, lines: int) -> None:
    with person_at(columns, lines, "rollout") as person:
        for said in ("waitingfor3f9c2e1", "3oldstillrunning", "2oldstillrunning", "restarted3times"):
            person.goes_on(2 if said == "waitingfor3f9c2e1" else 1)
            person.sees_that(lambda rows, said=said: "".join("".join(rows).split()).count(said) == 1)  # type: ignore[misc]
            assert all(width_of((Span(row),)) <= columns for row in person.screen.text())
        person.goes_on(2)

        assert person.ends() == 1
        told = "".join("".join(person.screen.text()).split())
        assert told.count("CrashLoopBackOff") == 2  # in the headline and in the last line
        assert told.count("KeyError:'DATABASE_URL'") == 1
        assert "oldstillrunning" not in told
        assert person.screen.modes == {"?7": True, "?25": True, "?2026": False}


@pytest.mark.parametrize(("columns", "lines"), SIZES)
def test_a_landing_keeps_its_phases_and_no_output_of_verify_at_every_size(columns: int, lines: int) -> None:
    with person_at(columns, lines, "landing") as person:
        person.goes_on(3)
        person.sees("● verify")
        person.goes_on(4)
        person.sees("● verify      (" if columns < NARROW else "● verify      (attempt 2)  tests/unit")
        assert all(width_of((Span(row),)) <= columns for row in person.screen.text())
        person.goes_on(3)

        assert person.ends() == 0
        told = "".join("".join(person.screen.text()).split())
        phases = ("✓sync", "✓verify", "↻push", "✓sync(attempt2)", "✓verify", "✓push", "✓landed", "landed:")
        places = [told.index(phases[0])]
        for phase in phases[1:]:
            places.append(told.index(phase, places[-1] + 1))
        assert told.count("[10%]") == 0
        assert told.count("c19e0f4isonmain") == 2  # as the stage, and as the end of all


def test_no_line_is_torn_when_the_terminal_is_resized_during_a_rollout() -> None:
    with person_at(120, 30, "rollout") as person:
        person.goes_on(5)
        person.sees("CrashLoopBackOff")

        for columns, lines in ((40, 20), (100, 24), (60, 30)):
            person.resizes(columns, lines)
            person.looks(1)  # the frame that is drawn for the new size
            person.sees_that(lambda rows: "".join("".join(rows).split()).count("restarted3times") == 1)
        person.goes_on(2)

        assert person.ends() == 1
        assert "".join("".join(person.screen.text()).split()).count("web/deployment/webfailed14s") <= 1


def test_no_line_is_torn_when_the_terminal_is_resized() -> None:
    with person_at(120, 30) as person:
        person.goes_on(6)
        person.sees("docs")

        for columns, lines in ((40, 20), (100, 24), (60, 30)):
            person.resizes(columns, lines)
            person.sees_that(lambda rows: all("".join(rows).count(name) == 1 for name in ("#128", "lint", "docs")))
            person.looks(1)  # the frame that is drawn for the new size
        person.goes_on(EVENTS)

        assert person.ends() == 1
        assert "".join(person.screen.text()).count("lint") == 1


def test_the_clock_runs_when_nothing_happens() -> None:
    with person_at(80, 24) as person:
        person.goes_on(3)

        person.sees("running  ")
        before = person.screen.text()
        person.sees_that(lambda rows: "running  " in rows[-1] and rows != before)


def test_the_terminal_is_left_as_it_was_when_the_process_is_killed() -> None:
    with person_at(80, 24) as person:
        person.goes_on(5)
        person.sees("docs")

        person.process.send_signal(signal.SIGKILL)

        assert person.ends() == -signal.SIGKILL
        assert person.screen.modes == {"?7": True, "?25": True, "?2026": False}


def test_the_frame_goes_on_below_what_a_shell_wrote_when_the_process_was_stopped() -> None:
    with person_at(80, 24) as person:
        person.goes_on(5)
        person.sees("docs")
        person.process.send_signal(signal.SIGTSTP)
        os.waitid(os.P_PID, person.process.pid, os.WSTOPPED)
        person.looks()
        person.screen.write("[1]+  Stopped\n$ fg\n")

        person.process.send_signal(signal.SIGCONT)

        person.sees_that(lambda rows: sum("#128" in row for row in rows) == 2)
        assert "$ fg" in person.screen.text()
        person.goes_on(EVENTS)
        assert person.ends() == 1
        assert "$ fg" in person.screen.text()


def test_frames_are_few_when_six_hundred_steps_change_at_once() -> None:
    with person_at(80, 24, "large") as person:
        started = time.monotonic()
        person.goes_on(2000)

        assert person.ends() == 0
        frames = person.seen.count("\x1b[?2026h")
        assert frames <= 4 * (time.monotonic() - started) + 3  # the first one, and the two of the end


def test_there_are_lines_and_no_escapes_when_the_terminal_is_dumb() -> None:
    with person_at(80, 24, TERM="dumb") as person:
        person.goes_on(EVENTS)

        assert person.ends() == 1
        assert "\x1b" not in person.seen
        assert "#128 docs > links failure (exit 1) 6s" in person.seen


def run(command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["bash", "-c", command],
        cwd=SOURCE,
        env=os.environ | {"STORY": " ".join(STORY)} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


@pytest.mark.parametrize("form", ["", "json"])
@pytest.mark.parametrize("away", ["| true", "2> >(true)", "> >(true) 2> >(true)", ">&-", "2>&-", "> /dev/full"])
def test_the_exit_code_is_the_verdicts_and_nothing_is_complained_of_when_a_reader_goes_away(
    form: str, away: str
) -> None:
    ended = run(f"(sleep 0.3; yes '' | head -40) | $STORY stuck {form} {away}; exit ${{PIPESTATUS[1]}}")

    assert ended.returncode == 9
    assert b"Traceback" not in ended.stderr
    assert b"Exception" not in ended.stderr


def test_no_line_is_lost_when_the_pipe_does_not_block_and_its_reader_is_slow() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    process = subprocess.Popen(
        [*STORY, "large", "json"],
        cwd=SOURCE,
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    time.sleep(1)  # the pipe holds 64 kB, the story more

    with os.fdopen(reading) as stream:
        events = [json.loads(line)["event"] for line in stream]

    assert process.wait() == 0
    assert len(events) == 1 + 20 * 61 + 2


@pytest.mark.parametrize(
    "environment", [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "ascii"}]
)
def test_everything_is_ascii_when_the_locale_has_nothing_else(environment: dict[str, str]) -> None:
    ended = run("$STORY red", **environment)

    assert ended.returncode == 1
    assert ended.stderr.isascii()
    assert b"x failed #128" in ended.stderr


def test_stdout_and_stderr_hold_what_the_contract_says_when_both_are_pipes() -> None:
    lines, objects = run("$STORY red"), run("$STORY red json")

    assert lines.stdout.decode() == f"failed 128 3f9c2e1 {URL}\n"
    assert [json.loads(line)["event"] for line in objects.stdout.splitlines()].count("verdict") == 1
    assert objects.stderr.splitlines() == lines.stderr.splitlines()[-1:]
