"""Values of flags: they arrive as text, and are wrong in the words of the command line."""

from homelab_tasks.durations import Duration, parse_duration
from homelab_tasks.errors import UsageError


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
