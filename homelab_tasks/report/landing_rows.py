"""A landing in the live view: its steps, how each ended, and which were done again after a lost race."""

from collections.abc import Iterable

from homelab_tasks.model.events import LandPhase
from homelab_tasks.report.cells import padded, width_of
from homelab_tasks.report.columns import GAP, clock, joined, sign
from homelab_tasks.report.folding import DONE, FIRST, LIVELY, Row
from homelab_tasks.report.landing_picture import LandRow
from homelab_tasks.report.marks import Marks
from homelab_tasks.report.styled import Line, Span, Style

NAME_CELLS = 10  # `candidate` and `rolled-out`
CLOCK_FROM_SECONDS = 1.0


def landing_rows(rows: Iterable[LandRow], now: float, marks: Marks) -> list[Row]:
    """Draw each step as it is at *now*."""
    return [_land_row(row, now, marks) for row in rows]


def _land_row(row: LandRow, now: float, marks: Marks) -> Row:
    mark, style, rank = _look(row, marks)
    seconds = row.elapsed.value(now)
    took = clock(seconds) if row.elapsed.runs and seconds is not None and seconds >= CLOCK_FROM_SECONDS else None
    is_told = row.attempt > 1 and (row.elapsed.runs or row.name == LandPhase.SYNC)
    attempt = f"(attempt {row.attempt})" if is_told else ""
    head: Line = (sign(mark, style, marks), Span(" "), Span(padded(row.name, NAME_CELLS)), Span(GAP))
    # What changes least stands first: a clock behind the last line of an output would never stand still.
    line = (*head, *joined(took, attempt, row.text))
    return Row(line=line, word=row.name, rank=rank, indent=width_of(head))


def _look(row: LandRow, marks: Marks) -> tuple[str, Style, int]:
    if row.again:
        return marks.again, Style.BUSY, DONE
    if row.good is None:
        return marks.running, Style.BUSY, LIVELY
    return (marks.good, Style.GOOD, DONE) if row.good else (marks.bad, Style.BAD, FIRST)
