"""
Land by train: join behind the last candidate, verify the chain with ours on top, and go when all before it are green.

N landers need about the time of one verify instead of N. Whoever is red leaves; those behind build anew without it.
"""

from collections.abc import Callable, Generator
from contextlib import suppress

from msgspec import structs

from homelab_tasks.actions.landing.build_candidate import build_candidate
from homelab_tasks.actions.landing.push_candidate import push_candidate
from homelab_tasks.actions.landing.resume_landing import already_there
from homelab_tasks.actions.landing.site import Order, Site
from homelab_tasks.actions.landing.sync_trunk import require_mergeable
from homelab_tasks.actions.landing.train_refs import Car
from homelab_tasks.actions.landing.verify_candidate import verify_candidate
from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Event, Land, LandPhase, Note, NoteKind, Verdict
from homelab_tasks.model.landing import verdicts
from homelab_tasks.model.landing.landing import HEADS, Candidate, Record, Step, Trunk
from homelab_tasks.model.landing.refusal import Kind, Refusal
from homelab_tasks.model.landing.train import TrainView, Turn

LOOK_FIRST_SECONDS = 0.2
LOOK_MOST_SECONDS = 1.0
MOST_PUSHED = 3
MOST_JOINED = 20
"""How often a candidate may be built anew before the trunk counts as contended."""


