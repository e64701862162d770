"""A measured figure, beside what others need for the same, and the goal that it is held to."""

from collections.abc import Iterable, Sequence
from statistics import quantiles

from msgspec import Struct

PERCENTILES = 100
LARGE = 1000


class Figure(Struct, frozen=True, kw_only=True):
    """
    One line of the table: *ours* and *beside* (by peer) are in *unit*.

    *goal* is the most that is good enough: of *ours*, or with *of_peer* of the ratio to that peer.
    """

    bench: str
    figure: str
    unit: str
    ours: float
    beside: dict[str, float]
    goal: float
    of_peer: str | None = None

    @property
    def met(self) -> bool:
        """Is the goal reached?"""
        return (self.ours if self.of_peer is None else self.ours / self.beside[self.of_peer]) <= self.goal

    def as_result(self) -> dict[str, object]:
        """The entry of results.json."""
        of_peer = f" x {self.of_peer}" if self.of_peer else f" {self.unit}"
        return {
            "bench": self.bench,
            "figure": self.figure,
            "unit": self.unit,
            "ours": round(self.ours, 3),
            "beside": {peer: round(value, 3) for peer, value in self.beside.items()},
            "goal": f"<= {self.goal:g}{of_peer}",
            "met": self.met,
        }


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that *percent* of *values* do not exceed."""
    return quantiles(values, n=PERCENTILES, method="inclusive")[percent - 1]


def table(figures: Iterable[Figure]) -> str:
    """Lay *figures* out as Markdown, with the ratio to each peer."""
    lines = ["| bench | figure | ours | beside | goal | met |", "|---|---|---|---|---|---|"]
    for figure in figures:
        beside = ", ".join(
            f"{peer} {_number(value)} ({_number(value / figure.ours) if figure.ours else '∞'}x)"
            for peer, value in figure.beside.items()
        )
        ours, goal = f"{_number(figure.ours)} {figure.unit}", figure.as_result()["goal"]
        met = "yes" if figure.met else "**no**"
        lines.append(f"| {figure.bench} | {figure.figure} | {ours} | {beside or '-'} | {goal} | {met} |")
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:.3g}" if value < LARGE else f"{value:.0f}"
