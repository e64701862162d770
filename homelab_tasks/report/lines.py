"""The view for pipes, CI logs and dumb terminals: one line for each change, never a cursor movement."""

from homelab_tasks.model.events import Event, Log, StepSeen, Topic, Transcript, Verdict, Watching
from homelab_tasks.model.judgement import workflow_name
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.report.changes import Changes, log_line, topic_line, transcript_line
from homelab_tasks.report.cleaning import presentable
from homelab_tasks.report.clock import Clock
from homelab_tasks.report.marks import marks_for
from homelab_tasks.report.outlet import Outlet
from homelab_tasks.report.styled import Line, Span, Style, ansi, plain
from homelab_tasks.report.words import ending, last_line, result_line

LOGS_TASK = "ci.logs"


class Lines:
    """Progress on *stderr*, each line with its local time; the result on *stdout*."""

    def __init__(self, stdout: Outlet, stderr: Outlet, *, clock: Clock, secrets: Secrets, colour: bool) -> None:
        """Write with *colour* only where somebody asked for it."""
        self._stdout = stdout
        self._stderr = stderr
        self._clock = clock
        self._secrets = secrets
        self._colour = colour
        self._changes = Changes()
        self._logs = LogResult(stdout)

    @property
    def is_closed(self) -> bool:
        """Has the reader of the result gone away?"""
        return self._stdout.is_closed

    def show(self, event: Event) -> None:
        """Print what *event* is worth."""
        event = presentable(event, self._secrets)
        if self._logs.takes(event):
            return
        if isinstance(event, Verdict):
            self._end(event)
            return
        if isinstance(event, Transcript):
            self._print(transcript_line(event))
            return
        line = self._changes.line(event)
        if line is not None:
            self._print_stamped(line)

    def close(self) -> None:
        """Do nothing: every line is out already."""

    def _end(self, verdict: Verdict) -> None:
        for line in ending(verdict, marks_for(self._stderr.encoding)):
            self._print(line)
        if not self._logs.is_wanted:
            self._stdout.line(result_line(verdict))
        self._print(last_line(verdict))

    def _print_stamped(self, line: Line) -> None:
        self._print(stamped(line, self._clock))

    def _print(self, line: Line) -> None:
        self._stderr.line(self._written(line))

    def _written(self, line: Line) -> str:
        return ansi(line) if self._colour else plain(line)


def stamped(line: Line, clock: Clock) -> Line:
    """Put the local time before *line*."""
    return (Span(clock.wall().astimezone().strftime("%H:%M:%S"), Style.DIM), Span(" "), *line)


class LogResult:
    """
    The log, or the topics, that a task was asked for: they are the result, and go to *stdout* as they are.

    Each line names its step from the moment on that more than one step is known of.
    """

    def __init__(self, stdout: Outlet) -> None:
        """Expect no log until the task says that it reads one."""
        self._stdout = stdout
        self._steps: set[tuple[int, str, str]] = set()
        self.is_wanted = False

    def takes(self, event: Event) -> bool:
        """Print *event* if it belongs to the result, and say so."""
        match event:
            case Watching():
                self.is_wanted = event.task == LOGS_TASK
            case StepSeen():
                self._steps.add((event.pipeline, workflow_name(event.workflow, event.axis), event.name))
            case Log() if self.is_wanted:
                self._steps.add((event.pipeline, event.workflow, event.step))
                self._stdout.line(plain(log_line(event)) if len(self._steps) > 1 else event.text)
                return True
            case Topic():
                self._stdout.line(plain(topic_line(event)))
                return True
        return False
