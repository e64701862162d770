"""Lines of text with a little style, before it is known what will show them."""

from enum import StrEnum

from msgspec import Struct

from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.model.verdict import Word


class Style(StrEnum):
    """How a piece of a line looks; the value is its SGR parameter (ECMA-48 8.3.117)."""

    PLAIN = ""
    GOOD = "32"
    BAD = "31"
    BUSY = "33"
    DIM = "2"


class Span(Struct, frozen=True):
    """A piece of a line: *text* without control characters, and the address that it links to, if any."""

    text: str
    style: Style = Style.PLAIN
    link: str | None = None


Line = tuple[Span, ...]

_GOOD_STATUSES = frozenset({Status.SUCCESS})
_BAD_STATUSES = frozenset({Status.FAILURE, Status.ERROR, Status.KILLED, Status.CANCELED, Status.DECLINED})


def words(*parts: str | Span | None) -> Line:
    """Put *parts* beside each other with a space between; those that are empty or None are left out."""
    spans = [Span(part) if isinstance(part, str) else part for part in parts if part is not None]
    line: list[Span] = []
    for span in spans:
        if span.text:
            line += [Span(" "), span] if line else [span]
    return tuple(line)


def status_span(status: str) -> Span:
    """Colour one of Woodpecker's words."""
    known = Status(status)
    if known in _GOOD_STATUSES:
        return Span(status, Style.GOOD)
    return Span(status, Style.BAD if known in _BAD_STATUSES else Style.BUSY)


def verdict_style(word: Word) -> Style:
    """Choose the colour of a verdict: green for good, red for failed, yellow for all that is neither."""
    if word.is_good:
        return Style.GOOD
    return Style.BAD if word is Word.FAILED else Style.BUSY


def plain(line: Line) -> str:
    """Write *line* without any style."""
    return "".join(span.text for span in line)


def ansi(line: Line, *, colour: bool = True, links: bool = False) -> str:
    """Write *line* with SGR colours and, where the terminal has them, OSC 8 links."""
    return "".join(_ansi_span(span, colour=colour, links=links) for span in line)


def _ansi_span(span: Span, *, colour: bool, links: bool) -> str:
    text = f"\x1b[{span.style}m{span.text}\x1b[0m" if colour and span.style else span.text
    if links and span.link:
        return f"\x1b]8;;{span.link}\x1b\\{text}\x1b]8;;\x1b\\"
    return text
