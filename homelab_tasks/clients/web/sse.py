"""
Server-sent events, parsed as the HTML standard says.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from collections.abc import Iterator

from msgspec import Struct

from homelab_tasks.errors import TransientError

EVENT_STREAM = "text/event-stream"
LARGEST_EVENT_BYTES = 64 * 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class ServerSentEvent(Struct, frozen=True, kw_only=True):
    """
    An event as it was sent; *event* is `message` where the server named none.

    Ids are left out: Woodpecker has none for changes, and those of logs count anew after a restart.
    """

    data: str
    event: str = "message"


class EventParser:
    """Turns bytes, however they were cut, into events; lines may end in LF, CRLF or CR."""

    def __init__(self) -> None:
        """Start at the beginning of a stream."""
        self._tail: list[bytes] = []  # of a line whose end has not come
        self._size = 0  # of the event that has not come whole
        self._after_return = False
        self._is_first = True
        self._data: list[bytes] = []
        self._name = b""

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """Yield the events that *chunk* completes; raises TransientError for one that never ends."""
        self._size += len(chunk)
        if self._size > LARGEST_EVENT_BYTES:
            raise TransientError("the event stream sends an event of more than 64 MiB", answered=True)
        for line in self._lines(chunk):
            if line:
                self._take(line)
            elif self._data:
                yield self._event()
            else:
                self._forget()

    def _lines(self, chunk: bytes) -> Iterator[bytes]:
        """Yield whole lines; the parts of a long one are joined once, when its end has come."""
        if self._after_return and chunk:
            chunk, self._after_return = chunk.removeprefix(b"\n"), False  # the second half of a CRLF
        if not chunk:
            return
        self._after_return = chunk.endswith(b"\r")
        *whole, rest = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for end in whole:
            line = b"".join((*self._tail, end))
            self._tail.clear()
            if self._is_first:
                line, self._is_first = line.removeprefix(_BYTE_ORDER_MARK), False
            yield line
        if rest:
            self._tail.append(rest)

    def _take(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._name = value

    def _event(self) -> ServerSentEvent:
        data, name = b"\n".join(self._data), self._name
        self._forget()
        return ServerSentEvent(data=data.decode(errors="replace"), event=name.decode(errors="replace") or "message")

    def _forget(self) -> None:
        self._data, self._name, self._size = [], b"", 0
