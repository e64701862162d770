"""Which rows are shown when a terminal is too low for all of them."""

from collections import Counter

from msgspec import Struct

from homelab_tasks.report.styled import Line, Span, Style

FIRST, LIVELY, QUIET, DONE = range(4)
"""How much a row matters: what failed, what runs, what waits, what went well."""


class Row(Struct, frozen=True, kw_only=True):
    """
    A line of the frame, the quotes below it, and how much it matters (the least number matters most).

    Where the line is broken instead of cut, what follows stands *indent* cells from the left.
    """

    line: Line
    word: str
    rank: int
    quotes: tuple[Line, ...] = ()
    indent: int = 6


def folded(rows: list[Row], height: int | None, *, ellipsis: str) -> list[Line]:
    """
    Lay *rows* out in *height* lines, in their order; None is as many as there are.

    Quotes give way first, then the rows that matter least, which are counted in the last line.
    """
    if height is None or sum(1 + len(row.quotes) for row in rows) <= height:
        return [line for row in rows for line in (row.line, *row.quotes)]
    if len(rows) <= height:
        return [row.line for row in rows]
    by_rank = sorted(range(len(rows)), key=lambda index: _weight(rows[index], index))
    shown = set(by_rank[: max(0, height - 1)])
    hidden = Counter(row.word for index, row in enumerate(rows) if index not in shown)
    counts = ", ".join(f"{count} {word}" for word, count in hidden.most_common())
    more = (Span(f"  {ellipsis} {hidden.total()} more: {counts}", Style.DIM),)
    return [*(rows[index].line for index in sorted(shown)), more][: max(0, height)]


def _weight(row: Row, index: int) -> tuple[int, int]:
    """Of what is done the last counts most, of all else the first."""
    return row.rank, -index if row.rank == DONE else index
