"""
Land by train: join it, verify the chain with our candidate on top, and go when all before it are green.

N landers need about the time of one verify instead of N. Whoever is red leaves; those behind build anew without it.
"""

from collections.abc import Generator
from contextlib import suppress

from msgspec import structs

from homelab_tasks.actions.landing.join_train import LOOK_FIRST_SECONDS, LOOK_MOST_SECONDS, Joining, Place
from homelab_tasks.actions.landing.logbook import Logbook
from homelab_tasks.actions.landing.push_candidate import push_candidate
from homelab_tasks.actions.landing.site import Order, Site
from homelab_tasks.actions.landing.train_refs import Car
from homelab_tasks.actions.landing.verify_candidate import verify_candidate
from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Event, Land, LandPhase, Verdict
from homelab_tasks.model.landing import verdicts
from homelab_tasks.model.landing.landing import Candidate, Step
from homelab_tasks.model.landing.refusal import Kind, Refusal
from homelab_tasks.model.landing.train import TrainView, Turn

MOST_PUSHED = 3
MOST_JOINED = 20
"""How often a candidate may be built anew before the trunk counts as contended."""


class Train:
    """One ride: from joining to the trunk, or out of the train."""

    def __init__(self, site: Site, order: Order, logbook: Logbook) -> None:
        """Land what the *logbook* says."""
        self._site, self._order, self._logbook = site, order, logbook
        self._trunk = logbook.record.trunk
        self._car = Car(site, self._trunk)
        self._joining = Joining(site, order, logbook, self._car)
        self._ahead: tuple[str, ...] = ()

    def ride(self) -> Generator[Event, None, Verdict | Refusal | None]:
        """
        Ride to the verdict.

        Returns a Refusal where the landing push was refused for good, None where the remote takes no refs of a train.
        """
        try:
            while self._joining.joined < MOST_JOINED:
                if self._site.time_left <= 0:
                    return verdicts.late("the time for landing was up in the train")
                place = yield from self._joining.join()
                if not isinstance(place, Place):
                    return place
                self._ahead = place.ahead
                yield self._told(LandPhase.CANDIDATE, place.candidate, place.text)
                ended = yield from self._go(place.candidate)
                if ended is not None:
                    return ended
            return verdicts.contended(self._trunk, MOST_JOINED)
        finally:
            with suppress(HomelabError):  # a car without life is passed over by the others
                self._car.leave(self._ahead[-1] if self._ahead else None)

    def _go(self, candidate: Candidate) -> Generator[Event, None, Verdict | Refusal | None]:
        """Verify *candidate*, wait for its turn, and push it; None when it must be built anew."""
        with self._site.presence.beating(self._car.show_life):
            red = yield from verify_candidate(
                self._site, self._order.verify, candidate, lambda group: self._logbook.note(verify_group=group)
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
        self._logbook.note_push(candidate.commit)
        for _ in range(MOST_PUSHED):
            view = yield from self._car.look()
            if view.turn(self._ahead) is not Turn.GO:
                landed = yield from self._has_landed(candidate, view)
                if not landed:
                    break
                return self._landed(candidate)
            onto = structs.replace(candidate, base=view.trunk)
            refusal = yield from push_candidate(self._site, self._trunk, onto, self._car.given_back(view))
            if refusal is None:
                return self._landed(candidate)
            if refusal.kind is not Kind.MOVED:
                return refusal
            yield self._told(LandPhase.PUSH, candidate, "others were faster; looking again")
        self._logbook.note(step=Step.STARTED)
        return None

    def _landed(self, candidate: Candidate) -> Verdict:
        self._ahead = ()
        self._logbook.note_landed(candidate.commit)
        return verdicts.landed(candidate.commit, self._trunk)

    def _has_landed(self, candidate: Candidate, view: TrainView) -> Generator[Event, None, bool]:
        """Whether one behind ours has taken it along."""
        yield from self._car.bring_trunk(view)
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
