"""Lines as a terminal measures them: in cells, of which a wide character takes two."""

import re

from msgspec.structs import replace
from rich.cells import cell_len, set_cell_size

from homelab_tasks.report.styled import Line, Span

TAB_CELLS = 8
_PIECE = re.compile(r" +|[^ ]+")


def width_of(line: Line) -> int:
    """Count the cells that *line* takes."""
    return sum(cell_len(span.text) for span in line)


def padded(text: str, width: int, *, ellipsis: str = "") -> str:
    """Fill *text* up to *width* cells, or cut it there, an *ellipsis* marking the cut."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, max(0, width - cell_len(ellipsis))) + ellipsis[:width]


def tidied(line: Line) -> Line:
    """Write the tabs of *line* as spaces, and leave out those at its end."""
    return _stripped(tuple(replace(span, text=span.text.expandtabs(TAB_CELLS)) for span in line))


def broken(line: Line, width: int, *, indent: int) -> list[Line]:
    """
    Break *line* between words where it is wider than *width* cells; what follows is indented.

    A word that is wider stays whole: an address must not be torn.
    """
    lines: list[list[Span]] = [[]]
    used, is_fresh = 0, True
    for span in line:
        for piece in _PIECE.findall(span.text):
            is_word = not piece.isspace()
            if is_word and not is_fresh and used + cell_len(piece) > width and used > indent:
                lines.append([Span(" " * indent)])
                used, is_fresh = indent, True
            if is_word or lines[-1] == [] or not is_fresh:
                lines[-1].append(replace(span, text=piece))
                used += cell_len(piece)
            is_fresh = is_fresh and not is_word
    return [_stripped(tuple(each)) for each in lines]


def fitted(line: Line, width: int, *, ellipsis: str) -> Line:
    """Cut *line* to *width* cells, an *ellipsis* marking the cut; tabs become spaces, those at the end go."""
    line = tidied(line)
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
