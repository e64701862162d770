"""
Open the one pull request of a topic, or find it: on a trunk that is protected, or because that was asked for.

AGit (a push to `refs/for/TRUNK`, Forgejo and Gitea) needs no more than the right to read; where the server does not
know it, the topic's branch is pushed and the forge's API asked. Only a pull request that was read back counts.
"""

from collections.abc import Generator, Iterator, Sequence
from typing import Protocol

from msgspec import Struct

from homelab_tasks.actions.waiting import Patience
from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Event, Failure, Land, LandPhase, Verdict
from homelab_tasks.model.landing.landing import HEADS, RefChange, RemoteState
from homelab_tasks.model.landing.pull_request import PullRequest
from homelab_tasks.model.landing.push_result import PushResult
from homelab_tasks.model.landing.refusal import Kind, classify_failure, classify_push
from homelab_tasks.model.verdict import Word

PUSH_SECONDS = 120.0
FOR = "refs/for/"
LOOKS = 5
LOOK_SECONDS = 0.5
_SAME = "same as the old commit"  # AGit's words for a pull request that is up to date (services/agit/agit.go)


class Forge(Protocol):
    """The repository on the forge."""

    def find(self, *, topic: str, tip: str, trunk: str) -> PullRequest | None: ...
    def open(self, *, topic: str, trunk: str, title: str) -> PullRequest | None: ...


class Remote(Protocol):
    """The git side of the forge."""

    def look(self, *refs: str) -> RemoteState: ...
    def offer(self, source: str, target: str, *, timeout: float | None, options: Sequence[str] = ()) -> PushResult: ...
    def push(self, *changes: RefChange, timeout: float | None, hooks: bool = True) -> PushResult: ...


class Proposal(Struct, frozen=True, kw_only=True):
    """What is proposed: commit *tip* of *topic* for *trunk*; *reason* is why it does not land."""

    topic: str
    tip: str
    trunk: str
    title: str
    reason: str


def propose(proposal: Proposal, remote: Remote, forge: Forge | None, patience: Patience) -> Iterator[Event]:
    """Open or find the pull request of *proposal*; the last event is the verdict."""
    if forge is None:
        hint = "set homelab.forge.url to the Forgejo or Gitea server that pull requests are opened on"
        yield _failed(proposal, "there is no forge to open a pull request on", hint=hint)
        return
    try:
        yield from _propose(proposal, remote, forge, patience)
    except HomelabError as error:
        yield _failed(proposal, error.problem, hint=error.hint)


def _propose(proposal: Proposal, remote: Remote, forge: Forge, patience: Patience) -> Iterator[Event]:
    pull = yield from _find(proposal, forge, patience)
    if pull is None or pull.head.sha != proposal.tip:
        refused = yield from _offer(proposal, remote)
        pull = (yield from _await(proposal, forge, patience)) if refused is None else None
        if pull is None and refused is None:
            refused = _take_back(proposal, remote)
        if pull is None:
            blocked = yield from _push_branch(proposal, remote)
            if blocked is not None:
                yield blocked
                return
            title, topic, trunk = proposal.title, proposal.topic, proposal.trunk
            yield from patience.ask("open", lambda: forge.open(topic=topic, trunk=trunk, title=title))
            pull = yield from _await(proposal, forge, patience)
    if pull is None:
        yield _failed(proposal, "the pull request did not appear on the forge")
        return
    reason = f"{proposal.reason}; pull request {pull.url} is open. It is not landed"
    yield Verdict(
        verdict=Word.PROPOSED, reason=reason, url=pull.url, commit=proposal.tip, hint="review and merge it there"
    )


def _find(proposal: Proposal, forge: Forge, patience: Patience) -> Generator[Event, None, PullRequest | None]:
    topic, tip, trunk = proposal.topic, proposal.tip, proposal.trunk
    return (yield from patience.ask("pulls", lambda: forge.find(topic=topic, tip=tip, trunk=trunk)))


def _await(proposal: Proposal, forge: Forge, patience: Patience) -> Generator[Event, None, PullRequest | None]:
    """Look until the pull request holds the topic's tip: forges update it in the background."""
    for look in range(LOOKS):
        if look:
            patience.clock.sleep(LOOK_SECONDS)
        pull = yield from _find(proposal, forge, patience)
        if pull is not None and pull.head.sha == proposal.tip:
            return pull
    return None


def _offer(proposal: Proposal, remote: Remote) -> Generator[Event, None, str | None]:
    """Push to `refs/for/`; returns why that was refused, None when the server took it."""
    yield _told(f"{proposal.tip[:7]} -> {FOR}{proposal.trunk}")
    options = (f"topic={proposal.topic}", f"title={proposal.title}")
    target = FOR + proposal.trunk
    result = remote.offer(proposal.tip, target, timeout=PUSH_SECONDS, options=options)
    if result.done and not any(update.refused for update in result.updates):
        return None
    said = " ".join((*result.remote, *(update.reason or "" for update in result.updates)))
    if _SAME in said:
        return None
    return said or classify_failure(result.errors, code=result.code).text


def _take_back(proposal: Proposal, remote: Remote) -> str:
    """Delete the ref that a server without AGit made of `refs/for/TRUNK`, if it is still ours."""
    target = FOR + proposal.trunk
    if remote.look(target).refs.get(target) == proposal.tip:
        remote.push(RefChange(source=None, target=target, expected=proposal.tip), timeout=PUSH_SECONDS, hooks=False)
    return "the server does not know refs/for"


def _push_branch(proposal: Proposal, remote: Remote) -> Generator[Event, None, Verdict | None]:
    """Push the topic's branch, never over other commits; returns the verdict when that was refused."""
    yield _told(f"{proposal.tip[:7]} -> {proposal.topic}")
    target = HEADS + proposal.topic
    result = remote.offer(proposal.tip, target, timeout=PUSH_SECONDS)
    if remote.look(target).refs.get(target) == proposal.tip:
        return None
    refusal = classify_push(result, target)
    if refusal.kind is Kind.MOVED:
        hint = "take them in (git pull) or give the topic another name (git branch -m), then inv work.land"
        return _failed(proposal, f"branch {proposal.topic!r} on the remote has other commits", hint=hint)
    return _failed(proposal, f"the topic's branch was refused: {refusal.text}", words=refusal.words)


def _failed(proposal: Proposal, why: str, *, hint: str | None = None, words: tuple[str, ...] = ()) -> Verdict:
    reason = f"{proposal.reason}, and no pull request is there: {why}"
    failures = (Failure(error=why, tail=words),) if words else ()
    return Verdict(verdict=Word.FAILED, reason=reason, hint=hint, failures=failures)


def _told(text: str) -> Land:
    return Land(phase=LandPhase.PUSH, attempt=1, text=text)
