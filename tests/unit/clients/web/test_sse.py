"""The parser of server-sent events."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homelab_tasks.clients.web.sse import LARGEST_EVENT_BYTES, EventParser, ServerSentEvent
from homelab_tasks.errors import TransientError

LINE = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=20)
EVENTS = st.lists(st.tuples(st.sampled_from(["", "eof", "ünïcode"]), st.lists(LINE, min_size=1, max_size=4)))
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def parse(*chunks: bytes) -> list[ServerSentEvent]:
    parser = EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


def message(data: str, event: str = "message") -> ServerSentEvent:
    return ServerSentEvent(data=data, event=event)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_an_event_ends_with_an_empty_line_whatever_ends_the_lines(end: bytes) -> None:
    assert parse(end.join([b": ping", b"", b"data: one", b"", b"data: two", b"", b""])) == [
        message("one"),
        message("two"),
    ]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (b"data:x\n\n", "x"),
        (b"data: x\n\n", "x"),
        (b"data:  x \n\n", " x "),
        (b"data\n\n", ""),
        (b"data: a\ndata: b\n\n", "a\nb"),
        (b"data: a\ndata\ndata:\n\n", "a\n\n"),
        (b"data: a: b\n\n", "a: b"),
        (b"\xef\xbb\xbfdata: after a mark\n\n", "after a mark"),
        (b"id: 7\nretry: 10\nunknown: field\ndata: x\n\n", "x"),
        ("data: ünï\n\n".encode(), "ünï"),
    ],
)
def test_data_is_what_the_standard_says(text: bytes, data: str) -> None:
    assert parse(text) == [message(data)]


@pytest.mark.parametrize("text", [b": ping\n\n", b"\n\n\n", b"event: named\n\n", b"data: no end\n", b"data: no end"])
def test_nothing_is_told_without_data_and_an_end(text: bytes) -> None:
    assert parse(text) == []


def test_a_name_holds_for_one_event_only() -> None:
    assert parse(b"event: eof\ndata: a\n\nevent: lost\n\ndata: b\n\n") == [message("a", "eof"), message("b")]


def test_a_line_end_split_between_chunks_is_one_line_end() -> None:
    assert parse(b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n") == [message("a\nb")]


def test_the_line_end_after_a_split_one_counts() -> None:
    assert parse(b"data: a\r", b"\n", b"\n") == [message("a")]


def test_an_event_is_told_with_the_return_that_ends_it() -> None:
    assert parse(b"data: a\r\r") == [message("a")]


@given(EVENTS, ENDS, st.booleans(), st.data())
def test_events_are_the_same_however_they_are_cut(
    events: list[tuple[str, list[str]]], end: str, has_mark: bool, data: st.DataObject
) -> None:
    text = "\ufeff" if has_mark else ""
    for name, lines in events:
        fields = [f"event: {name}", ": comment", *(f"data: {line}" for line in lines), ""]
        text += "".join(field + end for field in fields)
    encoded = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(encoded)), max_size=8)))
    chunks = [encoded[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(encoded)], strict=True)]

    assert parse(*chunks) == [message("\n".join(lines), name or "message") for name, lines in events]


def test_an_event_of_megabytes_is_parsed_in_no_time() -> None:
    large = b"data: " + b"x" * 8_000_000 + b"\n\n"
    started = time.perf_counter()

    (event,) = parse(*(large[start : start + 4096] for start in range(0, len(large), 4096)))

    assert len(event.data) == 8_000_000
    assert time.perf_counter() - started < 1


def test_an_event_without_end_is_given_up() -> None:
    part = b"x" * (LARGEST_EVENT_BYTES // 4)

    with pytest.raises(TransientError, match="more than 64 MiB"):
        parse(*(part for _ in range(5)))
