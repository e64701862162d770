"""What a task was asked for, on stdout: the rows or the log that it tells, where it tells those, else one line."""

from homelab_tasks.model.events import Check, Event, Log, StepSeen, Topic, Verdict, Watching
from homelab_tasks.model.pipelines.judgement import workflow_name
from homelab_tasks.report.entries import check_line, log_line, topic_line
from homelab_tasks.report.marks import marks_for
from homelab_tasks.report.outlet import Outlet
from homelab_tasks.report.styled import ansi, plain
from homelab_tasks.report.words import result_line

LOGS_TASK = "ci.logs"


class Result:
    """Knows which events are the result; each line of a log names its step once more than one step is known of."""

    def __init__(self, stdout: Outlet, *, colour: bool) -> None:
        """Expect one line until the task tells something else; *colour* is for a person at a terminal."""
        self._stdout = stdout
        self._colour = colour
        self._steps: set[tuple[int, str, str]] = set()
        self._has_rows = False
        self.is_log = False

    def row(self, event: Event) -> str | None:
        """Write *event* as a line of the result, or return None if it is no part of it."""
        match event:
            case Watching():
                self.is_log = event.task == LOGS_TASK
            case StepSeen():
                self._steps.add((event.pipeline, workflow_name(event.workflow, event.axis), event.name))
            case Log() if self.is_log:
                self._steps.add((event.pipeline, event.workflow, event.step))
                return plain(log_line(event)) if len(self._steps) > 1 else event.text
            case Topic():
                self._has_rows = True
                return plain(topic_line(event))
            case Check():
                self._has_rows = True
                return self._check(event)
        return None

    def _check(self, event: Check) -> str:
        marks = marks_for(self._stdout.encoding)
        if not self._stdout.is_terminal:
            return plain(check_line(event, marks))
        from homelab_tasks.report.check_rows import check_rows  # measures characters, which no pipe pays for

        width = self._stdout.size()[0] - 1
        return "\n".join(ansi(row, colour=self._colour) for row in check_rows(event, marks, width))

    def line(self, row: str) -> None:
        """Print *row*."""
        self._stdout.line(row)

    def end(self, verdict: Verdict) -> None:
        """Print *verdict* as one line, unless the result is out already."""
        if not (self.is_log or self._has_rows):
            self._stdout.line(result_line(verdict))
