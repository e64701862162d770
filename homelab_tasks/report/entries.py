"""Events that are a line by themselves, whatever came before them."""

from homelab_tasks.model.events import (
    Check,
    CheckState,
    Log,
    Note,
    NoteKind,
    Rollout,
    Topic,
    Transcript,
    TranscriptKind,
    Watching,
)
from homelab_tasks.report.marks import Marks
from homelab_tasks.report.styled import Line, Span, Style, words
from homelab_tasks.report.words import short

_SPOKEN_KINDS = {NoteKind.HEARTBEAT: "", NoteKind.SUPERSEDED: "superseded:", NoteKind.WARNING: "warning:"}


def watching_line(event: Watching) -> Line:
    """Write what is watched and where: the first line of every view."""
    return words(
        event.task,
        event.text,
        event.repository,
        short(event.commit),
        event.server and f"on {event.server}",
        event.address and f"via {event.address}",
        event.url and Span(event.url, link=event.url),
    )


def note_line(event: Note) -> Line:
    """Write a note; what kind it is of only where the text does not say it."""
    return words(_SPOKEN_KINDS.get(event.kind, "note:"), event.text)


def log_line(event: Log) -> Line:
    """Write a line of a log with the step that it is from."""
    return (Span(f"{event.workflow} > {event.step}"), Span(" | ", Style.DIM), Span(event.text))


def transcript_line(event: Transcript) -> Line:
    """Write a line of a transcript as it looks at a shell's prompt."""
    match event.kind:
        case TranscriptKind.TITLE:
            return (Span(f"== {event.text} =="),)
        case TranscriptKind.REMARK:
            return (Span(f"# {event.text}", Style.DIM),)
        case TranscriptKind.COMMAND:
            return (Span(f"$ {event.text}", Style.GOOD),)
        case TranscriptKind.OUTPUT:
            return (Span(event.text),)


def topic_line(event: Topic) -> Line:
    """Write a topic as one line: what it is called, how it stands, where it is."""
    standing = f"{event.ahead} ahead, {event.behind} behind" if event.done is None else None
    return words(
        event.name,
        short(event.commit),
        event.done,
        standing,
        "landed" if event.landed and event.done is None else None,
        f"as {short(event.landed_as)}" if event.landed_as and event.done is None else None,
        "dirty" if event.dirty and event.done is None else None,
        event.reason and f"({event.reason})",
        event.ci and f"CI {event.ci}",
        event.pull_request and Span(event.pull_request, link=event.pull_request),
        event.path,
    )


def check_line(event: Check, marks: Marks, *, with_hint: bool = True) -> Line:
    """Write what was found, and what to do about it."""
    sign, style = {
        CheckState.OK: (marks.good, Style.GOOD),
        CheckState.WARNING: (marks.again, Style.BUSY),
        CheckState.FAILED: (marks.bad, Style.BAD),
        CheckState.SKIPPED: (marks.skipped, Style.DIM),
    }[event.state]
    is_trouble = event.state in {CheckState.WARNING, CheckState.FAILED}
    state = Span(f"{event.state}:", style) if is_trouble else None
    hint = f". {event.hint[0].upper()}{event.hint[1:]}" if event.hint and with_hint else ""
    return words(Span(sign, style), f"{event.name}:", state, f"{event.text}{hint}")


def rollout_line(event: Rollout) -> Line:
    """Write how far a target has come."""
    return words(f"{event.target} {event.phase}:", event.image, event.text or replica_words(event))


def replica_words(event: Rollout) -> str:
    """Count a target's pods: `2 of 3 updated, 2 available`."""
    counts = [
        f"{event.updated or 0} of {event.desired} updated" if event.desired is not None else "",
        f"{event.available} available" if event.available is not None else "",
    ]
    return ", ".join(count for count in counts if count)
