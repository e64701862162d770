"""Landing from clones of every kind: signed, with submodules, filters, hooks, odd remotes, full or read-only disks."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from homelab_tasks.errors import UnavailableError, UsageError
from homelab_tasks.model.verdict import Word
from tests.integration.git_repositories import clone, commit, git, make_remote, write
from tests.integration.landings import events_of, hook, landed, snapshot, start_topic, texts, trunk_of, verdict_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return make_remote(tmp_path)


@pytest.fixture
def work(tmp_path: Path, remote: Path) -> Path:
    return clone(remote, tmp_path / "work")


@pytest.mark.scenario(16)
def test_topic_lands_from_its_own_worktree_when_it_is_not_checked_out_here(work: Path, tmp_path: Path) -> None:
    git(work, "worktree", "add", "--quiet", "-b", "topic", str(tmp_path / "there"))
    commit(tmp_path / "there", "a.txt", "a\n")

    with pytest.raises(UsageError, match="'main' is the trunk"):
        landed(work)
    assert landed(tmp_path / "there").verdict is Word.LANDED


@pytest.mark.scenario(21)
def test_the_only_remote_counts_when_it_has_another_name(work: Path, remote: Path) -> None:
    git(work, "remote", "rename", "origin", "forgejo")
    start_topic(work)

    assert landed(work, remote="forgejo").commit == trunk_of(remote)


@pytest.mark.scenario(29)
@pytest.mark.parametrize("fetched", [True, False])
def test_lost_race_is_the_same_when_the_new_trunk_was_fetched_or_not(
    work: Path, remote: Path, tmp_path: Path, fetched: bool
) -> None:
    other = clone(remote, tmp_path / "other")
    start_topic(work)
    push = f"cd {other} && echo o > o && git add o && git commit -qm o && git push -q"
    fetch = f"git -C {work} fetch --quiet" if fetched else "true"

    events = events_of(work, verify=f"test -f {tmp_path}/moved || (touch {tmp_path}/moved; {push}; {fetch})")

    assert verdict_of(events).verdict is Word.LANDED
    assert texts(events).count("lost the race") == 1


@pytest.fixture
def unpushed(work: Path, tmp_path: Path) -> Path:
    """A topic that names a commit of its submodule `lib` which was not pushed."""
    library = tmp_path / "library"
    git(tmp_path, "init", "--quiet", "--bare", str(library))
    seed = tmp_path / "library-seed"
    git(tmp_path, "init", "--quiet", str(seed))
    commit(seed, "lib.txt", "1\n")
    git(seed, "push", "--quiet", str(library), "HEAD:refs/heads/main")
    git(library, "symbolic-ref", "HEAD", "refs/heads/main")
    git(work, "switch", "--quiet", "--create", "topic")
    git(work, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library.as_uri(), "lib")
    commit(work / "lib", "lib.txt", "2\n")
    git(work, "commit", "--quiet", "--all", "--message", "Use the new library")
    return work


@pytest.mark.scenario(46)
def test_push_is_refused_when_a_submodule_was_not_pushed(unpushed: Path, remote: Path) -> None:
    old = trunk_of(remote)

    verdict = landed(unpushed, verify=None)

    assert verdict.verdict is Word.USAGE
    assert "on no remote: lib" in verdict.reason
    assert trunk_of(remote) == old


@pytest.mark.scenario(46)
def test_usage_is_the_end_when_verify_needs_a_submodule_that_was_not_pushed(
    unpushed: Path, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")
    old = trunk_of(remote)

    with pytest.raises(UsageError, match="on no remote: lib"):
        landed(unpushed)
    assert trunk_of(remote) == old


def test_submodule_is_named_when_it_cannot_be_fetched_for_verify(unpushed: Path, tmp_path: Path) -> None:
    (tmp_path / "library").rename(tmp_path / "away")

    with pytest.raises(UnavailableError, match="the submodules for verify: clone of"):
        landed(unpushed)


@pytest.mark.scenario(48)
def test_secret_lands_encrypted_and_is_plain_for_verify_when_git_crypt_is_unlocked(work: Path, remote: Path) -> None:
    write(work, ".git/git-crypt/keys/default", "key\n")
    smudge = "test -f $(git rev-parse --git-dir)/git-crypt/keys/default && rev || exit 1"
    git(work, "config", "filter.git-crypt.smudge", smudge)
    git(work, "config", "filter.git-crypt.clean", "rev")
    git(work, "config", "filter.git-crypt.required", "true")
    start_topic(work, file=".gitattributes", text="secret filter=git-crypt\n")
    commit(work, "secret", "plain\n")

    assert landed(work, verify="grep plain secret").verdict is Word.LANDED
    assert git(remote, "show", "main:secret") == "nialp"


@pytest.mark.scenario(28)
def test_landing_ends_in_time_when_a_filter_hangs_as_the_candidate_is_checked_out(work: Path, remote: Path) -> None:
    start_topic(work, file=".gitattributes", text="secret filter=slow\n")
    commit(work, "secret", "plain\n")
    git(work, "config", "filter.slow.smudge", "sleep 30; cat")
    old, begun = trunk_of(remote), time.monotonic()

    with pytest.raises(UnavailableError, match="cannot check out for verify: nothing came of it within 2 seconds"):
        events_of(work, timeout=1.0)
    assert time.monotonic() - begun < 15
    assert trunk_of(remote) == old


@pytest.mark.scenario(49)
def test_objects_are_uploaded_first_when_the_pre_push_hook_does_it(work: Path, remote: Path, tmp_path: Path) -> None:
    start_topic(work)
    hook(work, "pre-push", f'echo "$@" > {tmp_path}/called; cat >> {tmp_path}/called')

    assert landed(work).verdict is Word.LANDED

    called = (tmp_path / "called").read_text()
    assert remote.as_uri() in called
    assert called.splitlines()[-1].split()[2] == "refs/heads/main"
    assert trunk_of(remote) in called


@pytest.mark.scenario(50)
def test_candidate_is_signed_when_git_is_configured_to_sign(work: Path, remote: Path, tmp_path: Path) -> None:
    signer = write(tmp_path, "signer", "#!/bin/sh\necho '[GNUPG:] SIG_CREATED ' >&2\necho signed; cat > /dev/null\n")
    signer.chmod(0o755)
    start_topic(work)
    git(work, "config", "commit.gpgSign", "true")
    git(work, "config", "gpg.program", str(signer))

    assert landed(work).verdict is Word.LANDED
    assert "gpgsig signed" in git(remote, "cat-file", "commit", "main")


@pytest.mark.scenario(50)
def test_usage_is_the_end_when_the_signature_cannot_be_made(work: Path, remote: Path) -> None:
    start_topic(work)
    git(work, "config", "commit.gpgSign", "true")
    git(work, "config", "gpg.program", "/bin/false")
    old = trunk_of(remote)

    with pytest.raises(UsageError, match="the commit could not be made"):
        landed(work)
    assert trunk_of(remote) == old


@pytest.mark.scenario(50)
def test_timeout_is_the_end_when_the_signer_waits_for_somebody(work: Path, remote: Path, tmp_path: Path) -> None:
    signer = write(tmp_path, "signer", "#!/bin/sh\nexec sleep 20\n")
    signer.chmod(0o755)
    start_topic(work)
    git(work, "config", "commit.gpgSign", "true")
    git(work, "config", "gpg.program", str(signer))
    old, begun = trunk_of(remote), time.monotonic()

    verdict = verdict_of(events_of(work, timeout=1.0))

    assert verdict.verdict is Word.TIMEOUT
    assert "signed" in verdict.reason
    assert time.monotonic() - begun < 10
    assert trunk_of(remote) == old


def inv(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    write(directory.parent, "tasks.py", "from homelab_tasks.tasks.namespace import namespace as ns\n")
    program = [sys.executable, "-m", "invoke", *arguments]
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(program, cwd=directory, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.scenario(52)
@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("--verify", "true"), 0, "landed"),
        (("--verify", "exit 9"), 1, "failed"),
        ((), 2, "usage"),
        (("--verify", "true", "--no-verify"), 2, "usage"),
        (("--timeout", "soon", "--no-verify"), 2, "usage"),
        (("--resume", "--no-verify"), 2, "usage"),
        (("--dry-run", "--verify", "false"), 0, "ok"),
        (("--abort",), 0, "ok"),
    ],
)
def test_last_line_is_the_verdict_when_json_is_asked_for(
    work: Path, arguments: tuple[str, ...], code: int, word: str
) -> None:
    start_topic(work)

    done = inv(work, "work.land", "--json", "--no-ci-watch", *arguments)

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == code, done.stderr
    assert [line["event"] for line in lines].count("verdict") == 1
    assert (lines[-1]["event"], lines[-1]["verdict"], lines[-1]["exit_code"]) == ("verdict", word, code)
    assert lines[-1]["task"] == "work.land"
    assert {line["schema"] for line in lines} == {"homelab.events/1"}


def test_ci_server_is_asked_for_before_anything_lands_when_none_is_set(work: Path, remote: Path) -> None:
    start_topic(work)
    old = trunk_of(remote)

    done = inv(work, "work.land", "--no-verify")

    assert done.returncode == 2
    assert "--no-ci-watch" in done.stderr
    assert trunk_of(remote) == old


@pytest.mark.scenario(60)
def test_trunk_is_not_made_again_when_it_was_deleted_during_verify(work: Path, remote: Path) -> None:
    git(remote, "branch", "other", "main")
    git(remote, "config", "receive.denyDeleteCurrent", "ignore")
    start_topic(work)

    with pytest.raises(UsageError, match="no branch 'main' on the remote"):
        landed(work, verify=f"git --git-dir={remote} update-ref -d refs/heads/main")

    assert git(remote, "for-each-ref", "--format=%(refname)") == "refs/heads/other"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_unavailable_is_the_end_when_the_git_directory_cannot_be_written(work: Path, remote: Path) -> None:
    start_topic(work)
    old = trunk_of(remote)
    (work / ".git").chmod(0o500)

    try:
        with pytest.raises(UnavailableError, match="cannot write"):
            landed(work)
    finally:
        (work / ".git").chmod(0o700)
    assert trunk_of(remote) == old


def test_nothing_is_lost_when_the_disk_is_full(work: Path, remote: Path) -> None:
    write(work.parent, "tasks.py", "from homelab_tasks.tasks.namespace import namespace as ns\n")
    start_topic(work)
    old, before = trunk_of(remote), snapshot(work)
    # With files of at most 0 blocks every write fails, as on a full disk.
    line = f"ulimit -f 0; trap '' XFSZ; exec {sys.executable} -m invoke work.land --no-ci-watch --no-verify"
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}

    done = subprocess.run(["bash", "-c", line], cwd=work, env=variables, capture_output=True, text=True, check=False)

    assert done.returncode == 69, done.stderr
    assert (trunk_of(remote), snapshot(work)) == (old, before)
    assert landed(work).verdict is Word.LANDED


def test_topic_lands_when_git_is_called_from_inside_a_hook(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_topic(work)
    monkeypatch.setenv("GIT_DIR", str(work / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(work / ".git" / "index"))

    assert landed(work, verify="test $(git rev-parse --show-toplevel) = $(pwd)").verdict is Word.LANDED


def test_hooks_of_the_user_do_not_run_when_the_checkout_is_made(work: Path, tmp_path: Path) -> None:
    start_topic(work)
    hook(work, "post-checkout", f"touch {tmp_path}/ran")

    assert landed(work).verdict is Word.LANDED
    assert not (tmp_path / "ran").exists()


def test_verify_sees_nothing_of_the_users_when_it_looks_upwards(work: Path) -> None:
    start_topic(work, file=".gitignore", text="node_modules/\n")
    write(work, "node_modules/left-pad/index.js", "module.exports = 1\n")
    upwards = "d=$PWD; while test $d != /; do test -e $d/node_modules && exit 1; d=$(dirname $d); done; true"

    assert landed(work, verify=upwards).verdict is Word.LANDED
