"""Topics started, shown and cleaned in real clones, as a user does it: by the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.git_repositories import clone, commit, git, make_remote, write
from tests.integration.landings import land_elsewhere

ROOT = Path(__file__).parents[2]
TASKS = "from homelab_tasks.tasks.namespace import namespace as ns\n"


def inv(directory: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run inv in *directory*, whose tasks.py may be in any directory above."""
    program = [sys.executable, "-m", "invoke", *arguments]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(program, cwd=directory, env=variables, capture_output=True, text=True, check=False)


def events(done: subprocess.CompletedProcess[str], kind: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [line for line in lines if line["event"] == kind]


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return make_remote(tmp_path)


@pytest.fixture
def work(tmp_path: Path, remote: Path) -> Path:
    write(tmp_path, "tasks.py", TASKS)
    return clone(remote, tmp_path / "work")


def started(work: Path, topic: str = "topic") -> Path:
    done = inv(work, "work.start", topic)
    assert done.returncode == 0, done.stderr
    return work / ".worktrees" / topic


def cleaned(work: Path, *arguments: str) -> dict[str, tuple[str, str]]:
    done = inv(work, "work.clean", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return {topic["name"]: (topic["done"], topic["reason"] or "") for topic in events(done, "topic")}


def branches(work: Path) -> set[str]:
    return set(git(work, "for-each-ref", "--format=%(refname:short)", "refs/heads").split())


def test_topic_begins_at_the_fresh_trunk_when_the_clone_is_old(work: Path, remote: Path, tmp_path: Path) -> None:
    tip = land_elsewhere(tmp_path, remote)
    before = git(work, "for-each-ref", "refs/remotes")

    done = inv(work, "work.start", "retry-budget")

    place = work / ".worktrees" / "retry-budget"
    assert done.returncode == 0
    assert f"cd {place}" in done.stderr
    assert git(place, "rev-parse", "HEAD") == tip
    assert git(place, "branch", "--show-current") == "retry-budget"
    assert git(work, "status", "--porcelain") == ""
    assert git(work, "for-each-ref", "refs/remotes") == before
    assert git(work, "for-each-ref", "refs/land") == ""
    assert not (work / ".gitignore").exists()


def test_directory_is_ignored_once_when_topics_are_started_twice(work: Path) -> None:
    started(work, "one")
    started(work, "two")

    assert (work / ".git" / "info" / "exclude").read_text().count("/.worktrees/") == 1


def test_directory_is_not_ignored_again_when_the_project_does_it(work: Path) -> None:
    commit(work, ".gitignore", ".worktrees/\n")
    started(work)

    assert "worktrees" not in (work / ".git" / "info" / "exclude").read_text()


def test_topic_is_started_beside_the_others_when_asked_for_from_inside_one(work: Path) -> None:
    assert inv(started(work, "one"), "work.start", "two").returncode == 0

    assert (work / ".worktrees" / "two").is_dir()


def test_worktree_is_named_again_when_the_topic_has_one(work: Path) -> None:
    place = started(work)
    tip = commit(place, "a.txt", "a\n")

    done = inv(work, "work.start", "topic")

    assert done.returncode == 0
    assert f"{place} already" in done.stderr
    assert git(place, "rev-parse", "HEAD") == tip


def test_branch_is_adopted_when_it_is_here_or_on_the_remote(work: Path, remote: Path, tmp_path: Path) -> None:
    git(work, "branch", "here")
    other = clone(remote, tmp_path / "other")
    git(other, "switch", "--quiet", "--create", "there")
    tip = commit(other, "there.txt", "x\n")
    git(other, "push", "--quiet", "origin", "there")

    assert git(started(work, "here"), "branch", "--show-current") == "here"
    assert git(started(work, "there"), "rev-parse", "HEAD") == tip


@pytest.mark.parametrize(
    ("topic", "says"),
    [
        ("retry budget", "inv work.start retry-budget"),
        ("a..b", "cannot be the name of a branch"),
        ("x.lock", "cannot be the name of a branch"),
        ("@", "cannot be the name of a branch"),
        ("main", "'main' is the trunk"),
        ("y" * 300, "git cannot make a worktree|cannot be the name|too long"),
    ],
)
def test_usage_is_the_end_when_the_name_cannot_be(work: Path, topic: str, says: str) -> None:
    before = branches(work)

    done = inv(work, "work.start", topic)

    assert done.returncode == 2, done.stderr
    assert any(part in done.stderr for part in says.split("|")), done.stderr
    assert branches(work) == before


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_a_topic_is_not_called_help(work: Path, flag: str) -> None:
    done = inv(work, "work.start", flag)

    assert done.returncode == 0
    assert "Start a topic: a branch from the fresh trunk" in done.stdout
    assert "name of the topic, and of its branch" in done.stdout


def test_a_topic_must_be_named(work: Path) -> None:
    done = inv(work, "work.start")

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "usage: no topic is named (exit 2); inv work.start TOPIC"


@pytest.mark.parametrize("topic", ["ünïcode-主", "a/b/c", "x" * 200])
def test_topic_is_started_when_its_name_is_odd_but_possible(work: Path, topic: str) -> None:
    assert git(started(work, topic), "branch", "--show-current") == topic


def test_nothing_is_overwritten_when_something_else_is_at_its_place(work: Path) -> None:
    write(work, ".worktrees/topic/mine.txt", "mine\n")

    done = inv(work, "work.start", "topic")

    assert done.returncode == 2
    assert "is not a worktree" in done.stderr
    assert (work / ".worktrees" / "topic" / "mine.txt").read_text() == "mine\n"
    assert branches(work) == {"main"}


def test_hook_runs_in_the_new_worktree_when_on_start_is_set(work: Path) -> None:
    done = inv(work, "work.start", "topic", HOMELAB_WORK_ON_START="pwd > made; echo made >&2")

    assert done.returncode == 0
    assert (work / ".worktrees" / "topic" / "made").read_text().strip().endswith("/topic")

    red = inv(work, "work.start", "other", HOMELAB_WORK_ON_START="echo broken; exit 4")
    assert red.returncode == 1
    assert "ended with 4" in red.stderr
    assert (work / ".worktrees" / "other").is_dir()


def test_landed_topic_is_removed_when_it_was_merged(work: Path, remote: Path) -> None:
    place = started(work)
    commit(place, "a.txt", "a\n")
    assert inv(place, "work.land", "--no-verify", "--no-ci-watch").returncode == 0

    assert cleaned(work, "--dry-run") == {"topic": ("would remove", "merged")}
    assert place.is_dir()
    assert cleaned(work) == {"topic": ("removed", "merged")}

    assert not place.exists()
    assert branches(work) == {"main"}
    assert not (work / ".worktrees" / "topic").exists()


@pytest.mark.scenario(53)
def test_landed_topic_is_removed_when_it_was_rebased_or_squashed(work: Path, tmp_path: Path, remote: Path) -> None:
    rebased, squashed, more = started(work, "rebased"), started(work, "squashed"), started(work, "more")
    for place in (rebased, squashed, more):
        commit(place, f"{place.name}-1.txt", "1\n")
        commit(place, f"{place.name}-2.txt", "2\n")
    other = clone(remote, tmp_path / "other")
    commit(other, "between.txt", "x\n")
    git(other, "fetch", "--quiet", str(work), "rebased", "squashed", "more")
    for name in ("rebased", "squashed", "more"):
        git(other, "fetch", "--quiet", str(work), name)
        if name == "rebased":
            git(other, "cherry-pick", "main..FETCH_HEAD")
        else:
            git(other, "merge", "--quiet", "--squash", "FETCH_HEAD")
            git(other, "commit", "--quiet", "--message", f"Squash {name}")
    git(other, "push", "--quiet", "origin", "HEAD")
    commit(more, "later.txt", "not landed\n")

    done = cleaned(work)

    assert done["rebased"] == ("removed", "equal by patch")
    assert done["squashed"] == ("removed", "squashed")
    assert done["more"][0] == "kept"
    assert "not on the trunk" in done["more"][1]
    assert more.is_dir()


def landed_topic(work: Path, name: str = "topic") -> Path:
    place = started(work, name)
    commit(place, f"{name}.txt", "x\n")
    assert inv(place, "work.land", "--no-verify", "--no-ci-watch").returncode == 0
    return place


def make_dirty(place: Path) -> None:
    write(place, "topic.txt", "edited\n")


def make_untracked(place: Path) -> None:
    write(place, "notes.md", "mine\n")


def stash(place: Path) -> None:
    write(place, "topic.txt", "edited\n")
    git(place, "stash", "--quiet")


def detach_and_commit(place: Path) -> None:
    git(place, "checkout", "--quiet", "--detach")
    commit(place, "lost.txt", "x\n")
    git(place, "switch", "--quiet", "topic")


def lock_worktree(place: Path) -> None:
    git(place, "worktree", "lock", "--reason", "on a stick", str(place))


def begin_merge(place: Path) -> None:
    git(
        place,
        "merge",
        "--quiet",
        "--no-ff",
        "--no-commit",
        git(place, "commit-tree", "-p", "HEAD", "-m", "x", "HEAD^{tree}"),
    )


def check_out_twice(place: Path) -> None:
    git(place, "worktree", "add", "--quiet", "--force", str(place.parent / "again"), "topic")


def ignore(work: Path, *patterns: str) -> None:
    with (work / ".git" / "info" / "exclude").open("a") as file:
        file.writelines(f"{pattern}\n" for pattern in patterns)


def edit_unseen(place: Path, flag: str) -> None:
    git(place, "update-index", flag, "topic.txt")
    write(place, "topic.txt", "only here\n")


def skip_and_edit(place: Path) -> None:
    edit_unseen(place, "--skip-worktree")


def assume_and_edit(place: Path) -> None:
    edit_unseen(place, "--assume-unchanged")


def make_ignored_file(place: Path) -> None:
    ignore(place.parents[1], ".env")
    write(place, ".env", "PASSWORD=x\n")


def make_other_ignored_file(place: Path) -> None:
    make_ignored_file(place)
    write(place.parents[1], ".env", "PASSWORD=y\n")


def make_ignored_repository(place: Path) -> None:
    ignore(place.parents[1], "vendor/")
    (place / "vendor" / "library").mkdir(parents=True)
    git(place / "vendor" / "library", "init", "--quiet")


@pytest.mark.scenario(53)
def test_landed_topic_is_removed_when_only_what_tools_make_again_is_left_in_it(work: Path) -> None:
    place = landed_topic(work)
    ignore(work, ".venv/", "*.pyc", ".env")
    write(place, ".venv/pyvenv.cfg", "home = /usr\n")
    write(place, "__pycache__/tasks.cpython-311.pyc", "x")
    for tree in (work, place):
        write(tree, ".env", "PASSWORD=x\n")
    git(place, "update-index", "--skip-worktree", "topic.txt")

    assert cleaned(work)["topic"][0] == "removed"
    assert not place.exists()
    assert (work / ".env").exists()


@pytest.mark.scenario(54)
@pytest.mark.parametrize(
    ("prepare", "says"),
    [
        (make_dirty, "'topic.txt' not committed"),
        (make_untracked, "'notes.md' not committed"),
        (stash, "a stash was made on it"),
        (detach_and_commit, "made on a detached HEAD"),
        (lock_worktree, "locked: on a stick"),
        (begin_merge, "in the middle of a merge"),
        (check_out_twice, "checked out in 2 worktrees"),
        (skip_and_edit, "'topic.txt' is edited there, and git was told not to look at it"),
        (assume_and_edit, "'topic.txt' is edited there, and git was told not to look at it"),
        (make_ignored_file, "'.env', which git ignores, is only there"),
        (make_other_ignored_file, "'.env', which git ignores, is only there"),
        (make_ignored_repository, "'vendor/library', which git ignores, is only there"),
    ],
)
def test_landed_topic_is_kept_and_named_when_something_would_be_lost(work: Path, prepare: Any, says: str) -> None:
    place = landed_topic(work)
    prepare(place)

    done = cleaned(work)

    assert done["topic"][0] == "kept"
    assert says in done["topic"][1]
    assert place.is_dir()
    assert "topic" in branches(work)


@pytest.mark.scenario(54)
def test_topic_is_kept_when_it_has_no_commit_yet(work: Path, tmp_path: Path, remote: Path) -> None:
    place = started(work)
    land_elsewhere(tmp_path, remote)

    assert cleaned(work) == {"topic": ("kept", "it has no commit of its own yet")}
    assert place.is_dir()


@pytest.mark.scenario(56)
def test_topic_is_kept_when_one_is_in_its_worktree(work: Path) -> None:
    place = landed_topic(work)

    assert cleaned(place)["topic"] == ("kept", "you are in its worktree")
    assert place.is_dir()


@pytest.mark.scenario(55)
def test_branch_is_kept_when_a_commit_is_made_while_its_worktree_is_removed(work: Path) -> None:
    landed_topic(work)
    late = git(work, "commit-tree", "-p", "topic", "-m", "late", "topic^{tree}")
    wrapper = write(work.parent, "bin/git", f"""#!/bin/sh
case "$*" in *"worktree remove"*) /usr/bin/git -C {work} update-ref refs/heads/topic {late};; esac
exec /usr/bin/git "$@"
""")  # fmt: skip
    wrapper.chmod(0o755)

    done = inv(work, "work.clean", "--json", PATH=f"{wrapper.parent}:{os.environ['PATH']}")

    assert events(done, "topic")[0]["done"] == "kept"
    assert git(work, "rev-parse", "topic") == late


def test_branch_without_a_worktree_is_removed_when_it_has_landed(work: Path) -> None:
    git(work, "switch", "--quiet", "--create", "plain")
    commit(work, "a.txt", "a\n")
    assert inv(work, "work.land", "--no-verify", "--no-ci-watch").returncode == 0
    assert cleaned(work)["plain"] == ("kept", "checked out in the main worktree")
    git(work, "switch", "--quiet", "main")

    assert cleaned(work, "plain") == {"plain": ("removed", "merged")}


def test_status_tells_how_each_topic_stands(work: Path, remote: Path, tmp_path: Path) -> None:
    landed_topic(work, "landed")
    place = started(work, "going")
    commit(place, "a.txt", "a\n")
    write(place, "b.txt", "b\n")
    land_elsewhere(tmp_path, remote)

    done = inv(work, "work.status", "--json")

    assert done.returncode == 0
    seen = {topic["name"]: topic for topic in events(done, "topic")}
    assert seen["landed"]["landed"] is True
    assert seen["landed"]["landed_as"] == git(remote, "rev-parse", "main~1")  # main: what came after it
    assert (seen["going"]["ahead"], seen["going"]["behind"], seen["going"]["dirty"]) == (1, 1, True)
    assert seen["going"]["landed"] is False
    assert seen["going"]["landed_as"] is None


def test_status_names_the_tip_itself_when_the_trunk_was_moved_to_it(work: Path) -> None:
    place = started(work, "forwarded")
    tip = commit(place, "a.txt", "a\n")
    git(place, "push", "--quiet", "origin", "forwarded:main")

    (topic,) = events(inv(work, "work.status", "--json"), "topic")

    assert (topic["landed"], topic["landed_as"]) == (True, tip)


def test_git_crypt_key_is_linked_when_the_clone_is_unlocked(work: Path, remote: Path) -> None:
    write(work, ".git/git-crypt/keys/default", "key\n")
    need = "test -f $(git rev-parse --git-dir)/git-crypt/keys/default && rev || cat"
    git(work, "config", "filter.git-crypt.smudge", need)
    git(work, "config", "filter.git-crypt.clean", "rev")
    commit(work, ".gitattributes", "secret filter=git-crypt\n")
    commit(work, "secret", "plain\n")
    git(work, "push", "--quiet", "origin", "main")

    place = started(work)

    assert (place / "secret").read_text() == "plain\n"
    assert git(place, "status", "--porcelain") == ""
    assert git(remote, "show", "main:secret") == "nialp"


def test_started_topic_is_in_no_bare_repository_when_the_clone_is_bare(remote: Path, tmp_path: Path) -> None:
    write(tmp_path, "tasks.py", TASKS)
    bare = tmp_path / "lab" / "bare.git"
    git(tmp_path, "clone", "--quiet", "--bare", remote.as_uri(), str(bare))

    assert inv(bare, "work.start", "topic").returncode == 0

    assert (tmp_path / "lab" / ".worktrees" / "topic" / "README.md").exists()


@pytest.mark.timeout(120)
def test_all_are_started_when_many_topics_are_started_at_once(work: Path) -> None:
    program = [sys.executable, "-m", "invoke", "work.start"]
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    names = [f"topic-{number}" for number in range(6)]

    running = [
        subprocess.Popen([*program, name], cwd=work, env=variables, stderr=subprocess.PIPE, text=True) for name in names
    ]
    told = [process.communicate()[1] for process in running]

    assert [process.returncode for process in running] == [0] * len(names), "\n".join(told)
    assert all((work / ".worktrees" / name / "README.md").exists() for name in names)
