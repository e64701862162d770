"""Promises about changes that need a moment to be just right: see docs/guarantees.md."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from homelab_tasks.model.verdict import Word
from tests.integration.git_repositories import clone, commit, git, make_remote, write
from tests.integration.landings import events_of, hook, start_topic, texts, trunk_of, verdict_of

ROOT = Path(__file__).parents[2]
GIT = "/usr/bin/git"


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return make_remote(tmp_path)


@pytest.fixture
def work(tmp_path: Path, remote: Path) -> Path:
    write(tmp_path, "tasks.py", "from homelab_tasks import namespace as ns\n")
    return clone(remote, tmp_path / "work")


def inv(directory: Path, *words: str, git_does: str = "") -> subprocess.CompletedProcess[str]:
    """Run inv with a git that does something else around the commands of one kind, in the words of a shell."""
    wrapper = write(directory.parent, "bin/git", f'#!/bin/sh\n{git_does}\nexec {GIT} "$@"\n')
    wrapper.chmod(0o755)
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{wrapper.parent}:{os.environ['PATH']}"}
    command = [sys.executable, "-m", "invoke", *words]
    return subprocess.run(command, cwd=directory, env=variables, capture_output=True, text=True, check=False)


def test_nothing_is_called_landed_when_the_server_took_it_back(work: Path, remote: Path) -> None:
    tip = start_topic(work)
    script = """
    test -f taken && exit 0
    touch taken
    git update-ref refs/heads/main $(git commit-tree -p main^1 -m usurped main^1^{tree})
    """
    hook(remote, "post-receive", script)

    events = events_of(work)

    assert verdict_of(events).verdict is Word.LANDED
    assert "lost the race" in texts(events)
    assert git(remote, "log", "-1", "--format=%s", "main^1") == "usurped"
    assert git(remote, "rev-parse", "main^2") == tip


def test_a_landing_is_found_when_its_lander_was_killed_after_the_push(work: Path, remote: Path) -> None:
    tip = start_topic(work)
    land = ("work.land", "--no-ci-watch", "--verify", "true")
    killed = inv(work, *land, git_does=f'case "$*" in *"push --porcelain"*) {GIT} "$@"; kill -9 $PPID; exit;; esac')
    landed = trunk_of(remote)

    again = inv(work, *land)

    assert killed.returncode == -signal.SIGKILL
    assert git(remote, "rev-parse", "main^2") == tip
    assert again.returncode == 0, again.stderr
    assert trunk_of(remote) == landed


def test_a_topic_stays_when_it_has_not_landed(work: Path) -> None:
    assert inv(work, "work.start", "topic").returncode == 0
    tip = commit(work / ".worktrees" / "topic", "only-here.txt", "precious\n")

    cleaned = inv(work, "work.clean")

    assert cleaned.returncode == 0
    assert "1 commit is not on the trunk" in cleaned.stderr
    assert git(work, "rev-parse", "topic") == tip
    assert (work / ".worktrees" / "topic" / "only-here.txt").exists()


def test_a_file_that_is_written_while_topics_are_cleaned_is_kept(work: Path) -> None:
    assert inv(work, "work.start", "topic").returncode == 0
    place = work / ".worktrees" / "topic"
    commit(place, "a.txt", "a\n")
    assert inv(place, "work.land", "--no-verify", "--no-ci-watch").returncode == 0

    write_late = f'case "$*" in *"worktree remove"*) echo precious > {place}/late.txt;; esac'
    cleaned = inv(work, "work.clean", git_does=write_late)

    assert cleaned.returncode == 0
    assert (place / "late.txt").read_text() == "precious\n"
    assert "topic" in git(work, "branch", "--list", "topic")
