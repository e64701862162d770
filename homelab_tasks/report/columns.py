"""The pieces that rows are made of: a sign, a name, a clock, a bar."""

from homelab_tasks.durations import format_duration
from homelab_tasks.report.cells import padded, width_of
from homelab_tasks.report.marks import Marks
from homelab_tasks.report.styled import Line, Span, Style

GAP = "  "
BAR_CELLS = 24
BAR_LEAST_CELLS = 8


def joined(*pieces: Span | str | None) -> Line:
    """Put *pieces* beside each other with a gap between; those that are empty or None are left out."""
    line: list[Span] = []
    for piece in pieces:
        span = Span(piece) if isinstance(piece, str) else piece
        if span is not None and span.text:
            line += [Span(GAP), span] if line else [span]
    return tuple(line)


def sign(mark: str, style: Style, marks: Marks) -> Span:
    """Write *mark* in the width of the widest, so that what follows is aligned."""
    widest = max(len(marks.good), len(marks.bad), len(marks.running), len(marks.waiting), len(marks.skipped))
    return Span(padded(mark, widest), style)


def clock(seconds: float | None, cells: int = 0) -> Span:
    """Write a duration, dim and at least *cells* wide; nothing but spaces where there is none."""
    return Span((format_duration(seconds) if seconds is not None else "").ljust(cells), Style.DIM)


def bar(fraction: float, cells: int, marks: Marks) -> tuple[Span, ...]:
    """Draw how much of something is done, *cells* wide."""
    done = min(cells - 1, int(max(0.0, min(1.0, fraction)) * cells))
    return (
        Span(marks.done * done + marks.edge),
        Span(marks.left * (cells - 1 - done), Style.DIM),
    )


def with_bar(line: Line, fraction: float | None, width: int, marks: Marks) -> Line:
    """Put a bar behind *line* where *width* leaves room for one."""
    cells = min(BAR_CELLS, width - width_of(line) - len(GAP))
    if fraction is None or cells < BAR_LEAST_CELLS:
        return line
    return (*line, Span(GAP), *bar(fraction, cells, marks))


def with_link(line: Line, url: str, width: int) -> Line:
    """Put *url* behind *line* where *width* leaves room for all of it."""
    if width_of(line) + len(GAP) + len(url) > width:
        return line
    return (*line, Span(GAP), Span(url, link=url))
