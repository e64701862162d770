"""
The race for the trunk: build on what it is, verify, and push, if it still is that.

Whatever is lost to others is built and verified anew, from the topic's own tip. After some lost races, or where
somebody waits already, a place in line is taken.
"""

from collections.abc import Generator, Iterator
from contextlib import nullcontext, suppress

from homelab_tasks.actions.landing.build_candidate import build_candidate
from homelab_tasks.actions.landing.hold_lock import TrunkLock
from homelab_tasks.actions.landing.logbook import Logbook
from homelab_tasks.actions.landing.push_candidate import push_candidate
from homelab_tasks.actions.landing.resume_landing import already_there
from homelab_tasks.actions.landing.site import Order, Site
from homelab_tasks.actions.landing.sync_trunk import require_mergeable, sync_trunk
from homelab_tasks.actions.landing.verify_candidate import verify_candidate
from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Event, Land, LandPhase, Verdict
from homelab_tasks.model.landing import verdicts
from homelab_tasks.model.landing.landing import Candidate, RemoteState, Step, Trunk
from homelab_tasks.model.landing.refusal import Kind, Refusal

LOST_BEFORE_LOCK = 2  # with these, every lander lands with at most four verifies
MOST_LOST = 10
PAUSE_FIRST_SECONDS = 0.4
PAUSE_MOST_SECONDS = 2.0  # ten pauses together take less than half a minute


class Race:
    """One topic in the race, as often as it takes."""

    def __init__(
        self, site: Site, order: Order, logbook: Logbook, *, seen: RemoteState | None, former: str | None
    ) -> None:
        """Race for the topic in *logbook*; *seen* is a look at the remote just now, *former* an older trunk."""
        self._site, self._order, self._logbook = site, order, logbook
        self._trunk, self._tip = logbook.record.trunk, logbook.record.tip
        self._seen, self._former = seen, former
        self._lock = TrunkLock(site, self._trunk)
        self._lost = 0

    def run(self) -> Generator[Event, None, Verdict | Refusal]:
        """Race until the topic has landed, or cannot; returns a Refusal where the push was refused for good."""
        while self._lost < MOST_LOST:
            prepared = yield from self.prepare()
            ended = (yield from self._push(prepared)) if isinstance(prepared, Candidate) else prepared
            if ended is not None:
                return ended
        return verdicts.contended(self._trunk, MOST_LOST)

    def prepare(self) -> Generator[Event, None, Candidate | Verdict]:
        """Build a candidate on the trunk as it is now, and verify it; the verdict where that is the end."""
        trunk = yield from self._sync()
        formers = (self._former, self._site.clone.former_trunk(self._trunk))
        shared = yield from require_mergeable(self._site, trunk, self._tip, formers)
        self._former = trunk.base
        self._logbook.note(base=trunk.base, lock=self._lock.value)
        if shared == self._tip:
            return self._already_there(trunk)
        if self._site.time_left <= 0:
            return verdicts.late("the time for landing was up before its turn came")
        candidate = build_candidate(self._site, self._order, self._logbook.record, trunk.base, self._attempt)
        if isinstance(candidate, Verdict):
            return candidate
        text = f"{candidate.commit[:7]} merges cleanly (tree {candidate.tree[:7]})"
        yield self._told(LandPhase.CANDIDATE, text, trunk=trunk.base, candidate=candidate.commit)
        verdict = yield from self._verify(candidate)
        return candidate if verdict is None else verdict

    def give_back(self) -> None:
        """Leave the line; not being able to only makes others wait for a moment."""
        with suppress(HomelabError):
            self._lock.release()

    @property
    def _attempt(self) -> int:
        return self._lost + 1

    def _sync(self) -> Generator[Event, None, Trunk]:
        trunk = yield from sync_trunk(self._site, self._trunk, self._seen)
        self._seen = None
        foreign = trunk.lock is not None and trunk.lock != self._lock.value
        if foreign or self._lost >= LOST_BEFORE_LOCK:
            yield from self._lock.acquire()
            trunk = yield from sync_trunk(self._site, self._trunk, None)
        yield self._told(LandPhase.SYNC, f"{self._trunk} is at {trunk.base[:7]}", trunk=trunk.base)
        return trunk

    def _already_there(self, trunk: Trunk) -> Verdict:
        verdict = already_there(self._site, self._logbook.record, trunk.base)
        if verdict.commit is not None:
            self._logbook.note_landed(verdict.commit)
        return verdict

    def _verify(self, candidate: Candidate) -> Generator[Event, None, Verdict | None]:
        with self._lock.beating() if self._lock.value is not None else nullcontext():
            return (
                yield from verify_candidate(
                    self._site, self._order.verify, candidate, lambda group: self._logbook.note(verify_group=group)
                )
            )

    def _push(self, candidate: Candidate) -> Generator[Event, None, Verdict | Refusal | None]:
        """Push, and tell what came of it; None when others were faster."""
        if self._site.time_left <= 0:
            return verdicts.late("the time for landing was up after verify")
        self._logbook.note_push(candidate.commit)
        beside = self._lock.release_with_push()
        refusal = yield from push_candidate(self._site, self._trunk, candidate, beside)
        if refusal is None:
            self._logbook.note_landed(candidate.commit)
        if beside:
            yield from self._lock.look_again()
        if refusal is None:
            return verdicts.landed(candidate.commit, self._trunk)
        if refusal.kind is not Kind.MOVED:
            return refusal
        self._logbook.note(step=Step.STARTED)
        yield from self._lose()
        if self._site.time_left <= 0:
            return verdicts.late(f"the trunk moved {self._lost} times, and the time for landing was up")
        return None

    def _lose(self) -> Iterator[Event]:
        yield self._told(LandPhase.PUSH, f"lost the race for {self._trunk}; building on what it is now")
        self._lost += 1
        longest = min(PAUSE_FIRST_SECONDS * 2**self._lost, PAUSE_MOST_SECONDS)
        self._site.clock.sleep(min(self._site.jitter(longest), self._site.time_left))

    def _told(self, phase: LandPhase, text: str, *, trunk: str | None = None, candidate: str | None = None) -> Land:
        return Land(phase=phase, attempt=self._attempt, trunk=trunk, candidate=candidate, text=text)
