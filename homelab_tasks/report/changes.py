"""What has changed since the last line that was printed."""

from homelab_tasks.durations import format_duration
from homelab_tasks.model.events import (
    Event,
    Land,
    Log,
    Note,
    PipelineSeen,
    Rollout,
    Stage,
    StepSeen,
    Watching,
    WorkflowSeen,
)
from homelab_tasks.model.pipelines.judgement import workflow_name
from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.report.entries import log_line, note_line, rollout_line, watching_line
from homelab_tasks.report.styled import Line, Span, Style, status_span, verdict_style, words


class Changes:
    """
    Turns events into at most one line each; an event that changes nothing gets none.

    Meanwhile it notes how many seconds each pipeline *ran*, by its number.
    """

    def __init__(self) -> None:
        """Have told nothing yet."""
        self._told: dict[object, Line] = {}
        self._attempt = 1
        self.ran: dict[int, float] = {}

    def line(self, event: Event) -> Line | None:  # noqa: PLR0911 - one for each kind of event
        """Write the line that *event* is worth, or None."""
        match event:
            case Watching():
                return watching_line(event)
            case PipelineSeen():
                self._note_duration(event)
                return self._once(("pipeline", event.id), event.status, self._pipeline_line(event))
            case WorkflowSeen():
                key = ("workflow", event.pipeline, workflow_name(event.name, event.axis))
                return self._once(key, event.status, _workflow_line(event))
            case StepSeen():
                step = ("step", event.pipeline, workflow_name(event.workflow, event.axis), event.name)
                return self._once(step, event.status, _step_line(event)) if _is_worth_a_line(event) else None
            case Rollout():
                return self._once(("rollout", event.target), None, rollout_line(event))
            case Land():
                is_next, self._attempt = event.attempt > self._attempt, event.attempt
                return words(event.phase, event.text, f"(attempt {event.attempt})" if is_next else None)
            case _:
                return _unconditional_line(event)

    def _note_duration(self, event: PipelineSeen) -> None:
        if event.seconds is not None and Status(event.status).is_final:
            self.ran[event.number] = event.seconds

    def _pipeline_line(self, event: PipelineSeen) -> Line:
        if ("pipeline", event.id) in self._told:
            return words(f"#{event.number}", status_span(event.status), duration_span(event.seconds))
        parent = f"(restart of #{event.parent})" if event.parent else None
        return words(
            f"#{event.number}",
            event.trigger,
            event.branch or event.ref.removeprefix("refs/heads/"),
            status_span(event.status),
            duration_span(event.seconds),
            parent,
            None if event.judged else "(not judged)",
            Span(event.url, link=event.url),
        )

    def _once(self, key: object, status: str | None, line: Line) -> Line | None:
        """Give *line*, unless the same *status* (where there is none: the same line) was told of *key* before."""
        mark = (Span(status),) if status is not None else line
        if self._told.get(key) == mark:
            return None
        self._told[key] = mark
        return line


def duration_span(seconds: float | None) -> Span | None:
    """Write how long something took, dim; None where nothing is known."""
    return None if seconds is None else Span(format_duration(seconds), Style.DIM)


def _workflow_line(event: WorkflowSeen) -> Line:
    return words(
        f"#{event.pipeline}",
        workflow_name(event.name, event.axis),
        status_span(event.status),
        event.error and f"({event.error})",
        duration_span(event.seconds),
    )


def _is_worth_a_line(event: StepSeen) -> bool:
    """Tell of a step only when it is red: its workflow tells of the rest."""
    return Status(event.status).is_red or Status(event.status).is_halted


def _step_line(event: StepSeen) -> Line:
    code = f"exit {event.exit_code}" if event.exit_code else ""
    detail = ": ".join(part for part in (code, event.error) if part)
    return words(
        f"#{event.pipeline}",
        f"{workflow_name(event.workflow, event.axis)} > {event.name}",
        status_span(event.status),
        detail and f"({detail})",
        duration_span(event.seconds),
    )


def _unconditional_line(event: Event) -> Line | None:
    match event:
        case Log():
            return log_line(event)
        case Note():
            return note_line(event)
        case Stage():
            return words(f"{event.stage}:", Span(event.verdict, verdict_style(event.verdict)), event.reason)
        case _:
            return None
