"""Values of flags: they arrive as text, and are wrong in the words of the command line."""

import difflib
from collections.abc import Iterable

from homelab_tasks.durations import Duration, parse_duration
from homelab_tasks.errors import UsageError
from homelab_tasks.model.pipelines.pipeline import EVENTS


def require_text(empty: Iterable[str]) -> None:
    """Refuse flags that were given as *empty* text: `--sha "$SHA"` of a variable that is not set means no default."""
    for flag in empty:
        raise UsageError(f"--{flag.replace('_', '-')}: is empty", hint="give it a value, or leave it out")


def duration(flag: str, text: str, default: Duration) -> Duration:
    """Read the duration *text* of *flag*; *default* where it was not given."""
    if not text:
        return default
    try:
        return parse_duration(text)
    except UsageError as error:
        raise UsageError(f"{flag}: {error.problem}", hint=error.hint) from None


def whole_number(flag: str, text: str) -> int | None:
    """Read the number *text* of *flag*, 1 or more; None where it was not given."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise UsageError(f"{flag}: {text!r} is not a whole number from 1 on")
    return int(text)


def words(text: str) -> tuple[str, ...]:
    """Split a flag like `push,tag` into its words."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def event_names(text: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """
    Read --events; *default*, a setting, where it was not given.

    Refuses what is nearly the name of an event; an event of a newer server passes.
    """
    source = "--events" if text else "homelab.ci.events"
    names = words(text) if text else default
    if not names:
        raise UsageError(f"{source}: {text!r} names no event")
    for name in names:
        near = difflib.get_close_matches(name, EVENTS, n=1)
        if near and near[0] != name:
            raise UsageError(f"{source}: {name!r} is not an event of Woodpecker; did you mean {near[0]}?")
    return names
