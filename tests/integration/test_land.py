"""The scenarios of docs/reference/landing.md, by number, on real repositories."""

from pathlib import Path

import pytest

from homelab_tasks.errors import UsageError
from homelab_tasks.model.verdict import Word
from tests.integration.git_repositories import clone, commit, git, make_remote, write
from tests.integration.landings import (
    events_of,
    first_parents,
    hook,
    land_elsewhere,
    landed,
    snapshot,
    start_topic,
    texts,
    trunk_of,
    verdict_of,
)


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return make_remote(tmp_path)


@pytest.fixture
def work(tmp_path: Path, remote: Path) -> Path:
    return clone(remote, tmp_path / "work")


@pytest.mark.scenario(1)
def test_topic_lands_as_a_merge_when_the_trunk_has_not_moved(work: Path, remote: Path) -> None:
    old, tip = trunk_of(remote), start_topic(work)
    before = snapshot(work)

    verdict = landed(work)

    assert verdict.verdict is Word.LANDED
    assert verdict.commit == trunk_of(remote)
    assert git(remote, "rev-parse", "main^1", "main^2").split() == [old, tip]
    assert git(remote, "log", "-1", "--format=%s", "main") == "Merge branch 'topic'"
    journal = work / ".git" / "land" / "journal.json"
    assert journal.exists()
    assert snapshot(work) == before
    assert git(remote, "for-each-ref", "refs/land") == ""


@pytest.mark.scenario(2)
def test_both_are_there_when_the_trunk_has_other_commits(work: Path, remote: Path, tmp_path: Path) -> None:
    start_topic(work)
    other = land_elsewhere(tmp_path, remote)

    assert landed(work).verdict is Word.LANDED

    assert git(remote, "rev-parse", "main^1") == other
    assert set(git(remote, "ls-tree", "--name-only", "main").split()) == {"README.md", "topic.txt", "other.txt"}


@pytest.mark.scenario(3)
def test_files_are_listed_when_the_topic_does_not_merge(work: Path, remote: Path, tmp_path: Path) -> None:
    start_topic(work, file="same.txt", text="mine\n")
    other = land_elsewhere(tmp_path, remote, "same.txt", "theirs\n")
    before = snapshot(work)

    verdict = landed(work)

    assert verdict.verdict is Word.CONFLICT
    assert "same.txt does not merge with main" in verdict.reason
    assert trunk_of(remote) == other
    assert snapshot(work) == before


@pytest.mark.scenario(4)
def test_resolution_lands_when_it_was_merged_by_hand(work: Path, remote: Path, tmp_path: Path) -> None:
    start_topic(work, file="same.txt", text="mine\n")
    land_elsewhere(tmp_path, remote, "same.txt", "theirs\n")
    assert landed(work).verdict is Word.CONFLICT
    git(work, "fetch", "--quiet")
    git(work, "merge", "--quiet", "--strategy=ours", "origin/main")

    assert landed(work).verdict is Word.LANDED
    assert git(remote, "show", "main:same.txt") == "mine"


@pytest.mark.scenario(6)
@pytest.mark.parametrize("staged", [True, False])
def test_usage_is_the_end_when_a_tracked_file_is_changed(work: Path, remote: Path, staged: bool) -> None:
    start_topic(work)
    write(work, "README.md", "edited\n")
    if staged:
        git(work, "add", "README.md")
    old, before = trunk_of(remote), snapshot(work)

    with pytest.raises(UsageError, match=r"'README\.md' is changed and not committed"):
        landed(work)

    assert (trunk_of(remote), snapshot(work)) == (old, before)


@pytest.mark.scenario(7)
def test_usage_is_the_end_when_a_file_is_untracked(work: Path) -> None:
    start_topic(work)
    write(work, "new file.py", "x = 1\n")

    with pytest.raises(UsageError, match=r"'new file\.py' is not tracked"):
        landed(work)

    assert (work / "new file.py").exists()


