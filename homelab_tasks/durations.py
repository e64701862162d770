"""Durations as people write them: `90`, `90s`, `20m`, `1h30m`."""

import re

from homelab_tasks.errors import UsageError

SECONDS_PER_UNIT = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
SECONDS_PER_MINUTE = 60
SECONDS_PER_HOUR = 3600
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")


class Duration(float):
    """A length of time in seconds; never negative."""

    __slots__ = ()


def parse_duration(text: object) -> Duration:
    """
    Read *text* (`90`, `90s`, `1h30m`, or a number of seconds) as a length of time.

    Raises UsageError for anything else: a negative, a bare unit, an unknown unit.
    """
    written = str(text).strip().lower()
    if re.fullmatch(r"\d+(?:\.\d+)?", written) and not isinstance(text, bool):
        return Duration(written)
    if _WHOLE.fullmatch(written):
        return Duration(sum(float(number) * SECONDS_PER_UNIT[unit] for number, unit in _PART.findall(written)))
    raise UsageError(f"{text!r} is not a duration", hint="write it as 90s, 20m or 1h30m")


def format_duration(seconds: float) -> str:
    """Write *seconds* as people read it: `0s`, `52s`, `1m04s`, `2h03m`."""
    whole = max(0, round(seconds))
    if whole < SECONDS_PER_MINUTE:
        return f"{whole}s"
    if whole < SECONDS_PER_HOUR:
        return f"{whole // SECONDS_PER_MINUTE}m{whole % SECONDS_PER_MINUTE:02d}s"
    return f"{whole // SECONDS_PER_HOUR}h{whole % SECONDS_PER_HOUR // SECONDS_PER_MINUTE:02d}m"
