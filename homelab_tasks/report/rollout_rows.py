"""Deployment targets in the live view: how many of their pods are what they should be, and which are in trouble."""

from rich.cells import cell_len

from homelab_tasks.durations import format_duration
from homelab_tasks.model.events import Phase, Rollout
from homelab_tasks.model.verdict import Word
from homelab_tasks.report.cells import broken, width_of
from homelab_tasks.report.columns import BAR_LEAST_CELLS, GAP, bar, clock, joined, sign, with_bar
from homelab_tasks.report.entries import replica_words
from homelab_tasks.report.folding import DONE, FIRST, LIVELY, Row
from homelab_tasks.report.marks import Marks
from homelab_tasks.report.picture import TargetRow
from homelab_tasks.report.styled import Line, Span, Style, verdict_style

WIDE = 120  # below that the pods have a line of their own
INDENT = 4
TROUBLES_MOST = 3


def target_rows(targets: dict[str, TargetRow], width: int, now: float, marks: Marks) -> list[Row]:
    """Draw each of *targets* as it is at *now*."""
    return [
        _ended_row(target, now, marks) if target.ended is not None else _moving_row(target, width, now, marks)
        for target in targets.values()
    ]


def _ended_row(target: TargetRow, now: float, marks: Marks) -> Row:
    word = target.ended.verdict if target.ended is not None else Word.PENDING
    mark = marks.good if word.is_good else marks.bad if word is Word.FAILED else marks.skipped
    phases = target.phases(now)
    parts = ", ".join(f"{phase} {format_duration(seconds)}" for phase, seconds in phases) if len(phases) > 1 else ""
    took = clock(sum(seconds for _, seconds in phases))
    line = joined(Span(target.seen.target), Span(word, verdict_style(word)), took, parts, target.reason)
    signed = (sign(mark, verdict_style(word), marks), Span(" "), *line)
    return Row(line=signed, word=word, rank=DONE if word.is_good else FIRST)


def _moving_row(target: TargetRow, width: int, now: float, marks: Marks) -> Row:
    seen = target.seen
    head: Line = (
        sign(marks.running, Style.BUSY, marks),
        Span(" "),
        *joined(seen.target, Span(seen.phase, Style.BUSY), clock(target.elapsed.value(now))),
    )
    told = _told(seen)
    is_short = target.fraction is None and width_of(head) + len(GAP) + cell_len(told) <= width
    if width >= WIDE or is_short:
        line = (*with_bar(head, target.fraction, width - len(told), marks), Span(GAP), Span(told))
        pods: list[Line] = []
    else:
        line = with_bar(head, target.fraction, width, marks)
        has_bar = width_of(line) > width_of(head)
        small = bar(target.fraction, BAR_LEAST_CELLS, marks) if target.fraction is not None and not has_bar else ()
        pods = broken((Span(" " * INDENT), *small, Span(GAP if small else ""), Span(told)), width, indent=INDENT)
    quotes = (*pods, *_trouble_lines(seen, width, marks))
    return Row(line=line, word=seen.phase, rank=FIRST if seen.trouble else LIVELY, quotes=quotes)


def _told(seen: Rollout) -> str:
    """Tell what stands there, and how far it is."""
    text = seen.text or replica_words(seen)
    if not seen.image or seen.image in text:
        return text
    return f"{seen.image} {text}" if seen.phase is Phase.IMAGE else f"{text}{GAP}{seen.image}"


def _trouble_lines(seen: Rollout, width: int, marks: Marks) -> list[Line]:
    shown, hidden = seen.trouble[:TROUBLES_MOST], len(seen.trouble) - TROUBLES_MOST
    mark = Span(f"{' ' * INDENT}{marks.bad} ", Style.BAD)
    lines = [part for text in shown for part in broken((mark, Span(text)), width, indent=width_of((mark,)))]
    return [*lines, (Span(f"{' ' * INDENT}{marks.ellipsis} {hidden} more"),)] if hidden > 0 else lines
