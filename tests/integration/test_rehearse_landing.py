"""A dry run says what a landing would do, and does nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from homelab_tasks.actions.landing.rehearse_landing import rehearse_landing
from homelab_tasks.actions.landing.site import Order
from homelab_tasks.model.events import Verdict
from homelab_tasks.model.landing.landing import Record, Step
from homelab_tasks.model.verdict import Word
from tests.integration.git_repositories import clone, commit, git, make_remote, write
from tests.integration.landings import (
    land_elsewhere,
    landed,
    site_of,
    snapshot,
    start_topic,
    trunk_of,
    verdict_of,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return make_remote(tmp_path)


@pytest.fixture
def work(tmp_path: Path, remote: Path) -> Path:
    return clone(remote, tmp_path / "work")


def rehearsed(work: Path, verify: str = "true") -> Verdict:
    return verdict_of(list(rehearse_landing(Order(verify=verify), site_of(work))))


def journal_of(work: Path) -> Path:
    return work / ".git" / "land" / "journal.json"


def left_in_the_train(work: Path, remote: Path) -> None:
    """Leave a topic as a landing does that is killed in the train."""
    tip = start_topic(work)
    car = commit(work, "car.txt", "never landed\n")
    git(work, "push", "--quiet", "origin", f"{car}:refs/land/main/car/{car}", f"{car}:refs/land/main/tail")
    git(work, "reset", "--quiet", "--hard", tip)
    journal = site_of(work).journal
    with journal.exclusive():
        journal.write(Record(topic="topic", tip=tip, trunk="main", step=Step.STARTED, base=trunk_of(remote), car=car))


@pytest.mark.scenario(51)
def test_nothing_is_written_when_it_is_a_dry_run(work: Path, remote: Path, tmp_path: Path) -> None:
    start_topic(work)
    old, before = trunk_of(remote), snapshot(work)

    verdict = rehearsed(work, verify=f"touch {tmp_path}/verified")

    assert verdict.verdict is Word.OK
    assert "merges cleanly" in verdict.reason
    assert not (tmp_path / "verified").exists()
    assert (trunk_of(remote), snapshot(work)) == (old, before)
    assert not journal_of(work).exists()


@pytest.mark.scenario(51)
def test_dry_run_tells_what_a_landing_would_end_with_when_nothing_can_land(
    work: Path, remote: Path, tmp_path: Path
) -> None:
    start_topic(work, file="one.txt", text="ours\n")
    land_elsewhere(tmp_path, remote, "one.txt", "theirs\n")

    assert rehearsed(work).verdict is Word.CONFLICT
    git(work, "switch", "--quiet", "--create", "empty", "origin/main")
    assert rehearsed(work).verdict is Word.MISSING


@pytest.mark.scenario(51)
def test_nobody_is_asked_to_sign_when_it_is_a_dry_run(work: Path, tmp_path: Path) -> None:
    start_topic(work)
    signer = write(tmp_path, "signer", f"#!/bin/sh\ntouch {tmp_path}/asked\nexit 1\n")
    signer.chmod(0o755)
    git(work, "config", "commit.gpgSign", "true")
    git(work, "config", "gpg.program", str(signer))

    assert rehearsed(work).verdict is Word.OK
    assert not (tmp_path / "asked").exists()


@pytest.mark.scenario(51)
def test_interrupted_landing_is_left_to_be_resumed_when_a_dry_run_comes_between(work: Path, remote: Path) -> None:
    left_in_the_train(work, remote)
    written, refs = journal_of(work).read_bytes(), git(remote, "for-each-ref")

    assert rehearsed(work).verdict is Word.OK
    assert journal_of(work).read_bytes() == written
    assert git(remote, "for-each-ref") == refs


@pytest.mark.scenario(51)
def test_next_landing_still_says_that_the_interrupted_one_landed_when_a_dry_run_came_between(
    work: Path, tmp_path: Path
) -> None:
    start_topic(work)
    assert landed(work).verdict is Word.LANDED  # its end was told to nobody: the journal is there
    write(tmp_path, "tasks.py", "from homelab_tasks.tasks.namespace import namespace as ns\n")
    program = [sys.executable, "-m", "invoke", "work.land", "--no-ci-watch", "--no-verify"]
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}

    def land(*flags: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*program, *flags], cwd=work, env=variables, capture_output=True, text=True, check=False)

    dry, first, second = land("--dry-run"), land(), land()

    assert (dry.returncode, first.returncode, second.returncode) == (0, 0, 5), (dry.stderr, first.stderr)
    assert "is on main" in dry.stderr


@pytest.mark.scenario(41)
def test_place_in_the_train_is_given_back_when_the_next_run_lands_without_one(work: Path, remote: Path) -> None:
    left_in_the_train(work, remote)

    assert landed(work).verdict is Word.LANDED
    assert git(remote, "for-each-ref", "refs/land") == ""
