"""Our place in the train: taken, kept alive, and given back, each by one compare-and-swap."""

from collections.abc import Generator

from homelab_tasks.actions.landing.site import Site
from homelab_tasks.errors import UnavailableError, UsageError
from homelab_tasks.model.events import Event
from homelab_tasks.model.landing.landing import HEADS, RefChange, car_prefix, green_prefix, tail_ref
from homelab_tasks.model.landing.refusal import Refusal, classify_push
from homelab_tasks.model.landing.train import TrainView, train_refs, view_of

PUSH_SECONDS = 30.0
STALE_SECONDS = 30.0
"""How long a car may stand without a sign of life, as seen from here, before its candidate is passed over."""


class Car:
    """The car of our candidate in the train on *trunk*."""

    def __init__(self, site: Site, trunk: str, left_behind: str | None = None) -> None:
        """Own no car yet, apart from the one that a killed run of ours has *left_behind*."""
        self._site = site
        self._trunk = trunk
        self._seen: dict[str, tuple[str, float]] = {}
        self._owners: dict[str, str] = {}
        self.candidate = left_behind
        self.value: str | None = None

    def look(self) -> Generator[Event, None, TrainView]:
        """Look at the train; raises UsageError when the trunk is gone."""
        refs = train_refs(self._trunk)
        state = yield from self._site.patience.ask("trunk", lambda: self._site.remote.look(*refs))
        view = view_of(state, self._trunk)
        if view is None:
            hint = "was it renamed or deleted? homelab.work.trunk names the branch to land on; it is never created"
            raise UsageError(f"there is no branch {self._trunk!r} on the remote", hint=hint)
        return view

    def bring_trunk(self, view: TrainView) -> Generator[Event, None, None]:
        """Fetch the trunk that *view* shows, where this clone lacks it."""
        if self._site.clone.contains(view.trunk, view.trunk) is None:
            yield from self._site.patience.ask("fetch", lambda: self._site.remote.fetch(HEADS + self._trunk, "base"))

    def chain(self, view: TrainView) -> Generator[Event, None, tuple[tuple[str, str | None], ...]]:
        """List the candidates of the tail that the trunk does not hold, oldest first, with their first parents."""
        if view.tail is None or not view.cars:
            return ()
        tail = yield from self._site.patience.ask("tail", lambda: self._fetch_tail(view))
        return self._site.merger.first_parents(tail, view.trunk)

    def _fetch_tail(self, view: TrainView) -> str:
        ref = tail_ref(self._trunk)
        try:
            return self._site.remote.fetch(ref, "tail")
        except UnavailableError:
            if ref in self._site.remote.look(ref).refs:
                raise
            return view.trunk  # the last one has landed in this moment

    def join(self, candidate: str, view: TrainView) -> Refusal | None:
        """Append *candidate* to the train that *view* shows, giving up the former car; why not, when that failed."""
        shown = self._site.merger.note(self._site.presence.owner(), after=None)
        tail = RefChange(source=candidate, target=tail_ref(self._trunk), expected=view.tail or "")
        car = RefChange(source=shown, target=self._ref(candidate), expected="")
        result = self._site.remote.push(tail, car, *self.given_back(view), timeout=PUSH_SECONDS, hooks=False)
        update = result.update_of(tail.target)
        if not result.done or update is None or update.refused:
            return classify_push(result, tail.target)
        self.candidate, self.value = candidate, shown
        return None

    def turn_green(self) -> None:
        """Say that our candidate has passed verify."""
        if self.candidate is not None and self.value is not None:
            ref = green_prefix(self._trunk) + self.candidate
            self._site.remote.push(
                RefChange(source=self.candidate, target=ref, expected=""), timeout=PUSH_SECONDS, hooks=False
            )

    def show_life(self) -> None:
        """Renew the car."""
        if self.candidate is None or self.value is None:
            return
        shown = self._site.merger.note(self._site.presence.owner(), after=self.value)
        change = RefChange(source=shown, target=self._ref(self.candidate), expected=self.value)
        update = self._site.remote.push(change, timeout=PUSH_SECONDS, hooks=False).update_of(change.target)
        if update is not None:
            self.value = None if update.refused else shown

    def leave(self, before: str | None) -> None:
        """Take our candidate out of the train; *before* becomes the tail again, where its lander is still there."""
        if self.candidate is None:
            return
        view = view_of(self._site.remote.look(*train_refs(self._trunk)), self._trunk)
        if view is not None and view.tail == self.candidate:
            stays = before if before is not None and before in view.cars else None
            tail = RefChange(source=stays, target=tail_ref(self._trunk), expected=self.candidate)
            self._site.remote.push(tail, timeout=PUSH_SECONDS, hooks=False)
        changes = self.given_back(view) if view is not None else ()
        if changes:
            self._site.remote.push(*changes, timeout=PUSH_SECONDS, hooks=False)
        self.candidate = self.value = None

    def pass_over(self, other: str, view: TrainView) -> Generator[Event, None, None]:
        """Take *other* out of the train, if its lander shows no life any more."""
        shown, now = view.cars[other], self._site.clock.now()
        value, since = self._seen.setdefault(other, (shown, now))
        if value != shown:
            self._seen[other] = (shown, now)
            return
        if shown not in self._owners:
            self._owners[shown] = yield from self._site.patience.ask("car", lambda: self._read_owner(other))
        if now - since >= STALE_SECONDS or self._site.presence.is_gone(self._owners[shown]):
            self._site.remote.push(*self._refs_of(other, view), timeout=PUSH_SECONDS, hooks=False)

    def _read_owner(self, other: str) -> str:
        ref = self._ref(other)
        if ref not in self._site.remote.look(ref).refs:
            return ""
        return self._site.merger.message_of(self._site.remote.fetch(ref, "car"))

    def given_back(self, view: TrainView) -> tuple[RefChange, ...]:
        """Return the changes that take our refs away, as far as *view* still shows them."""
        return self._refs_of(self.candidate, view) if self.candidate is not None else ()

    def _refs_of(self, candidate: str, view: TrainView) -> tuple[RefChange, ...]:
        shown = {
            self._ref(candidate): view.cars.get(candidate),
            green_prefix(self._trunk) + candidate: view.green.get(candidate),
        }
        return tuple(
            RefChange(source=None, target=ref, expected=value) for ref, value in shown.items() if value is not None
        )

    def _ref(self, candidate: str) -> str:
        return car_prefix(self._trunk) + candidate
