import io
import os

import pytest

from homelab_tasks.report.outlet import Outlet


class Broken(io.StringIO):
    """A stream whose reader went away."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_output_stops_without_an_error_when_the_reader_goes_away() -> None:
    outlet = Outlet(Broken())

    outlet.line("a")
    outlet.line("b")

    assert outlet.is_closed


def test_output_stops_without_an_error_when_the_stream_is_closed_already() -> None:
    stream = io.StringIO()
    stream.close()
    outlet = Outlet(stream)

    outlet.line("a")

    assert outlet.is_closed
    assert not outlet.is_terminal


def test_nothing_is_left_for_the_interpreter_to_flush_when_a_real_pipe_breaks() -> None:
    reading, writing = os.pipe()
    stream = os.fdopen(writing, "w")
    outlet = Outlet(stream)
    os.close(reading)

    outlet.line("a")
    stream.close()  # raises BrokenPipeError if the buffer still went to the pipe

    assert outlet.is_closed


def test_the_usual_size_is_assumed_when_the_terminal_does_not_say_or_there_is_none() -> None:
    ours, theirs = os.openpty()  # 0 columns, 0 lines

    with os.fdopen(ours), os.fdopen(theirs, "w") as terminal:
        assert Outlet(terminal).size() == (80, 24)
    assert Outlet(io.StringIO()).size() == (80, 24)


@pytest.mark.parametrize(
    ("encoding", "written"), [("ascii", b"\\u2713\n"), ("latin-1", b"\\u2713\n"), ("utf-8", "✓\n".encode())]
)
def test_characters_become_escapes_when_the_encoding_lacks_them(encoding: str, written: bytes) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)

    Outlet(stream).line("✓")

    assert raw.getvalue() == written