@pytest.mark.scenario(8)
def test_ignored_file_is_left_alone_when_the_trunk_brings_one_of_that_name(
    work: Path, remote: Path, tmp_path: Path
) -> None:
    start_topic(work)
    write(work, ".git/info/exclude", "local.cfg\n")
    write(work, "local.cfg", "mine\n")
    land_elsewhere(tmp_path, remote, "local.cfg", "theirs\n")

    assert landed(work, verify="grep theirs local.cfg").verdict is Word.LANDED

    assert (work / "local.cfg").read_text() == "mine\n"


@pytest.mark.scenario(9)
def test_usage_is_the_end_when_head_is_detached(work: Path) -> None:
    start_topic(work)
    git(work, "checkout", "--quiet", "--detach")

    with pytest.raises(UsageError, match="HEAD is detached") as raised:
        landed(work, message="Land it")

    assert "git switch -c" in (raised.value.hint or "")


def conflicting(work: Path) -> None:
    git(work, "switch", "--quiet", "--create", "side", "main")
    commit(work, "same.txt", "side\n")
    git(work, "switch", "--quiet", "--create", "topic", "main")
    commit(work, "same.txt", "topic\n")


@pytest.mark.scenario(10)
@pytest.mark.parametrize(
    ("arguments", "operation"),
    [
        (("merge", "side"), "merge"),
        (("rebase", "side"), "rebase"),
        (("cherry-pick", "side"), "cherry-pick"),
        (("revert", "--no-edit", "HEAD~1"), "revert"),
        (("bisect", "start", "HEAD", "main"), "bisect"),
    ],
)
def test_operation_is_named_when_it_is_unfinished(work: Path, arguments: tuple[str, ...], operation: str) -> None:
    conflicting(work)
    if operation == "revert":
        commit(work, "same.txt", "again\n")
        arguments = ("revert", "--no-edit", "HEAD~1")
    git_may_fail(work, *arguments)
    before = snapshot(work)

    with pytest.raises(UsageError, match=f"in the middle of a {operation}"):
        landed(work)

    assert snapshot(work) == before


def git_may_fail(work: Path, *arguments: str) -> None:
    try:
        git(work, *arguments)
    except AssertionError:
        return


@pytest.mark.scenario(11)
def test_usage_is_the_end_when_the_trunk_is_checked_out(work: Path, remote: Path) -> None:
    commit(work, "a.txt", "a\n")
    old = trunk_of(remote)

    with pytest.raises(UsageError, match="'main' is the trunk"):
        landed(work)

    assert trunk_of(remote) == old


@pytest.mark.scenario(12)
def test_missing_is_the_end_when_there_is_nothing_to_land(work: Path, remote: Path, tmp_path: Path) -> None:
    git(work, "switch", "--quiet", "--create", "topic")
    other = land_elsewhere(tmp_path, remote)

    verdict = landed(work, verify="false")

    assert verdict.verdict is Word.MISSING
    assert "nothing to land" in verdict.reason
    assert trunk_of(remote) == other


@pytest.mark.scenario(13)
def test_missing_is_the_end_when_commits_change_nothing(work: Path, remote: Path, tmp_path: Path) -> None:
    start_topic(work, file="same.txt", text="same\n")
    git(work, "commit", "--quiet", "--amend", "--message", "The same, in other words")
    other = land_elsewhere(tmp_path, remote, "same.txt", "same\n")

    verdict = landed(work)

    assert verdict.verdict is Word.MISSING
    assert "holds what the commits" in verdict.reason
    assert trunk_of(remote) == other


@pytest.mark.scenario(14)
def test_usage_is_the_end_when_histories_are_unrelated(work: Path, remote: Path) -> None:
    git(work, "switch", "--quiet", "--orphan", "topic")
    commit(work, "a.txt", "a\n")

    with pytest.raises(UsageError, match="no commit in common"):
        landed(work)


@pytest.mark.scenario(15)
def test_other_worktree_is_untouched_when_it_has_the_trunk_checked_out(work: Path, tmp_path: Path) -> None:
    git(work, "worktree", "add", "--quiet", "-b", "topic", str(tmp_path / "topic"))
    commit(tmp_path / "topic", "a.txt", "a\n")
    before = snapshot(work)

    assert landed(tmp_path / "topic").verdict is Word.LANDED

    assert snapshot(work) == before


@pytest.mark.scenario(17)
def test_topic_lands_when_run_in_a_directory_of_the_branch(work: Path, remote: Path) -> None:
    start_topic(work, file="deep/er/a.txt")

    assert landed(work / "deep" / "er", verify="test -f deep/er/a.txt").verdict is Word.LANDED


@pytest.mark.scenario(18)
def test_topic_lands_when_the_clone_is_bare_with_worktrees(remote: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "--quiet", "--bare", remote.as_uri(), str(bare))
    git(bare, "worktree", "add", "--quiet", "-b", "topic", str(tmp_path / "topic"), "main")
    commit(tmp_path / "topic", "a.txt", "a\n")

    assert landed(tmp_path / "topic").verdict is Word.LANDED


@pytest.mark.scenario(19)
def test_remote_head_counts_when_the_trunk_was_renamed(work: Path, remote: Path) -> None:
    git(remote, "branch", "--move", "main", "trunk")
    git(remote, "symbolic-ref", "HEAD", "refs/heads/trunk")
    start_topic(work)

    verdict = landed(work)

    assert verdict.commit == trunk_of(remote, "trunk")
    assert git(remote, "for-each-ref", "--format=%(refname)") == "refs/heads/trunk"


@pytest.mark.scenario(20)
def test_setting_is_named_when_the_trunk_is_not_on_the_remote(work: Path, remote: Path) -> None:
    start_topic(work)

    with pytest.raises(UsageError, match="no branch 'gone'") as raised:
        landed(work, trunk="gone")
    git(remote, "symbolic-ref", "HEAD", "refs/heads/nowhere")
    with pytest.raises(UsageError, match=r"names no branch|no branch 'nowhere'") as unnamed:
        landed(work)

    assert "homelab.work.trunk" in (raised.value.hint or "")
    assert "homelab.work.trunk" in (unnamed.value.hint or "")
    assert git(remote, "for-each-ref", "--format=%(refname)") == "refs/heads/main"


@pytest.mark.scenario(23)
def test_remote_topic_branch_is_untouched_when_it_has_diverged(work: Path, remote: Path) -> None:
    start_topic(work)
    git(work, "push", "--quiet", "origin", "topic")
    git(work, "commit", "--quiet", "--amend", "--message", "Amended")
    there = git(remote, "rev-parse", "topic")

    assert landed(work).verdict is Word.LANDED

    assert git(remote, "rev-parse", "topic") == there


@pytest.mark.scenario(24)
@pytest.mark.parametrize("name", ["topic.txt", "ünïcode-主", "a/b/c", "weird$name;x", "x" * 200, "@-x"])
def test_topic_lands_when_its_name_is_odd(work: Path, remote: Path, name: str) -> None:
    start_topic(work, name)

    assert landed(work).verdict is Word.LANDED
    assert git(remote, "log", "-1", "--format=%s", "main") == f"Merge branch '{name}'"


@pytest.mark.scenario(25)
def test_nothing_lands_when_verify_is_red(work: Path, remote: Path) -> None:
    start_topic(work)
    old, before = trunk_of(remote), snapshot(work)

    events = events_of(work, verify="echo one; echo two >&2; exit 3")

    verdict = verdict_of(events)
    assert verdict.verdict is Word.FAILED
    assert "ended with 3" in verdict.reason
    assert verdict.failures[0].tail == ("one", "two")
    assert "one\ntwo" in texts(events)
    assert (trunk_of(remote), snapshot(work)) == (old, before)


@pytest.mark.scenario(26)
def test_topic_is_verified_anew_when_the_trunk_moves_during_verify(work: Path, remote: Path, tmp_path: Path) -> None:
    start_topic(work)
    other = clone(remote, tmp_path / "other")
    verify = (
        f"echo x >> {tmp_path}/verified; test -f {tmp_path}/moved || "
        f"(touch {tmp_path}/moved; cd {other} && echo o > o && git add o && git commit -qm o && git push -q)"
    )

    events = events_of(work, verify=verify)

    assert verdict_of(events).verdict is Word.LANDED
    assert "lost the race for main" in texts(events)
    assert (tmp_path / "verified").read_text() == "x\nx\n"
    assert git(remote, "rev-parse", "main^1") == git(other, "rev-parse", "HEAD")
    assert len(first_parents(remote)) == 3


@pytest.mark.scenario(27)
def test_candidate_lands_as_it_was_built_when_verify_edits_and_commits(work: Path, remote: Path) -> None:
    start_topic(work)
    verify = "echo dirty > README.md; echo more > more.txt; git add -A; git commit -qm sneaky; echo again > README.md"

    assert landed(work, verify=verify).verdict is Word.LANDED

    assert git(remote, "show", "main:README.md") == "lab"
    assert set(git(remote, "ls-tree", "--name-only", "main").split()) == {"README.md", "topic.txt"}


@pytest.mark.scenario(28)
def test_timeout_is_the_end_when_verify_hangs(work: Path, remote: Path, tmp_path: Path) -> None:
    start_topic(work)
    old = trunk_of(remote)

    verdict = landed(work, verify=f"echo begun; sleep 600 & echo $! > {tmp_path}/pid; wait", timeout=2.0)

    assert verdict.verdict is Word.TIMEOUT
    assert verdict.failures[0].tail == ("begun",)
    assert trunk_of(remote) == old
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


def test_verify_fails_instead_of_hanging_when_it_reads_its_input_or_a_terminal(work: Path) -> None:
    start_topic(work)

    assert landed(work, verify="read line").verdict is Word.FAILED
    assert landed(work, verify="cat < /dev/tty").verdict is Word.FAILED


@pytest.mark.scenario(30)
def test_race_is_retried_when_the_server_moves_the_trunk_under_the_push(work: Path, remote: Path) -> None:
    start_topic(work)
    script = """
    test -f moved && exit 0
    touch moved
    unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
    git update-ref refs/heads/main $(git commit-tree -p main -m raced main^{tree})
    """
    hook(remote, "pre-receive", script)

    events = events_of(work)

    assert verdict_of(events).verdict is Word.LANDED
    assert "lost the race" in texts(events)
    assert git(remote, "log", "-1", "--format=%s", "main^1") == "raced"


@pytest.mark.scenario(31)
def test_dropped_commits_stay_dropped_when_the_trunk_was_rewound(work: Path, remote: Path, tmp_path: Path) -> None:
    old = trunk_of(remote)
    land_elsewhere(tmp_path, remote, "bad.txt", "bad\n")
    git(work, "pull", "--quiet")
    start_topic(work)
    git(remote, "update-ref", "refs/heads/main", old)

    with pytest.raises(UsageError, match="'main' was rewound: 1 commits"):
        landed(work)

    assert trunk_of(remote) == old


@pytest.mark.scenario(31)
def test_topic_is_built_on_the_rewound_trunk_when_it_holds_nothing_of_what_was_dropped(
    work: Path, remote: Path, tmp_path: Path
) -> None:
    old = trunk_of(remote)
    start_topic(work)
    land_elsewhere(tmp_path, remote, "bad.txt", "bad\n")
    verify = f"git --git-dir={remote} update-ref refs/heads/main {old}"

    assert landed(work, verify=verify).verdict is Word.LANDED

    assert git(remote, "rev-parse", "main^1") == old
    assert "bad.txt" not in git(remote, "ls-tree", "--name-only", "main")


