"""git as it is run: until its end, its deadline, or an interrupt, and nothing of it goes on after that."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from homelab_tasks.clients.git.command import KILLED, GitCommand
from tests.integration.git_repositories import make_remote, write

SLOW = "!f() { sleep 30 & echo $! > pid; echo so far; wait; }; f"  # a child that git itself does not know


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_remote(tmp_path)


@pytest.fixture
def interrupted_soon() -> Iterator[None]:
    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def ends(pid: int) -> bool:
    """Whether the process ends within a second: its pipes are closed a moment before it is gone."""
    until = time.monotonic() + 1
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def slow(repository: Path) -> GitCommand:
    return GitCommand(repository, configuration=(f"alias.slow={SLOW}",))


def child_of(repository: Path) -> int:
    return int((repository / "pid").read_text())


def test_output_is_whole_when_git_ends_in_time(repository: Path) -> None:
    done = GitCommand(repository).run("hash-object", "--stdin", given="text\n", timeout=20)

    assert done.worked
    assert done.output == "8e27be7d6154a1f68ea9160ef0e18691d20560dc\n"


def test_nothing_of_git_goes_on_when_its_time_is_up(repository: Path) -> None:
    begun = time.monotonic()

    done = slow(repository).run("slow", timeout=0.5)

    assert done.code == KILLED
    assert done.errors == "fatal: nothing came of it within 0.5 seconds"
    assert time.monotonic() - begun < 5
    assert ends(child_of(repository))


@pytest.mark.usefixtures("interrupted_soon")
def test_nothing_of_git_goes_on_when_it_is_interrupted(repository: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        slow(repository).run("slow", timeout=20)

    assert ends(child_of(repository))
    assert [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)] == []


def test_git_that_does_not_listen_is_killed_when_its_time_is_up(repository: Path) -> None:
    script = write(repository, "deaf", "#!/bin/sh\ntrap '' TERM INT\necho $$ > pid\nsleep 30 & wait; sleep 30\n")
    script.chmod(0o755)
    begun = time.monotonic()

    done = GitCommand(repository, configuration=(f"alias.deaf=!{script}",)).run("deaf", timeout=0.5)

    assert done.code == KILLED
    assert time.monotonic() - begun < 8
    assert ends(child_of(repository))
