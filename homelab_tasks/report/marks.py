"""The signs of the views, and what stands for them where the encoding has no such characters."""

from msgspec import Struct


class Marks(Struct, frozen=True, kw_only=True):
    """One sign for each way a thing can be; never the only carrier of a meaning."""

    good: str
    bad: str
    running: str
    waiting: str
    skipped: str
    again: str
    bar: str  # stands before quoted log lines
    ellipsis: str
    done: str  # the part of a progress bar that is done
    edge: str  # its end
    left: str  # what is left


UNICODE = Marks(
    good="✓",
    bad="✗",
    running="●",
    waiting="○",
    skipped="–",  # noqa: RUF001 - an en dash is meant
    again="↻",
    bar="│",
    ellipsis="…",
    done="━",
    edge="╺",
    left="━",
)
ASCII = Marks(
    good="ok",
    bad="x",
    running="*",
    waiting=".",
    skipped="-",
    again="~",
    bar="|",
    ellipsis="...",
    done="=",
    edge=">",
    left="-",
)


def marks_for(encoding: str | None) -> Marks:
    """Choose the signs that *encoding* can write; ASCII where it is not known."""
    every = "".join(getattr(UNICODE, name) for name in UNICODE.__struct_fields__)
    try:
        every.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE
