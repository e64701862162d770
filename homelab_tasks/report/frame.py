"""The live view as text: a picture, drawn for a terminal of some width and height at some moment. Pure."""

from collections.abc import Iterable

from rich.cells import cell_len

from homelab_tasks.model.commit import SHORT_SHA_LENGTH
from homelab_tasks.model.events import Watching
from homelab_tasks.report.cells import broken, fitted, tidied, width_of
from homelab_tasks.report.columns import GAP, clock, joined, sign
from homelab_tasks.report.folding import LIVELY, Row, folded
from homelab_tasks.report.landing_rows import landing_rows
from homelab_tasks.report.marks import Marks
from homelab_tasks.report.picture import Picture
from homelab_tasks.report.pipeline_rows import pipeline_rows
from homelab_tasks.report.rollout_rows import target_rows
from homelab_tasks.report.styled import Line, Span, Style

TITLE_CELLS = 50
MOST_INDENT = 0.4  # of the width, where a line is broken
NO_LIMIT = 10_000
WAITING_FROM_SECONDS = 1.0  # who is answered within a second did not wait


def header(watching: Watching, width: int) -> list[Line]:
    """Write what is watched and where; on as many lines as it takes, for it is never drawn again."""
    commit = watching.commit and watching.commit[:SHORT_SHA_LENGTH]
    if commit and watching.title:
        commit = f'{commit} "{watching.title[:TITLE_CELLS]}"'
    where = watching.server and f"on {watching.server}"
    if where and watching.address:
        where = f"{where} (pinned to {watching.address})"
    pieces = (watching.task, watching.text, watching.repository, commit, where)
    spans = [Span(piece) for piece in pieces if piece]
    if watching.url:
        spans.append(Span(watching.url, link=watching.url))
    return _flowed(spans, width)


def frame(picture: Picture, *, width: int, height: int | None, now: float, marks: Marks) -> list[Line]:
    """
    Draw what goes on at *now*, no line wider than *width* cells and no more than *height* lines.

    Without *height* it is the last frame: every row is there, broken instead of cut, and the quotes, which the ending
    has, are not.
    """
    if height is None:
        rows = _rows(picture, NO_LIMIT, now, marks)
        return [
            part
            for row in rows
            for part in broken(tidied(row.line), width, indent=min(row.indent, int(width * MOST_INDENT)))
        ]
    lines = folded(_rows(picture, width, now, marks) or _waiting(picture, now, marks), height, ellipsis=marks.ellipsis)
    return [fitted(line, width, ellipsis=marks.ellipsis) for line in lines]


def _rows(picture: Picture, width: int, now: float, marks: Marks) -> list[Row]:
    return [
        *landing_rows(picture.landing, now, marks),
        *_ended("land", picture, now, marks),
        *(row for pipeline in picture.pipelines.values() for row in pipeline_rows(pipeline, width, now, marks)),
        *_ended("ci", picture, now, marks),
        *target_rows(picture.targets, width, now, marks),
        *_ended("deploy", picture, now, marks),
    ]


def _waiting(picture: Picture, now: float, marks: Marks) -> list[Row]:
    """Draw a clock that runs while there is nothing to show yet."""
    if picture.began is None or now - picture.began < WAITING_FROM_SECONDS:
        return []
    line = (sign(marks.running, Style.BUSY, marks), Span(" "), *joined("waiting", clock(now - picture.began)))
    return [Row(line=line, word="waiting", rank=LIVELY)]


def _ended(stage: str, picture: Picture, now: float, marks: Marks) -> list[Row]:
    """Draw how *stage* ended, below what it was about."""
    return landing_rows((row for name, row in picture.stages.items() if name == stage), now, marks)


def _flowed(spans: Iterable[Span], width: int) -> list[Line]:
    lines: list[Line] = []
    for span in spans:
        if lines and width_of(lines[-1]) + len(GAP) + cell_len(span.text) <= width:
            lines[-1] = (*lines[-1], Span(GAP), span)
        else:
            lines.append((Span(GAP), span) if lines else (span,))
    return lines
