"""The part of the picture that is a landing: one row for each step that was tried."""

from msgspec import Struct
from msgspec.structs import replace

from homelab_tasks.model.events import Land, Stage
from homelab_tasks.report.elapsed import Elapsed, started


class LandRow(Struct, frozen=True, kw_only=True):
    """A step of a landing, or a stage that has ended; *good* is None while it goes on, or when it is done *again*."""

    name: str
    text: str
    elapsed: Elapsed
    attempt: int = 1
    good: bool | None = None
    again: bool = False


Landing = tuple[LandRow, ...]


def after_step(rows: Landing, event: Land, now: float) -> Landing:
    """Return *rows* with *event*: news of the step that goes on, or the next one, which ends it."""
    last = rows[-1] if rows else None
    if last is not None and (last.name, last.attempt) == (event.phase, event.attempt):
        return (*rows[:-1], replace(last, text=event.text or last.text))
    was_lost = last is not None and event.attempt > last.attempt
    row = LandRow(name=event.phase, text=event.text or "", attempt=event.attempt, elapsed=started(now))
    return (*settled(rows, now, good=not was_lost, again=was_lost), row)


def stage_row(event: Stage) -> LandRow:
    """Make the row of a stage that has ended."""
    return LandRow(name=event.verdict, text=event.reason, good=event.verdict.is_good, elapsed=Elapsed())


def settled(rows: Landing, now: float, *, good: bool, again: bool = False) -> Landing:
    """Return *rows* with the step that went on until *now* ended."""
    if not rows or rows[-1].good is not None or rows[-1].again:
        return rows
    last = replace(rows[-1], good=None if again else good, again=again, elapsed=rows[-1].elapsed.stopped(now))
    return (*rows[:-1], last)
