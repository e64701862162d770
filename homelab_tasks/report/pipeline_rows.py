"""A pipeline in the live view: a line of its own, and a row for each workflow with what it does right now."""

from msgspec import Struct
from rich.cells import cell_len

from homelab_tasks.durations import format_duration
from homelab_tasks.model.pipelines.history import expectation
from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.report.cells import padded, width_of
from homelab_tasks.report.ci_picture import PipelineRow, StepRow, WorkflowRow
from homelab_tasks.report.columns import GAP, bar, clock, joined, sign, with_bar, with_link
from homelab_tasks.report.elapsed import fraction_of
from homelab_tasks.report.folding import DONE, FIRST, LIVELY, QUIET, Row
from homelab_tasks.report.marks import Marks
from homelab_tasks.report.styled import Line, Span, Style, status_span

NARROW = 60  # below that a name may take half of the width, and columns are as wide as what stands in them
LEAST_FOR_REF = 36
CLOCK_CELLS = 6  # `12m04s`
WORKFLOW_BAR_CELLS = 10
OVER = "over"  # `12s over`, where `12s longer than usual` would take the place of what goes on


class Columns(Struct, frozen=True, kw_only=True):
    """How many cells the columns of workflow rows take."""

    name: int
    steps: int
    clock: int
    bar: int
    left: int


def pipeline_rows(pipeline: PipelineRow, width: int, now: float, marks: Marks) -> list[Row]:
    """Draw *pipeline* as it is at *now*."""
    workflows = list(pipeline.workflows.values())
    columns = _columns(workflows, width, now, is_over=not pipeline.elapsed.runs)
    head = Row(line=_pipeline_line(pipeline, width, now, marks), word=pipeline.seen.status, rank=FIRST)
    return [head, *(_workflow_row(workflow, columns, now, marks) for workflow in workflows)]


def _columns(workflows: list[WorkflowRow], width: int, now: float, *, is_over: bool) -> Columns:
    names = max((cell_len(workflow.name) for workflow in workflows), default=0)
    clocks = (width_of((clock(workflow.elapsed.value(now)),)) for workflow in workflows)
    return Columns(
        name=min(names, width // (2 if width < NARROW else 3)),
        steps=max((len(_progress(workflow)) for workflow in workflows), default=0),
        clock=max(clocks, default=0) if width < NARROW or is_over else CLOCK_CELLS,
        bar=WORKFLOW_BAR_CELLS if width >= NARROW and any(_is_foreseen(workflow) for workflow in workflows) else 0,
        left=max((len(_left(workflow, now)) for workflow in workflows), default=0),
    )


def _is_foreseen(workflow: WorkflowRow) -> bool:
    return workflow.elapsed.expected is not None


def _left(workflow: WorkflowRow, now: float) -> str:
    left = workflow.seconds_left(now)
    return expectation(left, over=OVER) if left is not None and workflow.elapsed.runs else ""


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
        _expectation(pipeline, width, now),
        None if seen.judged else "(not judged)",
    )
    if pipeline.elapsed.runs:
        line = with_bar(line, pipeline.fraction(now), width, marks)
    return with_link(line, seen.url, width)


def _expectation(pipeline: PipelineRow, width: int, now: float) -> str | None:
    left = pipeline.seconds_left(now)
    if left is None or not pipeline.elapsed.runs:
        return None
    return expectation(left, over=OVER) if width < NARROW else expectation(left)


def _workflow_row(workflow: WorkflowRow, columns: Columns, now: float, marks: Marks) -> Row:
    mark, style, rank = _look(workflow.status, marks)
    line = (
        *joined(
            padded(workflow.name, columns.name, ellipsis=marks.ellipsis),
            _progress(workflow).ljust(columns.steps),
            clock(workflow.elapsed.value(now), columns.clock),
        ),
        *_forecast(workflow, columns, now, marks),
    )
    quotes = tuple(
        (Span(f"{GAP}{GAP}{GAP}{marks.bar} ", Style.DIM), Span(text))
        for step in workflow.steps.values()
        if _is_red(step.status)
        for text in step.tail
    )
    line = (Span(GAP), sign(mark, style, marks), Span(" "), *line)
    return Row(line=line, quotes=quotes, word=workflow.word or workflow.status, rank=rank)


def _forecast(workflow: WorkflowRow, columns: Columns, now: float, marks: Marks) -> Line:
    """Draw what *workflow* does, and what is left of it; where there is room, in columns and with a bar."""
    left, words = workflow.seconds_left(now), _left(workflow, now)
    if not columns.bar:
        return (Span(GAP), *joined(_detail(workflow, now, is_terse=bool(words)), words))
    done = fraction_of(workflow.elapsed.value(now) or 0.0, left) if left is not None and words else None
    drawn = bar(done, columns.bar, marks) if done is not None else (Span(" " * columns.bar),)
    told = (Span(GAP), Span(words.ljust(columns.left))) if columns.left else ()
    return (Span(GAP), *drawn, *told, Span(GAP), *joined(_detail(workflow, now, is_terse=False)))


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


def _detail(workflow: WorkflowRow, now: float, *, is_terse: bool) -> Span | None:
    steps = workflow.steps.values()
    red = [step for step in steps if _is_red(step.status)]
    running = [step for step in steps if step.status is Status.RUNNING]
    if workflow.error or red:
        told = ", ".join(_red_words(step) for step in red) or workflow.word
        return Span(": ".join(part for part in (told, workflow.error) if part))
    if running:
        more = f" and {len(running) - 1} more" if len(running) > 1 else ""
        return Span(f"{running[0].name if is_terse else _running_words(running[0], now)}{more}")
    return None if workflow.status in {Status.SUCCESS, Status.RUNNING} else Span(workflow.word, Style.DIM)


def _running_words(step: StepRow, now: float) -> str:
    seconds, usual = step.elapsed.value(now), step.elapsed.expected
    took = f" {format_duration(seconds)}" if seconds is not None else ""
    of = f" of ~{format_duration(usual)}" if took and usual is not None and usual >= 1 else ""
    return f"{step.name}{took}{of}"


def _red_words(step: StepRow) -> str:
    reason = f"exit {step.exit_code}" if step.exit_code else step.error or step.status.value
    return f"{step.name}: {reason}"
