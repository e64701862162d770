"""A landing in the live view: its steps, how each ended, and which were done again after a lost race."""

from collections.abc import Iterable

from homelab_tasks.report.cells import padded
from homelab_tasks.report.columns import clock, joined, sign
from homelab_tasks.report.folding import DONE, FIRST, LIVELY, Row
from homelab_tasks.report.landing_picture import LandRow
from homelab_tasks.report.marks import Marks
from homelab_tasks.report.styled import Span, Style

NAME_CELLS = 10  # `candidate` and `rolled-out`
CLOCK_FROM_SECONDS = 1.0


def landing_rows(rows: Iterable[LandRow], now: float, marks: Marks) -> list[Row]:
    """Draw each step as it is at *now*."""
    return [_land_row(row, now, marks) for row in rows]


def _land_row(row: LandRow, now: float, marks: Marks) -> Row:
    mark, style, rank = _look(row, marks)
    seconds = row.elapsed.value(now)
    took = clock(seconds) if row.elapsed.runs and seconds is not None and seconds >= CLOCK_FROM_SECONDS else None
    line = joined(padded(row.name, NAME_CELLS), row.text, took)
    return Row(line=(sign(mark, style, marks), Span(" "), *line), word=row.name, rank=rank)


def _look(row: LandRow, marks: Marks) -> tuple[str, Style, int]:
    if row.again:
        return marks.again, Style.BUSY, DONE
    if row.good is None:
        return marks.running, Style.BUSY, LIVELY
    return (marks.good, Style.GOOD, DONE) if row.good else (marks.bad, Style.BAD, FIRST)
