"""A pipeline in the live view: a line of its own, and a row for each workflow with what it does right now."""

from msgspec import Struct
from rich.cells import cell_len

from homelab_tasks.durations import format_duration
from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.report.cells import padded, width_of
from homelab_tasks.report.ci_picture import PipelineRow, StepRow, WorkflowRow
from homelab_tasks.report.columns import GAP, clock, joined, sign, with_bar, with_link
from homelab_tasks.report.folding import DONE, FIRST, LIVELY, QUIET, Row
from homelab_tasks.report.marks import Marks
from homelab_tasks.report.styled import Line, Span, Style, status_span

NARROW = 60  # below that a name may take half of the width, and columns are as wide as what stands in them
LEAST_FOR_REF = 36
CLOCK_CELLS = 6  # `12m04s`


class Columns(Struct, frozen=True, kw_only=True):
    """How many cells the columns of workflow rows take."""

    name: int
    steps: int
    clock: int


def pipeline_rows(pipeline: PipelineRow, width: int, now: float, marks: Marks) -> list[Row]:
    """Draw *pipeline* as it is at *now*."""
    workflows = list(pipeline.workflows.values())
    columns = _columns(workflows, width, now)
    head = Row(line=_pipeline_line(pipeline, width, now, marks), word=pipeline.seen.status, rank=FIRST)
    return [head, *(_workflow_row(workflow, columns, now, marks) for workflow in workflows)]


def _columns(workflows: list[WorkflowRow], width: int, now: float) -> Columns:
    names = max((cell_len(workflow.name) for workflow in workflows), default=0)
    clocks = (width_of((clock(workflow.elapsed.value(now)),)) for workflow in workflows)
    return Columns(
        name=min(names, width // (2 if width < NARROW else 3)),
        steps=max((len(_progress(workflow)) for workflow in workflows), default=0),
        clock=max(clocks, default=0) if width < NARROW else CLOCK_CELLS,
    )


def _progress(workflow: WorkflowRow) -> str:
    steps = workflow.steps.values()
    return f"{sum(step.status.is_final for step in steps)}/{len(steps)}" if steps else ""


def _pipeline_line(pipeline: PipelineRow, width: int, now: float, marks: Marks) -> Line:
    seen = pipeline.seen
    where = f" {seen.trigger} {seen.branch or seen.ref.removeprefix('refs/heads/')}" if width >= LEAST_FOR_REF else ""
    line = joined(
        Span(f"#{seen.number}{where}", link=seen.url),
        status_span(seen.status),
        clock(pipeline.elapsed.value(now)),
        _expectation(pipeline, now),
        None if seen.judged else "(not judged)",
    )
    if pipeline.elapsed.runs:
        line = with_bar(line, pipeline.fraction(now), width, marks)
    return with_link(line, seen.url, width)


def _expectation(pipeline: PipelineRow, now: float) -> str | None:
    left = pipeline.seconds_left(now)
    if left is None or not pipeline.elapsed.runs:
        return None
    return f"~{format_duration(left)} left" if left > 0 else f"{format_duration(-left)} longer than usual"


def _workflow_row(workflow: WorkflowRow, columns: Columns, now: float, marks: Marks) -> Row:
    mark, style, rank = _look(workflow.status, marks)
    steps = list(workflow.steps.values())
    line = joined(
        padded(workflow.name, columns.name, ellipsis=marks.ellipsis),
        _progress(workflow).ljust(columns.steps),
        clock(workflow.elapsed.value(now), columns.clock),
        _detail(workflow, steps, now),
    )
    quotes = tuple(
        (Span(f"{GAP}{GAP}{GAP}{marks.bar} ", Style.DIM), Span(text))
        for step in steps
        if _is_red(step.status)
        for text in step.tail
    )
    line = (Span(GAP), sign(mark, style, marks), Span(" "), *line)
    return Row(line=line, quotes=quotes, word=workflow.word or workflow.status, rank=rank)


def _look(status: Status, marks: Marks) -> tuple[str, Style, int]:
    if _is_red(status):
        return marks.bad, Style.BAD, FIRST
    match status:
        case Status.SUCCESS:
            return marks.good, Style.GOOD, DONE
        case Status.RUNNING:
            return marks.running, Style.BUSY, LIVELY
        case Status.SKIPPED:
            return marks.skipped, Style.PLAIN, DONE
        case _:
            return marks.waiting, Style.PLAIN, QUIET


def _is_red(status: Status) -> bool:
    return status.is_red or status.is_halted or status is Status.DECLINED


def _detail(workflow: WorkflowRow, steps: list[StepRow], now: float) -> Span | None:
    red = [step for step in steps if _is_red(step.status)]
    running = [step for step in steps if step.status is Status.RUNNING]
    if workflow.error or red:
        told = ", ".join(_red_words(step) for step in red) or workflow.word
        return Span(": ".join(part for part in (told, workflow.error) if part))
    if running:
        more = f" and {len(running) - 1} more" if len(running) > 1 else ""
        seconds = running[0].elapsed.value(now)
        took = f" {format_duration(seconds)}" if seconds is not None else ""
        return Span(f"{running[0].name}{took}{more}")
    return None if workflow.status in {Status.SUCCESS, Status.RUNNING} else Span(workflow.word, Style.DIM)


def _red_words(step: StepRow) -> str:
    reason = f"exit {step.exit_code}" if step.exit_code else step.error or step.status.value
    return f"{step.name}: {reason}"
