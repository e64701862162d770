"""What doctor found, for a person at a terminal: broken between words, and what to do about it below."""

import re

from homelab_tasks.model.events import Check
from homelab_tasks.report.cells import broken
from homelab_tasks.report.entries import check_line
from homelab_tasks.report.marks import Marks
from homelab_tasks.report.styled import Line, Span

INDENT = 2
_COMMAND = re.compile(r": (?=(?:kubectl|git|vault|timedatectl) )")


def check_rows(event: Check, marks: Marks, width: int) -> list[Line]:
    """Write what was found in lines of *width* cells; a command that helps stays whole, so that it can be copied."""
    rows = broken(check_line(event, marks, with_hint=False), width, indent=INDENT)
    if event.hint:
        advice, *command = _COMMAND.split(event.hint, maxsplit=1)
        text = f"{' ' * INDENT}{advice[0].upper()}{advice[1:]}{':' if command else ''}"
        rows += broken((Span(text),), width, indent=INDENT)
        rows += [(Span(" " * 2 * INDENT + line),) for line in command]
    return rows
