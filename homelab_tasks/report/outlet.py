"""A stream that is written to for as long as somebody reads it."""

import contextlib
import io
import os
from typing import TextIO

Size = tuple[int, int]
"""Columns and lines of a terminal."""
USUAL_SIZE: Size = (80, 24)


class Outlet:
    """
    Writes whole lines to *stream*, each at once.

    A reader that goes away (`| head -1`, a closed terminal) ends the output and nothing else: the exit code stays
    the verdict's. Characters that the stream's encoding lacks are written as escapes.
    """

    def __init__(self, stream: TextIO | None) -> None:
        """Write to *stream*, which stays open; None is what Python makes of one that was closed from the start."""
        self._stream = stream if stream is not None else io.StringIO()
        self.encoding = getattr(stream, "encoding", None) or "utf-8"
        self.is_closed = stream is None
        with contextlib.suppress(OSError, ValueError):  # no file, or closed
            # Whoever shares the pipe may have made it fail when it is full (BlockingIOError), which loses lines.
            os.set_blocking(self.descriptor, True)

    @property
    def descriptor(self) -> int:
        """The file descriptor; OSError or ValueError where there is none."""
        return self._stream.fileno()

    @property
    def is_terminal(self) -> bool:
        """Does a person look at this?"""
        return not self._stream.closed and self._stream.isatty()

    def size(self) -> Size:
        """How large the terminal is now; USUAL_SIZE where it does not say."""
        try:
            columns, lines = os.get_terminal_size(self.descriptor)
        except (OSError, ValueError):  # no terminal, or closed
            return USUAL_SIZE
        return (columns or USUAL_SIZE[0], lines or USUAL_SIZE[1])

    def writable(self, text: str) -> str:
        """Write as escapes what the encoding lacks."""
        return text.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def line(self, text: str) -> None:
        """Write *text* and a line end."""
        self.write(text + "\n")

    def write(self, text: str) -> None:
        """Write *text* as it is, and let it out at once."""
        self.is_closed = self.is_closed or self._stream.closed
        if self.is_closed:
            return
        try:
            self._stream.write(self.writable(text))
            self._stream.flush()
        except OSError:
            self.is_closed = True
            self._discard()

    def _discard(self) -> None:
        """
        Send what is still buffered to nowhere.

        Otherwise the interpreter flushes it once more at its end, and tells of a second BrokenPipeError.
        """
        with contextlib.suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.descriptor)
            os.close(nowhere)
