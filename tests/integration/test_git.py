"""The clone as git knows it, on real repositories."""

from pathlib import Path

import pytest

from homelab_tasks.clients.git.clone import Git
from homelab_tasks.errors import UsageError
from tests.integration.git_repositories import clone, commit, git, make_remote


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return make_remote(tmp_path)


@pytest.fixture
def work(tmp_path: Path, remote: Path) -> Path:
    return clone(remote, tmp_path / "work")


def test_commit_is_expanded_when_revision_is_head_branch_tag_or_short(work: Path) -> None:
    git(work, "switch", "--quiet", "--create", "topic")
    sha = commit(work, "a.txt", "a", message="Add a\n\nWith a body.")
    git(work, "tag", "--annotate", "--message", "v1", "v1")
    clone_of = Git.open(work)

    by_head, by_branch = clone_of.commit("HEAD"), clone_of.commit("topic")

    assert (by_head.sha, by_head.branch, by_head.title) == (sha, "topic", "Add a")
    assert by_branch == by_head
    assert clone_of.commit(sha[:8]).sha == clone_of.commit("v1").sha == sha
    assert clone_of.commit(sha[:8]).branch is None
    assert clone_of.commit(":/Add a").sha == clone_of.commit("HEAD^{/Add a}").sha == sha


def test_full_sha_is_a_commit_when_it_is_not_here(work: Path) -> None:
    expanded = Git.open(work).commit("A" * 40)

    assert (expanded.sha, expanded.message) == ("a" * 40, None)


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "deadbeef", "", "HEAD~99", "a b"])
def test_usage_error_is_raised_when_revision_is_unknown(work: Path, revision: str) -> None:
    with pytest.raises(UsageError, match="names no commit"):
        Git.open(work).commit(revision)

    assert not (work / "x").exists()


def test_candidates_are_named_when_short_sha_is_ambiguous(work: Path) -> None:
    tree = git(work, "rev-parse", "HEAD^{tree}")
    seen: dict[str, str] = {}
    prefix = ""
    for count in range(1000):
        sha = git(work, "commit-tree", tree, "-m", f"number {count}")
        prefix = sha[:4]
        if prefix in seen:
            break
        seen[prefix] = sha

    with pytest.raises(UsageError, match="ambiguous") as raised:
        Git.open(work).commit(prefix)

    assert raised.value.problem.count("number") == 2


def test_usage_error_is_raised_when_clone_has_no_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", ".")

    with pytest.raises(UsageError, match="'HEAD' names no commit"):
        Git.open(tmp_path).commit("HEAD")


def test_usage_error_is_raised_when_directory_is_no_repository(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a git repository") as raised:
        Git.open(tmp_path)

    assert "homelab.ci.repository" in (raised.value.hint or "")


def test_the_directory_counts_when_a_hook_exports_another_repository(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "seed" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "nowhere"))

    assert Git.open(work).common_directory == work / ".git"


def test_repository_is_read_when_clone_is_a_worktree_or_uses_instead_of(work: Path, tmp_path: Path) -> None:
    git(work, "worktree", "add", "--quiet", str(tmp_path / "other"), "-b", "other")
    git(work, "config", "url.https://git.example.org/.insteadOf", "lab:")
    git(work, "remote", "set-url", "origin", "lab:group/sub/tool.git")

    assert Git.open(tmp_path / "other").repository("origin") == "group/sub/tool"


def test_only_remote_is_used_when_it_has_another_name(work: Path) -> None:
    git(work, "remote", "rename", "origin", "forgejo")

    assert Git.open(work).repository("origin") == "lab/app"


@pytest.mark.parametrize("names", [(), ("one", "two")])
def test_usage_error_says_what_to_set_when_no_remote_is_meant(work: Path, names: tuple[str, ...]) -> None:
    git(work, "remote", "remove", "origin")
    for name in names:
        git(work, "remote", "add", name, "https://git.example.org/lab/app.git")

    with pytest.raises(UsageError, match="no git remote 'origin'") as raised:
        Git.open(work).repository("origin")

    assert raised.value.hint == "set homelab.ci.repository to OWNER/NAME"


def test_ancestry_is_told_when_both_commits_are_here(work: Path) -> None:
    old = git(work, "rev-parse", "HEAD")
    new = commit(work, "a.txt", "a")
    clone_of = Git.open(work)

    assert clone_of.contains(old, new) is True
    assert clone_of.contains(new, old) is False
    assert clone_of.contains("b" * 40, new) is None


def test_ancestry_is_unknown_when_the_clone_is_too_shallow_to_say(tmp_path: Path, remote: Path) -> None:
    old = commit(tmp_path / "seed", "a.txt", "a")
    commit(tmp_path / "seed", "b.txt", "b")
    new = commit(tmp_path / "seed", "c.txt", "c")
    git(tmp_path / "seed", "push", "--quiet", str(remote), "main")
    shallow = Git.open(clone(remote, tmp_path / "shallow", "--depth=2"))

    assert shallow.contains(old, new) is None


def test_branch_is_none_when_head_is_detached(work: Path) -> None:
    assert Git.open(work).branch == "main"
    git(work, "checkout", "--quiet", "--detach")

    assert Git.open(work).branch is None
