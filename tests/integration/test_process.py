"""Commands, with real processes."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from homelab_tasks.clients.process import Running, run
from homelab_tasks.errors import UsageError

STUBBORN = """
import signal, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_lines_and_exit_code_are_told_when_a_command_ends() -> None:
    finished = run([sys.executable, "-c", "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"])

    assert finished.exit_code == 3
    assert sorted(finished.lines) == ["err", "out"]
    assert not finished.timed_out


def test_a_group_is_ended_at_once_when_only_commands_that_ignore_interrupts_are_left() -> None:
    begun = time.monotonic()

    assert run("sleep 60 & sleep 60", timeout=0.5).timed_out
    assert time.monotonic() - begun < 2


def test_a_string_is_a_shell_command() -> None:
    assert run("echo one; echo two && exit 4").lines == ("one", "two")


def test_lines_come_while_the_command_runs() -> None:
    with Running("echo first; sleep 30", timeout=60) as running:
        started = time.monotonic()
        line = next(running.lines())

    assert line == "first"
    assert time.monotonic() - started < 5


def test_the_whole_group_is_ended_when_time_is_up() -> None:
    with Running("sleep 61 & echo $!; sleep 62", timeout=0.5, farewell_seconds=0.3) as running:
        (child,) = running.lines()

    assert running.timed_out
    assert running.exit_code != 0
    assert not is_alive(int(child))


def test_a_command_that_ignores_signals_is_killed() -> None:
    with Running([sys.executable, "-c", STUBBORN], farewell_seconds=0.2) as running:
        assert next(running.lines()) == "up"

    assert running.exit_code == -signal.SIGKILL


def test_the_group_is_ended_when_the_block_is_left_by_an_error() -> None:
    running = Running("echo $$; sleep 60")
    pid = int(next(running.lines()))

    running.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)

    assert not is_alive(pid)


def test_a_grandchild_that_holds_the_pipe_is_not_waited_for_and_is_ended() -> None:
    started = time.monotonic()

    finished = run("sleep 63 & echo $!")

    assert finished.exit_code == 0
    assert time.monotonic() - started < 8
    assert not is_alive(int(finished.lines[0]))


def test_a_child_left_in_the_background_goes_on_when_it_is_kept() -> None:
    with Running("sleep 64 >/dev/null 2>&1 & echo $!", keep_children=True) as running:
        (child,) = running.lines()

    assert is_alive(int(child))
    os.kill(int(child), signal.SIGKILL)


def test_a_command_has_no_terminal_and_no_input() -> None:
    finished = run("cat; (: </dev/tty) 2>/dev/null && echo terminal; true", timeout=10)

    assert finished.lines == ()
    assert not finished.timed_out


def test_a_program_that_is_not_there_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="cannot run 'no-such-program': No such file"):
        run(["no-such-program", "secret-argument"])


def test_nothing_is_left_running_when_an_interrupt_comes_as_a_command_is_started(tmp_path: Path) -> None:
    def go_on(delay: float) -> None:
        threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT)).start()
        run(f"echo $$ >> {tmp_path}/started; exec sleep 60")

    for tenths_of_milliseconds in range(60):
        with pytest.raises(KeyboardInterrupt):
            go_on(tenths_of_milliseconds / 10_000)

    left = [pid for pid in (tmp_path / "started").read_text().split() if is_alive(int(pid))]
    assert left == []
