"""Every way in which a push does not land, as git 2.39, git 2.55 and four forges say it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homelab_tasks.model.landing.push_result import PushResult, parse_push
from homelab_tasks.model.landing.refusal import Kind, classify_failure, classify_push

TRUNK = "refs/heads/main"
FAILED = "error: failed to push some refs to 'https://git.example.org/lab/app.git'"


def pushed(summary: str, *remote: str, flag: str = "!", code: int = 1) -> PushResult:
    line = f"{flag}\trefs/land/1/candidate:{TRUNK}\t{summary}"
    output = f"To https://git.example.org/lab/app.git\n{line}\nDone\n"
    errors = "\n".join([*(f"remote: {words}" for words in remote), FAILED])
    return parse_push(code=code, output=output, errors=errors)


LOCKED = "error: cannot lock ref 'refs/heads/main': is at 1111111 but expected 2222222"
PRE_RECEIVE = "[remote rejected] (pre-receive hook declined)"


@pytest.mark.parametrize(
    ("summary", "remote", "kind"),
    [
        ("[rejected] (fetch first)", (), Kind.MOVED),
        ("[rejected] (non-fast-forward)", (), Kind.MOVED),
        ("[rejected] (stale info)", (), Kind.MOVED),
        ("[remote rejected] (failed to update ref)", (LOCKED,), Kind.MOVED),
        ("[remote rejected] (incorrect old value provided)", (LOCKED,), Kind.MOVED),
        ("[remote rejected] (cannot lock ref 'refs/heads/main': is at A1 but expected B2)", (), Kind.MOVED),
        ("[remote rejected] (atomic transaction failed)", (LOCKED,), Kind.MOVED),
        ("[remote rejected] (hook declined)", ("no tabs, please",), Kind.POLICY),
        (PRE_RECEIVE, ("tests must pass first",), Kind.POLICY),
        ("[remote rejected] (non-fast-forward)", (), Kind.POLICY),
        ("[remote rejected] (branch is currently checked out)", (), Kind.POLICY),
        (PRE_RECEIVE, ("Forgejo: Not allowed to push to protected branch main",), Kind.PROTECTED),
        (PRE_RECEIVE, ("Gitea: Not allowed to push to protected branch main",), Kind.PROTECTED),
        (PRE_RECEIVE, ("Forgejo: branch main is protected from changing file ci.yaml",), Kind.PROTECTED),
        (PRE_RECEIVE, ("Forgejo: branch main is protected from unverified commit 1a2b3c",), Kind.POLICY),
        (PRE_RECEIVE, ("Forgejo: branch main is protected from force push",), Kind.POLICY),
        (PRE_RECEIVE, ("Forgejo: User permission denied for writing.",), Kind.PROTECTED),
        (PRE_RECEIVE, ("Forgejo: Quota exceeded",), Kind.POLICY),
        (PRE_RECEIVE, ("Forgejo: Internal Server Error (no specific error)",), Kind.NETWORK),
        (
            "[remote rejected] (protected branch hook declined)",
            (
                "error: GH006: Protected branch update failed for refs/heads/main.",
                "error: Changes must be made through a pull request.",
            ),
            Kind.PROTECTED,
        ),
        (
            "[remote rejected] (protected branch hook declined)",
            ("error: GH006: Protected branch update failed", 'error: Required status check "x" is expected.'),
            Kind.PROTECTED,
        ),
        (
            "[remote rejected] (push declined due to repository rule violations)",
            ("error: GH013: Repository rule violations found", "- Changes must be made through a pull request."),
            Kind.PROTECTED,
        ),
        (
            "[remote rejected] (push declined due to repository rule violations)",
            (
                "error: GH013: Repository rule violations found",
                "- GITHUB PUSH PROTECTION",
                "- Push cannot contain secrets",
            ),
            Kind.POLICY,
        ),
        (
            "[remote rejected] (push declined due to repository rule violations)",
            (
                "error: GH013: Repository rule violations found",
                "- Changes must be made through a pull request.",
                "- Push cannot contain secrets",
            ),
            Kind.POLICY,
        ),
        (
            "[remote rejected] (push declined due to repository rule violations)",
            ("error: GH013: Repository rule violations found", "- Commits must have verified signatures."),
            Kind.POLICY,
        ),
        (
            PRE_RECEIVE,
            ("GitLab: You are not allowed to push code to protected branches on this project.",),
            Kind.PROTECTED,
        ),
        (PRE_RECEIVE, ("error: GH001: Large files detected.",), Kind.POLICY),
        (PRE_RECEIVE, ("GitLab: You are not allowed to push code to this project.",), Kind.AUTH),
    ],
)
def test_refusal_is_sorted_when_a_ref_was_refused(summary: str, remote: tuple[str, ...], kind: Kind) -> None:
    refusal = classify_push(pushed(summary, *remote), TRUNK)

    assert refusal.kind is kind
    for words in remote:
        assert words in refusal.words


@pytest.mark.parametrize(
    ("errors", "code", "kind"),
    [
        ("fatal: Authentication failed for 'https://git.example.org/lab/app.git/'", 128, Kind.AUTH),
        ("fatal: could not read Username for 'https://x': terminal prompts disabled", 128, Kind.AUTH),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 403", 128, Kind.AUTH),
        ("remote: Not found.\nfatal: repository 'https://x/' not found", 128, Kind.AUTH),
        ("git@x: Permission denied (publickey).\nfatal: Could not read from remote repository.", 128, Kind.AUTH),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 429", 128, Kind.NETWORK),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 503", 128, Kind.NETWORK),
        ("error: RPC failed; HTTP 413 curl 22 The requested URL returned error: 413", 1, Kind.POLICY),
        ("fatal: unable to access 'https://x/': Could not resolve host: x", 128, Kind.NETWORK),
        ("fatal: unable to access 'https://x/': Failed to connect to x port 1: Connection refused", 128, Kind.NETWORK),
        ("fatal: unable to access 'https://x/': Recv failure: Connection reset by peer", 128, Kind.NETWORK),
        ("fatal: unable to access 'https://x/': Operation too slow.", 128, Kind.NETWORK),
        ("fatal: unable to access 'https://x/': transfer closed with 108 bytes remaining to read", 128, Kind.NETWORK),
        ("fatal: unable to access 'https://x/': HTTP/2 stream 0 was not closed cleanly", 128, Kind.NETWORK),
        ("fatal: expected flush after ref listing", 128, Kind.NETWORK),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 400", 128, Kind.UNKNOWN),
        ("send-pack: unexpected disconnect while reading sideband packet\nfatal: the remote end hung up unexpectedly",
         128, Kind.NETWORK),
        ("fatal: '/srv/gone.git' does not appear to be a git repository", 128, Kind.NETWORK),
        ("fatal: unable to access 'https://x/': server certificate verification failed. CAfile: none", 128,
         Kind.UNTRUSTED),
        ("fatal: unable to access 'https://x/': SSL certificate problem: unable to get local issuer", 128,
         Kind.UNTRUSTED),
        ("Host key verification failed.\nfatal: Could not read from remote repository.", 128, Kind.UNTRUSTED),
        ("lint failed in a.py\nerror: failed to push some refs to 'x'", 1, Kind.HOOK),
        ("fatal: the receiving end does not support push options\nfatal: the remote end hung up unexpectedly", 128,
         Kind.POLICY),
        ("fatal: the receiving end does not support --signed push\nfatal: the remote end hung up unexpectedly", 128,
         Kind.POLICY),
    ],
)  # fmt: skip
def test_failure_is_sorted_when_no_ref_line_came(errors: str, code: int, kind: Kind) -> None:
    result = parse_push(code=code, output="", errors=errors)

    assert classify_push(result, TRUNK).kind is kind


def test_hook_words_are_kept_when_the_local_hook_refuses() -> None:
    refusal = classify_failure("lint failed in a.py\nerror: failed to push some refs to 'x'", code=1)

    assert refusal.text == "lint failed in a.py"


def test_update_is_read_when_the_connection_was_cut_after_the_server_accepted() -> None:
    output = f"To x\n \tHEAD:{TRUNK}\t1111111..2222222\n"

    result = parse_push(code=1, output=output, errors="send-pack: unexpected disconnect")

    update = result.update_of(TRUNK)
    assert update is not None
    assert not update.refused
    assert not result.done


def test_nothing_was_updated_when_submodules_only_were_pushed() -> None:
    result = parse_push(code=0, output="Done\n", errors="")

    assert result.done
    assert result.update_of(TRUNK) is None


def test_forced_update_is_seen_when_flag_is_a_plus() -> None:
    result = pushed("1111111...2222222 (forced update)", flag="+", code=0)

    update = result.update_of(TRUNK)
    assert update is not None
    assert update.forced


def test_culprit_counts_when_an_atomic_push_is_refused_here() -> None:
    lines = (
        "!\trefs/land/1/candidate:refs/heads/main\t[rejected] (atomic push failed)",
        "!\t:refs/land/main/lock\t[rejected] (stale info)",
    )

    result = parse_push(code=1, output="\n".join(("To x", *lines, "Done")), errors=FAILED)

    assert classify_push(result, TRUNK).kind is Kind.MOVED


def test_remote_words_are_clean_when_git_pads_them() -> None:
    result = parse_push(code=1, output="", errors="remote: one   \x1b[K\nremote: \nremote: ====\nremote: two\r\n")

    assert result.remote == ("one", "two")


@given(output=st.text(), errors=st.text(), code=st.integers(0, 255))
def test_anything_is_read_when_it_is_no_porcelain(output: str, errors: str, code: int) -> None:
    result = parse_push(code=code, output=output, errors=errors)

    assert isinstance(classify_push(result, TRUNK).text, str)
