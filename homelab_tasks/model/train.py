"""
The train on a busy trunk: candidates chained one on the other, verified side by side, landed in their order.

The chain is the first-parent line of one ref (the tail). Each candidate in it has a car: a ref of its own that its
lander keeps alive, and takes away when the candidate has landed or is red. Safety is not here: what lands is
pushed by compare-and-swap on its own first parent.
"""

from collections.abc import Mapping, Sequence
from enum import Enum

from msgspec import Struct

from homelab_tasks.model.landing import HEADS, RemoteState, car_prefix, tail_ref


class Turn(Enum):
    """What the lander of a candidate does next."""

    GO = "go"  # the candidate's first parent is the trunk
    WAIT = "wait"  # it is still in the train
    REJOIN = "rejoin"  # it will never be the trunk: the candidate must be built anew


class TrainView(Struct, frozen=True, kw_only=True):
    """The train at one look; *cars* maps the candidates whose landers are there to what they last showed."""

    trunk: str
    tail: str | None
    cars: Mapping[str, str]

    def turn(self, before: str) -> Turn:
        """Decide for a candidate whose first parent is *before*."""
        if self.trunk == before:
            return Turn.GO
        return Turn.WAIT if before in self.cars else Turn.REJOIN

    def end(self, chain: Sequence[tuple[str, str | None]]) -> tuple[str, int]:
        """
        Find the candidate to join behind, and how many are before it; the trunk itself where the train is empty.

        *chain* are the candidates of the tail that the trunk does not hold, oldest first, each with its first parent.
        Behind one whose lander has left, nobody joins.
        """
        last, length = self.trunk, 0
        for candidate, before in chain:
            if before != last or candidate not in self.cars:
                break
            last, length = candidate, length + 1
        return last, length


def train_refs(trunk: str) -> tuple[str, str, str]:
    """Name the refs to look at, for a view."""
    return HEADS + trunk, tail_ref(trunk), car_prefix(trunk) + "*"


def view_of(state: RemoteState, trunk: str) -> TrainView | None:
    """Read the train out of a look at the remote; None when the trunk is not there."""
    value = state.branch(trunk)
    if value is None:
        return None
    prefix = car_prefix(trunk)
    cars = {ref.removeprefix(prefix): shown for ref, shown in state.refs.items() if ref.startswith(prefix)}
    return TrainView(trunk=value, tail=state.refs.get(tail_ref(trunk)), cars=cars)
