"""What keeps a rollout from completing, and how long each may last before it is certain to fail."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

WAITED_OUT = None
"""The window of what may heal by itself, or by someone else's hand: it is named, and waited on."""


class Cause(Struct, frozen=True, kw_only=True):
    """
    Something that is wrong with the new revision.

    *key* is the same for as long as it is the same trouble. *fatal_after* is how many seconds it may last; None
    is for ever. *text* is a sentence's middle, without a full stop; *container* without a *pod* does not occur.
    One that *blocks* waits for a person once its window is over: it has not failed. *hint* says what helps.
    """

    key: str
    text: str
    fatal_after: float | None = WAITED_OUT
    pod: str | None = None
    container: str | None = None
    exit_code: int | None = None
    restarted: bool = False  # its last words are in the log of the run before
    blocks: bool = False
    hint: str | None = None


class Sightings(Struct):
    """When each cause was seen first, on our own clock; one that is gone is forgotten."""

    since: dict[str, float]

    def update(self, causes: Iterable[Cause], now: float) -> tuple[Cause, ...]:
        """Remember *causes* at time *now*, forget the others; returns those that were not there before."""
        found = {cause.key: cause for cause in causes}
        fresh = tuple(cause for key, cause in found.items() if key not in self.since)
        self.since = {key: self.since.get(key, now) for key in found}
        return fresh


def ripe(causes: Iterable[Cause], since: Mapping[str, float], now: float) -> Cause | None:
    """The first of *causes* that has lasted long enough to be certain."""
    for cause in causes:
        if cause.fatal_after is not None and now - since.get(cause.key, now) >= cause.fatal_after:
            return cause
    return None


def next_ripening(causes: Iterable[Cause], since: Mapping[str, float]) -> float | None:
    """The time at which the first of *causes* will have lasted long enough."""
    return min(
        (since[c.key] + c.fatal_after for c in causes if c.fatal_after is not None and c.key in since), default=None
    )
