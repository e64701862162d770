"""Pull requests on the forge of the embedded homelab: opened once, found again, updated, and never called landed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from homelab_tasks.sandbox.git import git
from homelab_tasks.sandbox.homelab import Homelab

ROOT = Path(__file__).parents[2]


def land(homelab: Homelab, *arguments: str, verify: str = "true") -> tuple[int, dict[str, object], str]:
    program = [sys.executable, "-m", "invoke", "work.land", "--verify", verify, "--json", *arguments]
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(program, cwd=homelab.app, env=variables, capture_output=True, text=True, check=False)
    verdict = json.loads(done.stdout.splitlines()[-1])
    return done.returncode, verdict, done.stdout + done.stderr


def change(homelab: Homelab, topic: str, file: str = "change.txt") -> str:
    if git(homelab.app, "branch", "--show-current") != topic:
        git(homelab.app, "switch", "--quiet", "--create", topic)
    (homelab.app / file).write_text(f"{file}\n")
    git(homelab.app, "add", file)
    git(homelab.app, "commit", "--quiet", "--message", f"Add {file}")
    return git(homelab.app, "rev-parse", "HEAD")


def pulls(homelab: Homelab) -> list[str]:
    return git(homelab.remote, "for-each-ref", "--format=%(refname)", "refs/pull").split()


@pytest.mark.scenario(35)
def test_pull_request_is_opened_once_when_the_trunk_is_protected(homelab: Homelab) -> None:
    homelab.protect()
    trunk = git(homelab.remote, "rev-parse", "main")
    tip = change(homelab, "retry/budget")

    code, verdict, told = land(homelab)
    again, second, _ = land(homelab)

    assert code == again == 10, told
    assert str(verdict["url"]).endswith("/lab/app/pulls/1")
    assert "main is protected" in str(verdict["reason"])
    assert "It is not landed" in str(verdict["reason"])
    assert second["url"] == verdict["url"]
    assert pulls(homelab) == ["refs/pull/1/head"]
    assert git(homelab.remote, "rev-parse", "refs/pull/1/head") == tip
    assert git(homelab.remote, "rev-parse", "main") == trunk
    assert verdict["stage"] == "land"


@pytest.mark.scenario(36)
def test_pull_request_is_updated_when_the_topic_has_a_new_commit(homelab: Homelab) -> None:
    change(homelab, "topic")
    assert land(homelab, "--propose")[0] == 10
    tip = change(homelab, "topic", "more.txt")

    code, verdict, told = land(homelab, "--propose")

    assert code == 10, told
    assert str(verdict["url"]).endswith("/pulls/1")
    assert git(homelab.remote, "rev-parse", "refs/pull/1/head") == tip


def test_nothing_is_proposed_when_verify_is_red(homelab: Homelab) -> None:
    change(homelab, "topic")

    code, verdict, _ = land(homelab, "--propose", verify="false")

    assert (code, verdict["verdict"]) == (1, "failed")
    assert pulls(homelab) == []


def test_api_opens_it_when_the_server_knows_no_agit(homelab: Homelab) -> None:
    (homelab.remote / "hooks" / "proc-receive").unlink()
    git(homelab.remote, "config", "--unset-all", "receive.procReceiveRefs")
    tip = change(homelab, "topic")

    code, verdict, told = land(homelab, "--propose")
    again, second, _ = land(homelab, "--propose")

    assert code == again == 10, told
    assert second["url"] == verdict["url"]
    assert git(homelab.remote, "rev-parse", "refs/heads/topic") == tip
    assert git(homelab.remote, "for-each-ref", "refs/for") == ""


def test_branch_of_somebody_else_is_untouched_when_it_has_the_topics_name(homelab: Homelab) -> None:
    (homelab.remote / "hooks" / "proc-receive").unlink()
    git(homelab.remote, "config", "--unset-all", "receive.procReceiveRefs")
    theirs = git(homelab.app, "commit-tree", "-p", "HEAD", "-m", "Theirs", "HEAD^{tree}")
    git(homelab.app, "push", "--quiet", "origin", f"{theirs}:refs/heads/topic")
    change(homelab, "topic")

    code, verdict, _ = land(homelab, "--propose")

    assert code == 1
    assert "has other commits" in str(verdict["reason"])
    assert git(homelab.remote, "rev-parse", "refs/heads/topic") == theirs


def test_failed_is_the_end_when_the_trunk_is_protected_and_no_forge_is_set(homelab: Homelab) -> None:
    homelab.protect()
    settings = homelab.app / "invoke.yaml"
    change(homelab, "topic")
    text = settings.read_text()
    git(homelab.app, "update-index", "--assume-unchanged", "invoke.yaml")
    lines = text.splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if line.startswith("  forge:"))
    last = next((n for n in range(first + 1, len(lines)) if not lines[n].startswith("   ")), len(lines))
    settings.write_text("".join(lines[:first] + lines[last:]))

    code, verdict, told = land(homelab)

    assert code == 1, told
    assert "there is no forge" in str(verdict["reason"])
    assert "homelab.forge.url" in str(verdict["hint"])


@pytest.mark.scenario(37)
@pytest.mark.parametrize(
    "words",
    [
        "error: GH013: Repository rule violations found; Push cannot contain secrets",
        "Forgejo: branch main is protected from unverified commit 1a2b3c",
        "Forgejo: Quota exceeded",
    ],
)
def test_nothing_is_proposed_when_a_pull_request_would_not_help(homelab: Homelab, words: str) -> None:
    homelab.protect(words=words)
    change(homelab, "topic")

    code, verdict, _ = land(homelab)

    assert code == 1
    assert words in str(verdict["reason"])
    assert pulls(homelab) == []
