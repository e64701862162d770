"""
Land a topic on the trunk: sync, build the merge, verify it, push it by compare-and-swap, and look where it is.

Whatever is lost to others is built and verified anew, from the topic's own tip. What has landed is decided by the
remote's state alone. Every step is in the journal before it is done, so that a kill at any moment is resumed.
"""

from collections.abc import Generator, Iterator
from contextlib import nullcontext, suppress
from typing import Protocol

import msgspec

from homelab_tasks.actions.landing.build_candidate import build_candidate
from homelab_tasks.actions.landing.hold_lock import TrunkLock
from homelab_tasks.actions.landing.preflight import preflight
from homelab_tasks.actions.landing.push_candidate import push_candidate
from homelab_tasks.actions.landing.resume_landing import already_there, landed_before
from homelab_tasks.actions.landing.ride_train import Train
from homelab_tasks.actions.landing.site import Order, Site
from homelab_tasks.actions.landing.sync_trunk import require_mergeable, sync_trunk
from homelab_tasks.actions.landing.verify_candidate import verify_candidate
from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Event, Land, LandPhase, Note, NoteKind, Verdict
from homelab_tasks.model.landing import verdicts
from homelab_tasks.model.landing.landing import Candidate, Record, RemoteState, Step, Trunk
from homelab_tasks.model.landing.refusal import Kind, Refusal
from homelab_tasks.model.verdict import Word

LOST_BEFORE_LOCK = 2  # with these, every lander lands with at most four verifies
MOST_LOST = 10
PAUSE_FIRST_SECONDS = 0.4
PAUSE_MOST_SECONDS = 2.0  # ten pauses together take less than half a minute


class Proposer(Protocol):
    """Opens, or finds, the one pull request of a topic; ends with its verdict."""

    def __call__(self, topic: str, tip: str, trunk: str, reason: str) -> Iterator[Event]: ...


def land(order: Order, site: Site, propose: Proposer) -> Iterator[Event]:
    """
    Land the topic that is checked out, as *order* says; the last event is the verdict.

    Raises UsageError for a clone that cannot be landed from, and UnavailableError when the remote stays away.
    """
    with site.journal.exclusive():
        yield from _Landing(order, site, propose).run()


class _Landing:
    """One landing, from its preflight to its verdict."""

    def __init__(self, order: Order, site: Site, propose: Proposer) -> None:
        self._order, self._site, self._propose = order, site, propose
        self._record: Record | None = None
        self._former: str | None = None
        self._seen: RemoteState | None = None
        self._shared: str | None = None
        self._lock: TrunkLock | None = None
        self._lost = 0

    def run(self) -> Iterator[Event]:
        left = self._site.journal.load()
        try:
            if left is not None:
                verdict = yield from landed_before(self._site, left)
                if verdict is not None:
                    yield verdict
                    return
            self._record, self._seen = yield from preflight(self._order, self._site, left)
            self._former = left.base if left is not None else None
            self._lock = TrunkLock(self._site, self._record.trunk)
            verdict = None
            if self._order.train and not self._order.propose:
                verdict = yield from self._ride(self._record)
            if verdict is None:
                verdict = yield from self._attempts(self._record)
            yield from self._tell_of_later_commits(self._record.tip)
            yield verdict
        finally:
            self._tidy()

    def _note(self, **changes: object) -> None:
        """Write down what is about to be done."""
        if self._record is not None:
            self._record = msgspec.structs.replace(self._record, **changes)
            self._site.journal.write(self._record)

    def _tidy(self) -> None:
        """Take our refs away; the journal stays when a push was begun whose outcome nobody has seen."""
        if self._lock is not None:
            with suppress(HomelabError):
                self._lock.release()
        self._site.remote.forget()
        if self._record is not None and self._record.step is Step.STARTED:
            self._site.journal.clear()

    def _ride(self, record: Record) -> Generator[Event, None, Verdict | None]:
        """Land by train; None where the remote takes no refs of one."""
        ended = yield from Train(self._site, self._order, record, self._note).ride()
        if isinstance(ended, Refusal):
            return (yield from self._give_up(record, ended))
        if ended is not None and ended.verdict is Word.LANDED:
            self._note(step=Step.LANDED, landed=ended.commit)
        elif ended is not None:
            self._note(step=Step.STARTED)
        return ended

    def _attempts(self, record: Record) -> Generator[Event, None, Verdict]:
        for attempt in range(1, 1 + MOST_LOST):
            verdict = yield from self._attempt(record, attempt)
            if verdict is not None:
                return verdict
        return verdicts.contended(record.trunk, MOST_LOST)

    def _attempt(self, record: Record, attempt: int) -> Generator[Event, None, Verdict | None]:
        """Try to land once; None when others were faster."""
        trunk = yield from self._sync(record, attempt)
        if self._shared == record.tip:
            return self._already_there(record, trunk)
        if self._site.time_left <= 0:
            return verdicts.late("the time for landing was up before its turn came")
        candidate = build_candidate(self._site, self._order, record, trunk.base, attempt)
        if isinstance(candidate, Verdict):
            return candidate
        text = f"{candidate.commit[:7]} merges cleanly (tree {candidate.tree[:7]})"
        yield Land(phase=LandPhase.CANDIDATE, attempt=attempt, trunk=trunk.base, candidate=candidate.commit, text=text)
        verdict = yield from self._verify(candidate)
        if verdict is None and self._order.propose:
            verdict = yield from self._open_proposal(record, "as asked")
        if verdict is None and self._site.time_left <= 0:
            verdict = verdicts.late("the time for landing was up after verify")
        return verdict if verdict is not None else (yield from self._push(record, candidate))

    def _sync(self, record: Record, attempt: int) -> Generator[Event, None, Trunk]:
        lock = self._lock
        trunk = yield from sync_trunk(self._site, record.trunk, self._seen)
        self._seen = None
        foreign = trunk.lock is not None and lock is not None and trunk.lock != lock.value
        if lock is not None and (foreign or self._lost >= LOST_BEFORE_LOCK):
            yield from lock.acquire()
            trunk = yield from sync_trunk(self._site, record.trunk, None)
        text = f"{record.trunk} is at {trunk.base[:7]}"
        yield Land(phase=LandPhase.SYNC, attempt=attempt, trunk=trunk.base, text=text)
        formers = (self._former, self._site.clone.former_trunk(record.trunk))
        self._shared = yield from require_mergeable(self._site, trunk, record.tip, formers)
        self._former = trunk.base
        self._note(base=trunk.base, lock=lock.value if lock is not None else None)
        return trunk

    def _already_there(self, record: Record, trunk: Trunk) -> Verdict:
        verdict = already_there(self._site, self._record or record, trunk.base)
        if verdict.commit is not None:
            self._note(step=Step.LANDED, landed=verdict.commit)
        return verdict

    def _verify(self, candidate: Candidate) -> Generator[Event, None, Verdict | None]:
        held = self._lock is not None and self._lock.value is not None
        with self._lock.beating() if held and self._lock is not None else nullcontext():
            return (
                yield from verify_candidate(
                    self._site, self._order.verify, candidate, lambda group: self._note(verify_group=group)
                )
            )

    def _push(self, record: Record, candidate: Candidate) -> Generator[Event, None, Verdict | None]:
        """Push, and tell what came of it; None when others were faster."""
        pushed = (*(self._record or record).pushed, candidate.commit)
        self._note(step=Step.PUSHING, pushed=pushed, verify_group=None)
        beside = self._lock.release_with_push() if self._lock is not None else ()
        refusal = yield from push_candidate(self._site, record.trunk, candidate, beside)
        if refusal is None:
            self._note(step=Step.LANDED, landed=candidate.commit)
        if self._lock is not None and beside:
            yield from self._lock.look_again()
        if refusal is None:
            return verdicts.landed(candidate.commit, record.trunk)
        if refusal.kind is not Kind.MOVED:
            return (yield from self._give_up(record, refusal))
        self._note(step=Step.STARTED)
        yield from self._lose(record, candidate.attempt)
        if self._site.time_left <= 0:
            return verdicts.late(f"the trunk moved {self._lost} times, and the time for landing was up")
        return None

    def _lose(self, record: Record, attempt: int) -> Iterator[Event]:
        self._lost += 1
        text = f"lost the race for {record.trunk}; building on what it is now"
        yield Land(phase=LandPhase.PUSH, attempt=attempt, text=text)
        longest = min(PAUSE_FIRST_SECONDS * 2**self._lost, PAUSE_MOST_SECONDS)
        self._site.clock.sleep(min(self._site.jitter(longest), self._site.time_left))

    def _give_up(self, record: Record, refusal: Refusal) -> Generator[Event, None, Verdict]:
        if refusal.kind is Kind.PROTECTED:
            text = f"{record.trunk} is protected ({refusal.text}); opening a pull request instead"
            yield Note(kind=NoteKind.WARNING, text=text)
            return (yield from self._open_proposal(record, f"{record.trunk} is protected"))
        if refusal.kind is not Kind.NETWORK:  # with that, the journal stays: what the server did is not known
            self._note(step=Step.STARTED)
        return verdicts.refused(refusal, record.trunk)

    def _open_proposal(self, record: Record, reason: str) -> Generator[Event, None, Verdict]:
        self._note(step=Step.PROPOSING)
        verdict: Verdict | None = None
        for event in self._propose(record.topic, record.tip, record.trunk, reason):
            if isinstance(event, Verdict):
                verdict = event
            else:
                yield event
        self._note(step=Step.STARTED)
        if verdict is None:
            raise HomelabError("a proposal ended without a verdict")
        return verdict

    def _tell_of_later_commits(self, tip: str) -> Iterator[Event]:
        now = self._site.clone.tip()
        if now is not None and now != tip:
            text = f"the topic moved to {now[:7]} meanwhile; {tip[:7]} is what this landing was about"
            yield Note(kind=NoteKind.WARNING, text=text)
