"""
Why a push did not land, sorted by what to do next.

State decides whether a push landed; this reads text only to explain, once state has said that it did not. The
texts are git's (2.39 and 2.55) and the forges': Forgejo and Gitea routers/private/hook_pre_receive.go and
cmd/serv.go, GitHub's GH codes, GitLab lib/gitlab/checks.
"""

import re
from enum import StrEnum

from msgspec import Struct

from homelab_tasks.model.landing.push_result import PushResult


class Kind(StrEnum):
    """What kind of refusal it is, which is what to do about it."""

    MOVED = "moved"  # somebody else was faster: build on the new trunk
    PROTECTED = "protected"  # only a pull request can change this branch
    POLICY = "policy"  # a rule that a pull request would not get around
    AUTH = "auth"  # who we are does not suffice
    HOOK = "hook"  # the user's own pre-push hook said no
    UNPUSHED = "unpushed"  # a submodule is at a commit that is on no remote
    NETWORK = "network"  # the server could not be asked, or could not answer
    UNTRUSTED = "untrusted"  # a certificate or a host key that fails
    UNKNOWN = "unknown"  # none of these


class Refusal(Struct, frozen=True, kw_only=True):
    """A refusal: its *kind*, and the *words* that say why, the server's own where there are any."""

    kind: Kind
    words: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The words as one line."""
        return "; ".join(self.words) or "no reason was given"


_MOVED = (r"fetch first", r"non-fast-forward", r"stale info")
_RACED = (
    r"cannot lock ref .* is at \w+ but expected",
    r"failed to update ref",
    r"incorrect old value provided",
    r"cannot lock ref",
    r"failed to lock",
    r"atomic transaction failed",
    r"reference already exists",
)
# A secret must stop before anything else is looked at: GitHub's GH013 says both this and "use a pull request".
_POLICY = (
    r"push protection",
    r"push cannot contain secrets",
    r"secret",
    r"protected from unverified commit",
    r"must have verified signatures",
    r"quota exceeded",
    r"exceeds .*size limit",
    r"GH001|large files detected",
    r"is archived",
    r"mirror repository .* read-only",
    r"protected from force push",
)
_PROTECTED = (
    r"not allowed to push to protected branch",
    r"branch .* is protected from changing file",
    r"user permission denied for writing",
    r"GH006",
    r"protected branch hook declined",
    r"changes must be made through a pull request",
    r"required status check",
    r"cannot update this protected ref",
    r"not allowed to push code to protected branches",
    r"protected branch",
)
_SERVER_TROUBLE = (r"internal server error",)
_UNTRUSTED = (
    r"certificate",
    r"host key verification failed",
    r"returned error: 30\d|redirect",
    r"SSL: no alternative",
    r"REMOTE HOST IDENTIFICATION HAS CHANGED",
)
_AUTH = (
    r"authentication failed",
    r"terminal prompts disabled",
    r"could not read (username|password)",
    r"returned error: 40[134]",
    r"repository .*not found",
    r"permission denied \(",
    r"permission to .* denied",
    r"not allowed to push code to this project",
    r"invalid (username|credentials)",
)
_NETWORK = (
    r"unable to access '[^']*': (?!the requested url returned error)",  # whatever curl says, but for HTTP codes
    r"expected (flush|packfile)",  # an answer that ends too soon
    r"could not resolve",
    r"connection (refused|reset|timed out|closed)",
    r"failed to connect",
    r"couldn't connect",
    r"operation (too slow|timed out)",
    r"unexpected disconnect",
    r"hung up unexpectedly",
    r"early eof",
    r"rpc failed",
    r"returned error: (408|413|429|5\d\d)",
    r"empty reply from server",
    r"network is unreachable",
    r"no route to host",
    r"could not read from remote repository",
    r"does not appear to be a git repository",
    r"not valid: is this a git repository",
    r"SSL_ERROR|gnutls|TLS",
    r"nothing came of it within",
    r"broken pipe",
    r"invalid server response|protocol error|bad line length",
)
# transport.c die_with_unpushed_submodules; the sentence is broken over two lines
_UNPUSHED = re.compile(
    r"submodule paths contain changes that can\s+not be found on any remote:\n(?P<paths>(?:  .*\n)+)"
)
# Another try would bring the same: a body that is too large, an option of the user's that the server does not know.
_FINAL = (r"returned error: 413", r"the receiving end does not support (push options|--signed)")


def _says(text: str, *patterns: str) -> bool:
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns)


def classify_push(result: PushResult, ref: str) -> Refusal:
    """Say why *ref* was not updated by a push that did not land."""
    update = result.update_of(ref)
    if update is None:
        return classify_failure(result.errors, code=result.code)
    if not update.refused:
        return Refusal(kind=Kind.UNKNOWN, words=("git says that it was pushed, and the remote does not hold it",))
    reason = update.reason or ""
    if not update.by_server:
        return _refused_here(reason, result)
    return _refused_there(reason, result)


def _refused_here(reason: str, result: PushResult) -> Refusal:
    if _says(reason, *_MOVED):
        return Refusal(kind=Kind.MOVED, words=(reason,))
    if _says(reason, r"atomic push failed"):
        others = [update for update in result.updates if update.refused and update.reason != reason]
        moved = any(_says(update.reason or "", *_MOVED) for update in others)
        return Refusal(kind=Kind.MOVED if moved else Kind.UNKNOWN, words=(reason,))
    return Refusal(kind=Kind.UNKNOWN, words=(reason,) if reason else _last_words(result.errors))


def _refused_there(reason: str, result: PushResult) -> Refusal:
    said = "\n".join((reason, *result.remote))
    words = result.remote or ((reason,) if reason else ())
    kinds = (
        (Kind.POLICY, _POLICY),
        (Kind.PROTECTED, _PROTECTED),
        (Kind.MOVED, _RACED),
        (Kind.NETWORK, _SERVER_TROUBLE),
        (Kind.AUTH, _AUTH),
    )
    for kind, patterns in kinds:
        if _says(said, *patterns):
            return Refusal(kind=kind, words=words)
    declined = r"declined|rule violations|currently checked out|unpacker error|deny|prohibited|non-fast-forward"
    return Refusal(kind=Kind.POLICY if _says(reason, declined) else Kind.UNKNOWN, words=words)


def classify_failure(errors: str, *, code: int) -> Refusal:
    """Say why git could not speak with the remote at all (or why a local hook stopped it) from its stderr."""
    words = _last_words(errors)
    unpushed = _UNPUSHED.search(errors)
    if unpushed is not None:
        return Refusal(kind=Kind.UNPUSHED, words=tuple(unpushed["paths"].split()))
    if _says(errors, *_FINAL):
        return Refusal(kind=Kind.POLICY, words=words)
    for kind, patterns in ((Kind.UNTRUSTED, _UNTRUSTED), (Kind.AUTH, _AUTH), (Kind.NETWORK, _NETWORK)):
        if _says(errors, *patterns):
            return Refusal(kind=kind, words=words)
    if code == 1:  # a failure of the transport is 128; with 1 and no ref, nothing was sent
        return Refusal(kind=Kind.HOOK, words=words)
    return Refusal(kind=Kind.UNKNOWN, words=words)


MOST_WORDS = 12
_NOISE = re.compile(r"^(hint:|To |error: failed to push some refs|Please make sure|and the repository exists)")


def _last_words(errors: str) -> tuple[str, ...]:
    lines = (line.strip() for line in errors.splitlines())
    return tuple(line for line in lines if line and not _NOISE.match(line))[-MOST_WORDS:]
