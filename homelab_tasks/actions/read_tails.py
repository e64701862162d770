"""The end of a failed step's log."""

from collections import deque
from collections.abc import Generator, Iterator
from typing import Protocol

from homelab_tasks.actions.waiting import Clock
from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Event, Note, NoteKind
from homelab_tasks.model.pipeline import LogLine

TAIL_LINES = 40
LATE_SECONDS = 3.0
"""Lines arrive up to a second after the end (agent/rpc/client_grpc.go:48-52), measured 0.93 s; then some for flaps."""
PAUSE_SECONDS = 0.25


class Logs(Protocol):
    """What reading a log asks of the CI server."""

    def log(self, repository_id: int, number: int, step_id: int) -> Iterator[LogLine]:
        """Read the lines of a step in the server's order, which may hold doubles; TransientError when torn."""


class TailReader:
    """Reads the ends of logs; all of them together may be late by LATE_SECONDS."""

    def __init__(self, ci: Logs, clock: Clock, *, repository_id: int) -> None:
        """Read logs of *repository_id*."""
        self._ci = ci
        self._clock = clock
        self._repository_id = repository_id
        self._patient_until = clock.now() + LATE_SECONDS

    def read(self, number: int, step_id: int, place: str) -> Generator[Event, None, tuple[str, ...]]:
        """
        Read the last TAIL_LINES lines, oldest first, of the step called *place*.

        A log that stays empty or cannot be read is named in a note: it changes no verdict.
        """
        problem = "it is empty"
        while True:
            try:
                lines = self._read_once(number, step_id)
            except HomelabError as error:
                lines, problem = (), error.problem
            if lines:
                return lines
            if self._clock.now() >= self._patient_until:
                yield Note(kind=NoteKind.WARNING, text=f"the log of {place} could not be shown: {problem}")
                return ()
            self._clock.sleep(PAUSE_SECONDS)

    def _read_once(self, number: int, step_id: int) -> tuple[str, ...]:
        last: deque[LogLine] = deque(maxlen=4 * TAIL_LINES)  # doubles and late lines are sorted out below
        last.extend(self._ci.log(self._repository_id, number, step_id))
        by_line = {line.line: line.text for line in last}
        return tuple(by_line[line] for line in sorted(by_line))[-TAIL_LINES:]
