"""Lines as a terminal measures them: in cells, of which a wide character takes two."""

from msgspec.structs import replace
from rich.cells import cell_len, set_cell_size

from homelab_tasks.report.styled import Line, Span

TAB_CELLS = 8


def width_of(line: Line) -> int:
    """Count the cells that *line* takes."""
    return sum(cell_len(span.text) for span in line)


def padded(text: str, width: int, *, ellipsis: str = "") -> str:
    """Fill *text* up to *width* cells, or cut it there, an *ellipsis* marking the cut."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, max(0, width - cell_len(ellipsis))) + ellipsis[:width]


def fitted(line: Line, width: int, *, ellipsis: str) -> Line:
    """Cut *line* to *width* cells, an *ellipsis* marking the cut; tabs become spaces, those at the end go."""
    line = _stripped(tuple(replace(span, text=span.text.expandtabs(TAB_CELLS)) for span in line))
    if width_of(line) <= width:
        return line
    left, spans = max(0, width - cell_len(ellipsis)), []
    for span in line:
        taken = min(left, cell_len(span.text))
        spans.append(replace(span, text=set_cell_size(span.text, taken)))
        left -= taken
        if left == 0:
            break
    return (*spans, Span(ellipsis[:width]))


def _stripped(line: Line) -> Line:
    while line:
        *before, last = line
        text = last.text.rstrip(" ")
        if text:
            return (*before, replace(last, text=text))
        line = tuple(before)
    return line
