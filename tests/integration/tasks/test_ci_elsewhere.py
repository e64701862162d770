"""The same tasks from other places: another repository, a subdirectory, a worktree, no clone at all."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.integration.tasks.conftest import Lab
from tests.integration.tasks.running import Shell

THREE_LINES = """\
from invoke import Collection
from homelab_tasks.tasks import ci
ns = Collection(ci)
"""


def git(directory: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=directory, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def elsewhere(lab: Lab, tmp_path: Path) -> Shell:
    """A shell in a clone of a repository of somebody else's, with their three lines and their own settings."""
    clone = tmp_path / "theirs"
    clone.mkdir()
    (clone / "tasks.py").write_text(THREE_LINES)
    settings = {name: lab.homelab.settings[name] for name in ("load_balancer", "woodpecker", "vault")}
    (clone / "invoke.yaml").write_text(yaml.safe_dump({"homelab": settings}))
    git(clone, "init", "--quiet", "--initial-branch=trunk")
    git(clone, "remote", "add", "origin", "git@git.homelab.test:lab/theirs.git")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message=Begin")
    return Shell(clone, lab.shell.canaries)


def test_another_repository_has_the_same_tasks(lab: Lab, elsewhere: Shell) -> None:
    lab.homelab.woodpecker.add_repository("lab/theirs", forge_url="https://git.homelab.test/lab/theirs")
    sha = git(elsewhere.directory, "rev-parse", "HEAD")
    lab.script(sha, repository="lab/theirs", branch="trunk").run("success")

    ended = elsewhere.inv("ci.watch", "--json")

    assert ended.code == 0
    assert ended.events[0]["repository"] == "lab/theirs"
    assert ended.verdict["commit"] == sha


def test_subdirectory_is_as_good_as_the_top(lab: Lab) -> None:
    sha = git(lab.homelab.app, "rev-parse", "HEAD")
    lab.script(sha).run("success")
    below = lab.homelab.app / "src" / "deep"
    below.mkdir(parents=True, exist_ok=True)

    ended = Shell(below, lab.shell.canaries).inv("ci.status", "--json")

    assert (ended.code, ended.verdict["commit"]) == (0, sha)


def test_worktree_watches_its_own_head(lab: Lab, tmp_path: Path) -> None:
    git(lab.homelab.app, "worktree", "add", "--quiet", "-b", "topic", str(tmp_path / "topic"))
    git(tmp_path / "topic", "commit", "--quiet", "--allow-empty", "--message=Topic")
    sha = git(tmp_path / "topic", "rev-parse", "HEAD")
    lab.script(sha, branch="topic").run("failure", exit_code=1)

    ended = Shell(tmp_path / "topic", lab.shell.canaries).inv("ci.status", "--json")

    assert (ended.code, ended.verdict["commit"]) == (1, sha)


@pytest.mark.parametrize("revision", ["short", "branch", "tag", "HEAD~0"])
def test_any_revision_names_a_commit(lab: Lab, revision: str) -> None:
    sha = git(lab.homelab.app, "rev-parse", "HEAD")
    git(lab.homelab.app, "tag", "--force", "v9", sha)
    git(lab.homelab.app, "branch", "--force", "release", sha)
    lab.script(sha).run("success")
    named = {"short": sha[:9], "branch": "release", "tag": "v9", "HEAD~0": "HEAD~0"}[revision]

    ended = lab.inv("ci.status", named)

    assert (ended.code, ended.verdict["commit"]) == (0, sha)


def test_full_sha_in_capitals_and_unknown_to_the_clone_is_enough(lab: Lab) -> None:
    sha = lab.sha()
    lab.script(sha).run("success")

    assert lab.inv("ci.status", sha.upper()).code == 0


def test_number_alone_says_which_commit(lab: Lab) -> None:
    sha = lab.sha()
    life = lab.script(sha)
    life.run("success")

    ended = lab.shell.inv("ci.watch", "--pipeline", str(life.number), "--json")

    assert (ended.code, ended.verdict["commit"]) == (0, sha)


def test_heading_says_what_is_watched_where_and_the_link_before_anything_is_asked(lab: Lab) -> None:
    lab.homelab.faults.set("blackhole:1")
    patience = {"HOMELAB_HTTP_RETRY_FOR": "300ms", "HOMELAB_HTTP_READ_TIMEOUT": "300ms"}

    ended = lab.shell.inv("ci.status", env=patience)

    assert ended.code == 69
    first = ended.stderr.splitlines()[0]
    assert "ci.status lab/app" in first
    assert "on ci.homelab.test via 127.0.0.1" in first
    assert "https://ci.homelab.test" in first


def test_first_of_two_tasks_that_is_not_good_ends_the_line(lab: Lab) -> None:
    good, bad = lab.sha(), lab.sha()
    lab.script(good).run("success")
    lab.script(bad).run("killed")

    both = lab.shell.inv("ci.status", "--sha", good, "ci.status", "--sha", bad, "--json")
    first = lab.shell.inv("ci.status", "--sha", bad, "ci.status", "--sha", good)

    assert (both.code, first.code) == (1, 1)
    assert "passed" in both.stdout
    assert "passed" not in first.stdout
