"""Join the train: build a candidate behind the last one, and append it to the chain."""

from collections.abc import Generator

from msgspec import Struct

from homelab_tasks.actions.landing.build_candidate import build_candidate
from homelab_tasks.actions.landing.logbook import Logbook
from homelab_tasks.actions.landing.resume_landing import already_there
from homelab_tasks.actions.landing.site import Order, Site
from homelab_tasks.actions.landing.sync_trunk import require_mergeable
from homelab_tasks.actions.landing.train_refs import Car
from homelab_tasks.model.events import Event, Note, NoteKind, Verdict
from homelab_tasks.model.landing import verdicts
from homelab_tasks.model.landing.landing import Candidate, Trunk
from homelab_tasks.model.landing.refusal import Kind
from homelab_tasks.model.landing.train import TrainView

LOOK_FIRST_SECONDS = 0.2
LOOK_MOST_SECONDS = 1.0


class Place(Struct, frozen=True, kw_only=True):
    """A place in the train onto *trunk*: our *candidate*, and those *ahead* of it, from the trunk's tip on."""

    candidate: Candidate
    ahead: tuple[str, ...]
    trunk: str

    @property
    def text(self) -> str:
        """Say where in the train it is."""
        others = len(self.ahead) - 1
        behind = f"behind {others} others" if others > 1 else "behind another" if others else "first"
        return f"{self.candidate.commit[:7]} is in the train onto {self.trunk}, {behind}"


class Joining:
    """Getting into the train, as often as it takes."""

    def __init__(self, site: Site, order: Order, logbook: Logbook, car: Car) -> None:
        """Join with the topic in *logbook*, by our *car*."""
        self._site, self._order, self._logbook, self._car = site, order, logbook, car
        self._trunk, self._tip = logbook.record.trunk, logbook.record.tip
        self._checked: str | None = None
        self._shared: str | None = None
        self.joined = 0

    def join(self) -> Generator[Event, None, Place | Verdict | None]:
        """Build a candidate behind the last one and append it; None where the remote takes no refs of a train."""
        pause = LOOK_FIRST_SECONDS
        while self._site.time_left > 0:
            view = yield from self._car.look()
            yield from self._car.bring_trunk(view)
            yield from self._require_mergeable(view.trunk)
            if self._shared == self._tip:
                return self._already_there(view)
            ahead = view.ahead((yield from self._car.chain(view)))
            built = build_candidate(self._site, self._order, self._logbook.record, ahead[-1], self.joined + 1)
            if isinstance(built, Candidate):
                ended = yield from self._append(built, ahead, view)
                if not isinstance(ended, Kind):
                    return ended
            elif len(ahead) == 1:
                return built
            for other in ahead[1:]:
                yield from self._car.pass_over(other, view)
            self._site.clock.sleep(min(self._site.jitter(pause), self._site.time_left))
            pause = min(pause * 2, LOOK_MOST_SECONDS)
        return verdicts.late("the time for landing was up before the train could be joined")

    def _require_mergeable(self, base: str) -> Generator[Event, None, None]:
        if self._checked == base:
            return
        formers = (self._checked, self._site.clone.former_trunk(self._trunk))
        self._checked = base
        self._shared = yield from require_mergeable(self._site, Trunk(name=self._trunk, base=base), self._tip, formers)

    def _already_there(self, view: TrainView) -> Verdict:
        verdict = already_there(self._site, self._logbook.record, view.trunk)
        if verdict.commit is not None:
            self._logbook.note_landed(verdict.commit)
        return verdict

    def _append(
        self, built: Candidate, ahead: tuple[str, ...], view: TrainView
    ) -> Generator[Event, None, Place | Kind | None]:
        """Take the place behind those *ahead*; the kind of refusal where it is worth another try."""
        self._logbook.note(base=ahead[-1], car=built.commit)
        refusal = self._car.join(built.commit, view)
        if refusal is None:
            self.joined += 1
            return Place(candidate=built, ahead=ahead, trunk=self._trunk)
        if refusal.kind in {Kind.MOVED, Kind.NETWORK}:
            return refusal.kind
        text = f"the remote takes no refs of a train ({refusal.text}); landing one by one"
        yield Note(kind=NoteKind.WARNING, text=text)
        return None
