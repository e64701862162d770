"""The signs of the views, what stands for them where the encoding lacks them, and how a task is called."""

from msgspec import Struct, structs


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
    call: str = "inv "  # what the name of a task is written after


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


def marks_for(encoding: str | None, call: str = "inv ") -> Marks:
    """Choose the signs that *encoding* can write, ASCII where it is not known; tasks are written after *call*."""
    every = "".join(getattr(UNICODE, name) for name in UNICODE.__struct_fields__)
    try:
        every.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return structs.replace(ASCII, call=call)
    return structs.replace(UNICODE, call=call)