class Train:
    """One ride: from joining to the trunk, or out of the train."""

    def __init__(self, site: Site, order: Order, record: Record, note: Callable[..., None]) -> None:
        """Land what *record* says; *note* writes the journal."""
        self._site, self._order, self._record, self._note = site, order, record, note
        self._car = Car(site, record.trunk)
        self._joined = 0
        self._former: str | None = record.base
        self._pushed = record.pushed
        self._checked: str | None = None
        self._shared: str | None = None
        self._ahead: tuple[str, ...] = ()

    def ride(self) -> Generator[Event, None, Verdict | Refusal | None]:
        """
        Ride to the verdict.

        Returns a Refusal where the landing push was refused for good, None where the remote takes no refs of a train.
        """
        try:
            while self._joined < MOST_JOINED:
                if self._site.time_left <= 0:
                    return verdicts.late("the time for landing was up in the train")
                joined = yield from self._join()
                if not isinstance(joined, Candidate):
                    return joined
                ended = yield from self._go(joined)
                if ended is not None:
                    return ended
            return verdicts.contended(self._record.trunk, self._joined)
        finally:
            with suppress(HomelabError):  # a car without life is passed over by the others
                self._car.leave(self._ahead[-1] if self._ahead else None)

    def _join(self) -> Generator[Event, None, Candidate | Verdict | None]:
        """Build a candidate behind the last one and append it; None where the remote takes no refs of a train."""
        pause = LOOK_FIRST_SECONDS
        while self._site.time_left > 0:
            view = yield from self._car.look()
            if self._site.clone.contains(view.trunk, view.trunk) is None:
                yield from self._site.patience.ask("fetch", self._fetch_trunk)
            yield from self._require_mergeable(view)
            if self._shared == self._record.tip:
                return already_there(self._site, structs.replace(self._record, pushed=self._pushed), view.trunk)
            ahead = view.ahead((yield from self._car.chain(view)))
            built = build_candidate(self._site, self._order, self._record, ahead[-1], self._joined + 1)
            if not isinstance(built, Candidate) and len(ahead) == 1:
                return built
            if isinstance(built, Candidate):
                self._note(base=ahead[-1], car=built.commit)
                refusal = self._car.join(built.commit, view)
                if refusal is None:
                    self._joined += 1
                    self._ahead = ahead
                    yield self._told(LandPhase.CANDIDATE, built, _place(built, len(ahead) - 1, self._record.trunk))
                    return built
                if refusal.kind not in {Kind.MOVED, Kind.NETWORK}:
                    text = f"the remote takes no refs of a train ({refusal.text}); landing one by one"
                    yield Note(kind=NoteKind.WARNING, text=text)
                    return None
            for other in ahead[1:]:
                yield from self._car.pass_over(other, view)
            self._site.clock.sleep(min(self._site.jitter(pause), self._site.time_left))
            pause = min(pause * 2, LOOK_MOST_SECONDS)
        return verdicts.late("the time for landing was up before the train could be joined")

    def _fetch_trunk(self) -> str:
        return self._site.remote.fetch(HEADS + self._record.trunk, "base")

    def _require_mergeable(self, view: TrainView) -> Generator[Event, None, None]:
        if self._checked == view.trunk:
            return
        self._checked = view.trunk
        trunk = Trunk(name=self._record.trunk, base=view.trunk)
        formers = (self._former, self._site.clone.former_trunk(self._record.trunk))
        self._shared = yield from require_mergeable(self._site, trunk, self._record.tip, formers)
        self._former = view.trunk

    def _go(self, candidate: Candidate) -> Generator[Event, None, Verdict | Refusal | None]:
        """Verify *candidate*, wait for its turn, and push it; None when it must be built anew."""
        with self._site.presence.beating(self._car.show_life):
            red = yield from verify_candidate(
                self._site, self._order.verify, candidate, lambda group: self._note(verify_group=group)
            )
            if red is None:
                self._car.turn_green()
            turn = yield from self._await_turn(candidate, red=red is not None)
        if turn is not Turn.GO:
            return None
        if red is not None:
            return red
        if self._site.time_left <= 0:
            return verdicts.late("the time for landing was up in the train")
        return (yield from self._push(candidate))

    def _push(self, candidate: Candidate) -> Generator[Event, None, Verdict | Refusal | None]:
        """Push *candidate*, which is next, until it is on the trunk or its turn has passed."""
        self._pushed = (*self._pushed, candidate.commit)
        self._note(step=Step.PUSHING, pushed=self._pushed, verify_group=None)
        for _ in range(MOST_PUSHED):
            view = yield from self._car.look()
            if view.turn(self._ahead) is not Turn.GO:
                landed = yield from self._has_landed(candidate, view)
                if not landed:
                    break
                return self._landed(candidate)
            onto = structs.replace(candidate, base=view.trunk)
            refusal = yield from push_candidate(self._site, self._record.trunk, onto, self._car.given_back(view))
            if refusal is None:
                return self._landed(candidate)
            if refusal.kind is not Kind.MOVED:
                return refusal
            yield self._told(LandPhase.PUSH, candidate, "others were faster; looking again")
        self._note(step=Step.STARTED)
        return None

    def _landed(self, candidate: Candidate) -> Verdict:
        self._ahead = ()
        return verdicts.landed(candidate.commit, self._record.trunk)

    def _has_landed(self, candidate: Candidate, view: TrainView) -> Generator[Event, None, bool]:
        """Whether one behind ours has taken it along."""
        if self._site.clone.contains(view.trunk, view.trunk) is None:
            yield from self._site.patience.ask("fetch", self._fetch_trunk)
        return self._site.clone.contains(candidate.commit, view.trunk) is True

    def _await_turn(self, candidate: Candidate, *, red: bool) -> Generator[Event, None, Turn]:
        """
        Wait until those before ours are green, or one of them has left; at the deadline there is no turn any more.

        A *red* one waits until those before it are on the trunk: only then the fault is its own.
        """
        pause, told = LOOK_FIRST_SECONDS, False
        while True:
            view = yield from self._car.look()
            turn = view.turn(self._ahead)
            if red and turn is Turn.GO and view.trunk != self._ahead[-1]:
                turn = Turn.WAIT
            if turn is Turn.REJOIN and (yield from self._has_landed(candidate, view)):
                turn = Turn.GO
            if turn is not Turn.WAIT or self._site.time_left <= 0:
                if turn is Turn.REJOIN:
                    text = "one before it has left the train, or the trunk has moved; building anew"
                    yield self._told(LandPhase.CANDIDATE, candidate, text)
                return turn
            slow = view.slow(self._ahead) or self._ahead[-1]
            if not told:
                told = True
                yield self._told(LandPhase.PUSH, candidate, f"waits for {slow[:7]} before it")
            if slow in view.cars:
                yield from self._car.pass_over(slow, view)
            self._site.clock.sleep(min(self._site.jitter(pause), self._site.time_left))
            pause = min(pause * 1.5, LOOK_MOST_SECONDS)

    def _told(self, phase: LandPhase, candidate: Candidate, text: str) -> Land:
        attempt, trunk = candidate.attempt, candidate.base
        return Land(phase=phase, attempt=attempt, trunk=trunk, candidate=candidate.commit, text=text)


def _place(candidate: Candidate, length: int, trunk: str) -> str:
    behind = f"behind {length} others" if length > 1 else "behind another" if length else "first"
    return f"{candidate.commit[:7]} is in the train onto {trunk}, {behind}"
