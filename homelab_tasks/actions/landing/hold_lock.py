"""
The lock on a trunk: a ref on the remote, for fairness only.

Safety is the push's compare-and-swap; a lock that is lost, stolen or left by the dead costs a race and never a
change. Whoever holds it renews it, so that the others see it live by their own clocks.
"""

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager

from homelab_tasks.actions.landing.site import Site
from homelab_tasks.errors import UnavailableError
from homelab_tasks.model.events import Event, Note, NoteKind
from homelab_tasks.model.landing.landing import RefChange, lock_ref
from homelab_tasks.model.landing.refusal import Kind, classify_push

STALE_SECONDS = 30.0
"""How long a lock may stand unrenewed, as seen from here; its holder renews it three times as often."""
LOOK_FIRST_SECONDS = 0.3
LOOK_MOST_SECONDS = 2.0
PUSH_SECONDS = 30.0


class TrunkLock:
    """Our hold on the lock of one trunk."""

    def __init__(self, site: Site, trunk: str) -> None:
        """Hold nothing yet."""
        self._site = site
        self._ref = lock_ref(trunk)
        self.value: str | None = None
        self.refused = False
        self._owners: dict[str, str] = {}

    def acquire(self) -> Generator[Event, None, None]:
        """
        Wait until the lock is ours, or the time for landing is up.

        A remote that takes no such ref is told of once; from then on every landing goes without.
        """
        seen, since, pause, told = None, self._site.clock.now(), LOOK_FIRST_SECONDS, False
        while self.value is None and not self.refused and self._site.time_left > 0:
            state = yield from self._site.patience.ask("lock", lambda: self._site.remote.look(self._ref))
            value = state.refs.get(self._ref)
            if value != seen:
                seen, since = value, self._site.clock.now()
            if value is None or (yield from self._is_dead(value, since)):
                yield from self._take(value)
                continue
            if not told:
                told = True
                yield Note(kind=NoteKind.WARNING, text=f"another landing holds {self._ref}; waiting for its end")
            self._site.clock.sleep(min(self._site.jitter(pause), self._site.time_left))
            pause = min(pause * 2, LOOK_MOST_SECONDS)

    def _is_dead(self, value: str, since: float) -> Generator[Event, None, bool]:
        if self._site.clock.now() - since >= STALE_SECONDS:
            return True
        if value not in self._owners:
            self._owners[value] = yield from self._site.patience.ask("lock", self._read_owner)
        return self._site.presence.is_gone(self._owners[value])

    def _read_owner(self) -> str:
        try:
            return self._site.merger.message_of(self._site.remote.fetch(self._ref, "lock"))
        except UnavailableError:
            if self._ref in self._site.remote.look(self._ref).refs:
                raise
            return ""  # given back in this moment

    def _take(self, value: str | None) -> Iterator[Event]:
        lock = self._site.merger.note(self._site.presence.owner(), after=value)
        change = RefChange(source=lock, target=self._ref, expected=value or "")
        result = self._site.remote.push(change, timeout=PUSH_SECONDS, hooks=False)
        update = result.update_of(self._ref)
        if result.done and update is not None and not update.refused:
            self.value = lock
            return
        refusal = classify_push(result, self._ref)
        if refusal.kind in {Kind.MOVED, Kind.NETWORK}:
            return
        self.refused = True
        text = f"the remote takes no {self._ref} ({refusal.text}); landing without a place in line"
        yield Note(kind=NoteKind.WARNING, text=text)

    def beating(self) -> AbstractContextManager[None]:
        """Keep the lock alive for as long as the block takes."""
        return self._site.presence.beating(self._renew)

    def _renew(self) -> None:
        if self.value is None:
            return
        lock = self._site.merger.note(self._site.presence.owner(), after=self.value)
        change = RefChange(source=lock, target=self._ref, expected=self.value)
        update = self._site.remote.push(change, timeout=PUSH_SECONDS, hooks=False).update_of(self._ref)
        if update is not None:
            self.value = None if update.refused else lock

    def release_with_push(self) -> tuple[RefChange, ...]:
        """Return the change that gives the lock back together with the landing."""
        return () if self.value is None else (RefChange(source=None, target=self._ref, expected=self.value),)

    def look_again(self) -> Generator[Event, None, None]:
        """See whether the lock is still ours after a push that would have given it back."""
        state = yield from self._site.patience.ask("lock", lambda: self._site.remote.look(self._ref))
        if state.refs.get(self._ref) != self.value:
            self.value = None

    def release(self) -> None:
        """Give the lock back, if it is still ours; not being able to only makes others wait for STALE_SECONDS."""
        if self.value is not None:
            self._site.remote.push(*self.release_with_push(), timeout=PUSH_SECONDS, hooks=False)
            self.value = None
