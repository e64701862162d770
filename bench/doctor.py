"""How long `doctor` takes when all is well: each setting held against the world, each server asked often."""

from collections.abc import Iterator

from bench.figures import Figure, percentile
from bench.lab import homelab, seconds_of

TIMES = 10
GOAL_MILLISECONDS = 3000


def figures() -> Iterator[Figure]:
    """Measure."""
    with homelab() as lab:
        taken = [1000 * seconds_of(lab.app, "doctor") for _ in range(TIMES)]
    for percent in (50, 95):
        yield Figure(
            bench="doctor",
            figure=f"all is well, p{percent}",
            unit="ms",
            ours=percentile(taken, percent),
            beside={},
            goal=GOAL_MILLISECONDS,
        )
