"""Lines of a log that come twice, late or out of order, put into order without holding the log."""

from collections.abc import Iterable, Iterator

from homelab_tasks.model.pipelines.pipeline import LogLine

LINES_HELD_MOST = 10_000
"""How far ahead of a missing line others are held back; agents send batches of a second (log/line_writer.go)."""


class LineMerger:
    """
    Passes each line number on once, in order.

    A line that is missing is waited for while the others are held back, and given up when too many are or when the
    log is complete.
    """

    def __init__(self) -> None:
        """Expect line 0."""
        self._next = 0
        self._held: dict[int, LogLine] = {}

    @property
    def is_empty(self) -> bool:
        """Did no line come yet?"""
        return self.count == 0

    @property
    def count(self) -> int:
        """How far the log is known: one more than the highest line."""
        return max(self._held, default=self._next - 1) + 1

    def take(self, lines: Iterable[LogLine]) -> Iterator[LogLine]:
        """Pass on what of *lines* is new and due."""
        for line in lines:
            if line.line < self._next or line.line in self._held:
                continue
            self._held[line.line] = line
            if len(self._held) > LINES_HELD_MOST:
                self._next = min(self._held)
            yield from self._due()

    def rest(self) -> Iterator[LogLine]:
        """Pass on what was held back for lines that never came."""
        for number in sorted(self._held):
            yield self._held[number]
            self._next = number + 1
        self._held.clear()

    def _due(self) -> Iterator[LogLine]:
        while (line := self._held.pop(self._next, None)) is not None:
            self._next += 1
            yield line
