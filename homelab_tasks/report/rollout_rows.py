"""Deployment targets in the live view: how many of their pods are what they should be."""

from homelab_tasks.model.verdict import Word
from homelab_tasks.report.columns import clock, joined, sign, with_bar
from homelab_tasks.report.entries import replica_words
from homelab_tasks.report.folding import DONE, FIRST, LIVELY, Row
from homelab_tasks.report.marks import Marks
from homelab_tasks.report.picture import TargetRow
from homelab_tasks.report.styled import Line, Span, Style, verdict_style


def target_rows(targets: dict[str, TargetRow], width: int, now: float, marks: Marks) -> list[Row]:
    """Draw each of *targets* as it is at *now*."""
    return [_target_row(target, width, now, marks) for target in targets.values()]


def _target_row(target: TargetRow, width: int, now: float, marks: Marks) -> Row:
    seen, ended = target.seen, target.ended
    if ended is None:
        line = _moving_line(target, width, now, marks)
        return Row(line=line, word=seen.phase, rank=LIVELY)
    mark = marks.good if ended.verdict.is_good else marks.bad if ended.verdict is Word.FAILED else marks.skipped
    line = joined(
        Span(seen.target),
        Span(ended.verdict, verdict_style(ended.verdict)),
        clock(target.elapsed.value(now)),
        ended.reason,
    )
    signed = (sign(mark, verdict_style(ended.verdict), marks), Span(" "), *line)
    return Row(line=signed, word=ended.verdict, rank=DONE if ended.verdict.is_good else FIRST)


def _moving_line(target: TargetRow, width: int, now: float, marks: Marks) -> Line:
    seen = target.seen
    line: Line = (
        sign(marks.running, Style.BUSY, marks),
        Span(" "),
        *joined(seen.target, Span(seen.phase, Style.BUSY), clock(target.elapsed.value(now))),
    )
    told = seen.text or replica_words(seen)
    image = seen.image if seen.image and seen.image not in told else None
    line = with_bar(line, target.fraction, width - len(told), marks)
    return (*line, Span("  "), *joined(told, image))