@pytest.mark.scenario(32)
def test_contended_is_the_end_when_every_race_is_lost(work: Path, remote: Path) -> None:
    start_topic(work)
    script = """
    while read old new ref; do test "$ref" = refs/heads/main && main=1; done
    test -z "$main" && exit 0
    unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
    git update-ref refs/heads/main $(git commit-tree -p main -m raced main^{tree})
    """
    hook(remote, "pre-receive", script)

    verdict = landed(work)

    assert verdict.verdict is Word.CONTENDED
    assert "lost 10 races" in verdict.reason
    assert git(remote, "for-each-ref", "refs/land") == ""


@pytest.mark.scenario(34)
def test_second_is_red_when_two_topics_are_green_alone_and_red_together(
    work: Path, remote: Path, tmp_path: Path
) -> None:
    start_topic(work, file="a.txt")
    land_elsewhere(tmp_path, remote, "b.txt", "b\n")

    verdict = landed(work, verify="! (test -f a.txt && test -f b.txt)")

    assert verdict.verdict is Word.FAILED
    assert "a.txt" not in git(remote, "ls-tree", "--name-only", "main")


@pytest.mark.scenario(37)
def test_failed_is_the_end_with_the_servers_words_when_a_secret_is_found(work: Path, remote: Path) -> None:
    start_topic(work)
    hook(
        remote,
        "pre-receive",
        "echo 'error: GH013: Repository rule violations found'\necho '- Push cannot contain secrets'\nexit 1",
    )

    verdict = landed(work, propose=False)

    assert verdict.verdict is Word.FAILED
    assert "Push cannot contain secrets" in verdict.reason


@pytest.mark.scenario(40)
def test_hook_is_quoted_and_not_asked_again_when_the_local_pre_push_hook_refuses(
    work: Path, remote: Path, tmp_path: Path
) -> None:
    start_topic(work)
    old = trunk_of(remote)
    hook(work, "pre-push", f"echo x >> {tmp_path}/asked; echo 'no tabs, please' >&2; exit 1")

    verdict = landed(work)

    assert verdict.verdict is Word.FAILED
    assert "pre-push hook refused: no tabs, please" in verdict.reason
    assert (tmp_path / "asked").read_text() == "x\n"
    assert trunk_of(remote) == old


@pytest.mark.scenario(44)
def test_later_commit_is_told_of_and_not_landed_when_it_is_made_during_verify(work: Path, remote: Path) -> None:
    start_topic(work)
    verify = f"cd {work} && echo later > later.txt && git add later.txt && git commit -qm later"

    events = events_of(work, verify=verify)

    assert verdict_of(events).verdict is Word.LANDED
    assert "the topic moved to" in texts(events)
    assert "later.txt" not in git(remote, "ls-tree", "--name-only", "main")


@pytest.mark.scenario(45)
def test_one_ref_is_pushed_when_configuration_asks_for_more(work: Path, remote: Path) -> None:
    start_topic(work)
    git(work, "tag", "--annotate", "--message", "v1", "v1")
    git(work, "config", "push.followTags", "true")
    git(work, "config", "push.recurseSubmodules", "only")

    assert landed(work).verdict is Word.LANDED
    assert git(remote, "for-each-ref", "--format=%(refname)") == "refs/heads/main"


@pytest.mark.scenario(45)
def test_usage_is_the_end_when_there_are_two_push_urls(work: Path, remote: Path) -> None:
    start_topic(work)
    for url in (remote.as_uri(), "file:///nowhere"):
        git(work, "remote", "set-url", "--add", "--push", "origin", url)

    with pytest.raises(UsageError, match="2 push URLs"):
        landed(work)


@pytest.mark.scenario(47)
@pytest.mark.parametrize("option", ["--depth=1", "--filter=blob:none", "--sparse"])
def test_topic_lands_when_the_clone_is_shallow_partial_or_sparse(remote: Path, tmp_path: Path, option: str) -> None:
    for count in range(3):
        land_elsewhere(tmp_path, remote, f"deep/{count}.txt", "x\n")
    work = clone(remote, tmp_path / "work", option)
    start_topic(work)
    land_elsewhere(tmp_path, remote, "later.txt")

    assert landed(work, verify="test -f deep/1.txt && test -f later.txt").verdict is Word.LANDED


def test_same_topic_has_nothing_to_land_when_it_has_landed(work: Path) -> None:
    start_topic(work)
    assert landed(work).verdict is Word.LANDED
    (work / ".git" / "land" / "journal.json").unlink()  # what ends a delivery

    assert landed(work).verdict is Word.MISSING


def test_verify_is_not_run_again_when_the_tree_has_passed(work: Path, remote: Path, tmp_path: Path) -> None:
    start_topic(work)
    hook(work, "pre-push", f"test -f {tmp_path}/open || exit 1")
    verify = f"echo x >> {tmp_path}/verified"
    assert landed(work, verify=verify).verdict is Word.FAILED
    (tmp_path / "open").touch()

    assert landed(work, verify=verify).verdict is Word.LANDED
    assert (tmp_path / "verified").read_text() == "x\n"


def test_red_verify_is_run_again_when_the_tree_is_the_same(work: Path, tmp_path: Path) -> None:
    start_topic(work)
    verify = f"echo x >> {tmp_path}/verified; test $(wc -l < {tmp_path}/verified) -ge 2"

    assert landed(work, verify=verify).verdict is Word.FAILED
    assert landed(work, verify=verify).verdict is Word.LANDED


@pytest.mark.parametrize(
    "mischief",
    [
        "git update-index --skip-worktree README.md && echo other > README.md",
        "git update-index --assume-unchanged README.md && echo other > README.md",
        "git update-index --skip-worktree README.md && rm README.md",
    ],
)
def test_verify_sees_the_candidate_when_an_earlier_one_hid_files_from_git(work: Path, mischief: str) -> None:
    start_topic(work)
    assert landed(work, verify=f"{mischief}; false").verdict is Word.FAILED
    first = git(work, "show", "HEAD:README.md")

    assert landed(work, verify=f"test \"$(cat README.md)\" = '{first}'").verdict is Word.LANDED


def test_only_ignored_caches_are_left_when_the_checkout_is_used_again(work: Path, tmp_path: Path) -> None:
    start_topic(work, file=".gitignore", text=".cache/\n")
    assert landed(work, verify="mkdir .cache && touch .cache/kept left; exit 1").verdict is Word.FAILED

    assert landed(work, verify="test -f .cache/kept && ! test -e left").verdict is Word.LANDED


def test_topic_lands_when_the_push_url_is_not_the_fetch_url(work: Path, remote: Path, tmp_path: Path) -> None:
    fork = tmp_path / "fork.git"
    git(tmp_path, "clone", "--quiet", "--bare", remote.as_uri(), str(fork))
    land_elsewhere(tmp_path, remote)
    git(work, "remote", "set-url", "--push", "origin", fork.as_uri())
    git(work, "pull", "--quiet")
    start_topic(work)

    assert landed(work).verdict is Word.LANDED
    assert "topic.txt" in git(fork, "ls-tree", "--name-only", "main")
    assert "topic.txt" not in git(remote, "ls-tree", "--name-only", "main")


def test_usage_is_the_end_when_no_verify_is_set(work: Path) -> None:
    start_topic(work)

    with pytest.raises(UsageError, match="no command that verifies") as raised:
        landed(work, verify=None, verify_missing=True)

    assert "--no-verify" in (raised.value.hint or "")


def test_topic_lands_unverified_when_that_was_asked(work: Path) -> None:
    start_topic(work)

    assert landed(work, verify=None).verdict is Word.LANDED


def test_usage_is_the_end_when_git_knows_no_author(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_topic(work)
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name)
    for key in ("user.name", "user.email"):
        git(work, "config", "--unset", key)
    git(work, "config", "user.useConfigOnly", "true")

    with pytest.raises(UsageError, match="git does not know who lands this"):
        landed(work)
