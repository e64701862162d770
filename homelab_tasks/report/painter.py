"""
Redraws some lines in place, at the end of what a terminal shows.

rich.live counts the rows of its last frame at the width that it was drawn with. When a terminal gets narrower it
wraps those lines anew, so that the cursor goes up too little and torn halves stay; here they are counted anew.
"""

from collections.abc import Callable, Sequence

from homelab_tasks.report.cells import width_of
from homelab_tasks.report.marks import marks_for
from homelab_tasks.report.outlet import Outlet, Size
from homelab_tasks.report.styled import Line, ansi

# Everything is written at once. The cursor is hidden, and lines do not wrap, only within it: whatever ends the
# process, the terminal is as it was. A terminal that knows mode 2026 shows the frame when it is complete.
_WRAP, _NO_WRAP = "\x1b[?7h", "\x1b[?7l"
_ERASE_LINE = "\x1b[K"
_ERASE_BELOW = "\x1b[J"
# tmux takes erasing from the top of the screen on for a `clear`, and keeps all of it in its history (scroll-on-clear).
_ERASE_BELOW_NEXT = f"\x1b[B{_ERASE_BELOW}\x1b[A"
_BEGIN = f"\x1b[?2026h\x1b[?25l{_NO_WRAP}\r"
_END = f"{_WRAP}\x1b[?25h\x1b[?2026l"
_UP = "\x1b[{}A"


class Painter:
    """Owns the last lines on the terminal; the cursor rests at the start of the line below them."""

    def __init__(
        self, outlet: Outlet, size: Callable[[], Size], *, colour: bool, links: bool, call: str = "inv "
    ) -> None:
        """Draw on *outlet*, whose *size* is asked for before each frame; tasks are written after *call*."""
        self._outlet = outlet
        self.size = size
        self.marks = marks_for(outlet.encoding, call)
        self.writable = outlet.writable
        self.colour = colour
        self._links = links
        self._drawn: tuple[Line, ...] = ()
        self._drawn_columns = 0

    def paint(self, frame: Sequence[Line], *, above: Sequence[Line] = ()) -> None:
        """Replace the frame by *frame*; *above* it come lines that stay, and may be wider than the terminal."""
        columns, _ = self.size()
        if not above and tuple(frame) == self._drawn:
            return
        up = self._rows_drawn(columns)
        text = [_BEGIN, _UP.format(up) if up else ""]
        if above or not frame or columns != self._drawn_columns:
            # A terminal that wrapped a line remembers that, until the line is erased and not just written over.
            text.append(_ERASE_LINE + (_ERASE_BELOW_NEXT if up else ""))
        if above:
            # Wrapped by the terminal, so that it can be copied whole.
            text += [_WRAP, *(self._written(line) + "\n" for line in above), _NO_WRAP]
        text += [self._written(line) + _ERASE_LINE + "\n" for line in frame]
        text.append(_ERASE_BELOW if frame else "")
        self._outlet.write("".join([*text, _END]))
        self._drawn, self._drawn_columns = tuple(frame), columns

    def forget(self) -> None:
        """Leave what is drawn to what was before, and go on below whatever has come since: a shell's prompt."""
        self._drawn = ()

    def _rows_drawn(self, columns: int) -> int:
        """Count the rows that the last frame takes now that the terminal is *columns* wide."""
        return sum(max(1, -(-width_of(line) // columns)) for line in self._drawn)

    def _written(self, line: Line) -> str:
        return ansi(line, colour=self.colour, links=self._links)
