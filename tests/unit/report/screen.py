"""
A terminal, as far as the live view uses one; anything else that is sent to it is refused.

It wraps lines anew when it is resized, as tmux, kitty, iTerm and the terminals on VTE do.
"""

import io
import re

from rich.cells import cell_len

_PIECE = re.compile(
    r"\x1b\[(?P<parameters>[?0-9;]*)(?P<command>[A-Za-z])|\x1b\](?P<string>[^\x1b\x07]*)(?:\x1b\\|\x07)|(?P<one>.)",
    re.DOTALL,
)
_MODES = {"?7", "?25", "?2026"}


class Screen(io.StringIO):
    """Rows of cells: a wide character takes two, the second of which is empty. Those above the top are history."""

    encoding = "utf-8"

    def __init__(self, columns: int = 80, lines: int = 24) -> None:
        super().__init__()
        self.columns = columns
        self.lines = lines
        self.rows: list[list[str]] = [[]]
        self.wrapped: set[int] = set()  # rows that go on in the next one
        self.x = self.y = 0
        self.modes = {"?7": True, "?25": True, "?2026": False}
        self.writes = 0
        self.links: list[str] = []
        self.strings: list[str] = []

    @property
    def top(self) -> int:
        return max(0, len(self.rows) - self.lines)

    def isatty(self) -> bool:
        return True

    def size(self) -> tuple[int, int]:
        return self.columns, self.lines

    def write(self, text: str) -> int:
        self.writes += 1
        for match in _PIECE.finditer(text):
            if match["command"]:
                self._command(match["parameters"], match["command"])
            elif match["string"] is not None:
                self.strings.append(match["string"])
            else:
                self._character(match["one"])
        return len(text)

    def text(self) -> list[str]:
        """All rows, the history's too, without what is empty at the end."""
        rows = ["".join(row).rstrip() for row in self.rows]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def shown(self) -> list[str]:
        """The rows on the screen."""
        return self.text()[self.top :]

    def resize(self, columns: int, lines: int) -> None:
        logical: list[list[str]] = [[]]
        cursor = (0, 0)
        for index, row in enumerate(self.rows):
            if index == self.y:
                cursor = (len(logical) - 1, len(logical[-1]) + self.x)
            logical[-1] += row
            if index not in self.wrapped:
                logical.append([])
        logical.pop()
        self.columns, self.lines, self.rows, self.wrapped = columns, lines, [], set()
        for index, cells in enumerate(logical):
            if index == cursor[0]:
                self.y, self.x = len(self.rows) + cursor[1] // columns, cursor[1] % columns
            self._lay_out(cells)
        self.rows = self.rows[: max(self.y + 1, len(self.text()))]
        self.y = max(self.y, self.top)

    def _lay_out(self, cells: list[str]) -> None:
        row: list[str] = []
        for character in "".join(cells).rstrip():
            if len(row) + cell_len(character) > self.columns:
                self.wrapped.add(len(self.rows))
                self.rows.append(row)
                row = []
            row += [character, *[""] * (cell_len(character) - 1)]
        self.rows.append(row)

    def _character(self, character: str) -> None:
        if character == "\r":
            self.x = 0
        elif character == "\n":
            self._down()
            self.x = 0  # the line discipline makes it CR LF
        elif character == "\t":
            self.x = min(self.columns - 1, (self.x // 8 + 1) * 8)
        elif character >= " ":
            self._put(character)
        else:
            raise AssertionError(f"{character!r} was sent to the terminal")

    def _put(self, character: str) -> None:
        width = cell_len(character)
        if self.x + width > self.columns:
            if self.modes["?7"]:
                self.wrapped.add(self.y)
                self._down()
                self.x = 0
            else:
                self.x = self.columns - width
        row = self.rows[self.y]
        row += [" "] * (self.x + width - len(row))
        row[self.x : self.x + width] = [character, *[""] * (width - 1)]
        self.x += width

    def _down(self) -> None:
        self.y += 1
        if self.y == len(self.rows):
            self.rows.append([])

    def _command(self, parameters: str, command: str) -> None:
        match command:
            case "A":
                self.y = max(self.top, self.y - max(1, int(parameters or 1)))
            case "B":
                self.y = min(len(self.rows) - 1, self.y + 1)
            case "K":
                del self.rows[self.y][self.x :]
                if self.x == 0:
                    self.wrapped.discard(self.y)
            case "J":
                assert (self.x, self.y) != (0, self.top) or not any(self.rows[self.y :]), "tmux would keep all of it"
                del self.rows[self.y][self.x :]
                for index in range(self.y + 1, len(self.rows)):
                    self.rows[index] = []
                self.wrapped -= set(range(self.y, len(self.rows)))
            case "h" | "l" if parameters in _MODES:
                self.modes[parameters] = command == "h"
            case "m":
                pass
            case _:
                raise AssertionError(f"ESC [ {parameters}{command} was sent to the terminal")
