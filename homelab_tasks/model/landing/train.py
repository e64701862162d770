"""
The train on a busy trunk: candidates chained one on the other, verified side by side, landed in their order.

The chain is the first-parent line of one ref (the tail). Each candidate in it has a car: a ref of its own that its
lander keeps alive, and takes away when the candidate has landed or is red; and one more that says when it is green.
A green candidate lands together with those before it, once all of them are green: each is a merge of its own on the
trunk, each was verified as such. Safety is not here: what lands is pushed by compare-and-swap on the trunk.
"""

from collections.abc import Mapping, Sequence
from enum import Enum

from msgspec import Struct

from homelab_tasks.model.landing.landing import HEADS, RemoteState, car_prefix, green_prefix, tail_ref


class Turn(Enum):
    """What the lander of a candidate does next."""

    GO = "go"  # everything between the trunk and the candidate is green
    WAIT = "wait"  # something before it is still being verified
    REJOIN = "rejoin"  # something before it will never land: the candidate must be built anew


class TrainView(Struct, frozen=True, kw_only=True):
    """
    The train at one look.

    *cars* maps the candidates whose landers are there to what they last showed, *green* those that have passed.
    """

    trunk: str
    tail: str | None
    cars: Mapping[str, str]
    green: Mapping[str, str] = {}

    def turn(self, before: Sequence[str]) -> Turn:
        """Decide for a candidate that was built on *before*: the trunk of then, and the candidates behind it."""
        if self.trunk not in before:
            return Turn.REJOIN
        ahead = before[before.index(self.trunk) + 1 :]
        if all(candidate in self.green for candidate in ahead):
            return Turn.GO
        return Turn.WAIT if all(candidate in self.cars for candidate in ahead) else Turn.REJOIN

    def slow(self, before: Sequence[str]) -> str | None:
        """Name the first candidate of *before* that is not green yet."""
        ahead = before[before.index(self.trunk) + 1 :] if self.trunk in before else ()
        return next((candidate for candidate in ahead if candidate not in self.green), None)

    def ahead(self, chain: Sequence[tuple[str, str | None]]) -> tuple[str, ...]:
        """
        List what a candidate that joins now is built on: the trunk, and the candidates to land before it.

        *chain* are the candidates of the tail that the trunk does not hold, oldest first, each with its first parent.
        Behind one whose lander has left, nobody joins.
        """
        joined = [self.trunk]
        for candidate, before in chain:
            if before != joined[-1] or candidate not in self.cars:
                break
            joined.append(candidate)
        return tuple(joined)


def train_refs(trunk: str) -> tuple[str, ...]:
    """Name the refs to look at, for a view."""
    return HEADS + trunk, tail_ref(trunk), car_prefix(trunk) + "*", green_prefix(trunk) + "*"


def view_of(state: RemoteState, trunk: str) -> TrainView | None:
    """Read the train out of a look at the remote; None when the trunk is not there."""
    value = state.branch(trunk)
    if value is None:
        return None
    return TrainView(
        trunk=value,
        tail=state.refs.get(tail_ref(trunk)),
        cars=_below(state, car_prefix(trunk)),
        green=_below(state, green_prefix(trunk)),
    )


def _below(state: RemoteState, prefix: str) -> dict[str, str]:
    return {ref.removeprefix(prefix): value for ref, value in state.refs.items() if ref.startswith(prefix)}
