"""The view for pipes, CI logs and dumb terminals: one line for each change, never a cursor movement."""

from homelab_tasks.model.events import Event, Transcript, Verdict
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.report.changes import Changes
from homelab_tasks.report.cleaning import presentable
from homelab_tasks.report.clock import Clock
from homelab_tasks.report.entries import transcript_line
from homelab_tasks.report.marks import marks_for
from homelab_tasks.report.outlet import Outlet
from homelab_tasks.report.result import Result
from homelab_tasks.report.styled import Line, Span, Style, ansi, plain
from homelab_tasks.report.words import ending, last_line


class Lines:
    """Progress on *stderr*, each line with its local time; the result on *stdout*."""

    is_live = False

    def __init__(  # noqa: PLR0913 - all but the first two are given by name
        self, stdout: Outlet, stderr: Outlet, *, clock: Clock, secrets: Secrets, colour: bool, call: str = "inv "
    ) -> None:
        """Write with *colour* only where somebody asked for it; tasks are written after *call*."""
        self._marks = marks_for(stderr.encoding, call)
        self._stderr = stderr
        self._clock = clock
        self._secrets = secrets
        self._colour = colour
        self._changes = Changes()
        self._result = Result(stdout, colour=colour)

    def show(self, event: Event) -> None:
        """Print what *event* is worth."""
        event = presentable(event, self._secrets)
        row = self._result.row(event)
        if row is not None:
            self._result.line(row)
        elif isinstance(event, Verdict):
            self._end(event)
        elif isinstance(event, Transcript):
            self._print(transcript_line(event))
        else:
            self._print_change(event)

    def close(self) -> None:
        """Do nothing: every line is out already."""

    def _end(self, verdict: Verdict) -> None:
        for line in ending(verdict, self._marks, self._changes.ran):
            self._print(line)
        self._result.end(verdict)
        self._print(last_line(verdict))

    def _print_change(self, event: Event) -> None:
        line = self._changes.line(event)
        if line is not None:
            self._print(stamped(line, self._clock))

    def _print(self, line: Line) -> None:
        self._stderr.line(self._written(line))

    def _written(self, line: Line) -> str:
        return ansi(line) if self._colour else plain(line)


def stamped(line: Line, clock: Clock) -> Line:
    """Put the local time before *line*."""
    return (Span(clock.wall().astimezone().strftime("%H:%M:%S"), Style.DIM), Span(" "), *line)
