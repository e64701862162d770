"""The end of a failed step's log."""

from collections.abc import Generator, Iterator
from typing import Protocol

from homelab_tasks.actions.waiting import Clock
from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Event, Note, NoteKind
from homelab_tasks.model.pipelines.pipeline import LogLine

TAIL_LINES = 40
BATCH_SECONDS = 1.2
"""How long after the end of a step its last lines may come: batches of a second (agent/rpc/client_grpc.go:48-52)."""
LATE_SECONDS = 1.8  # beyond that, for logs that are empty
UNREADABLE_SECONDS = 6.0  # for a server that does not give them
PAUSE_SECONDS = 0.25


class Logs(Protocol):
    """What reading a log asks of the CI server."""

    def log(self, repository_id: int, number: int, step_id: int) -> Iterator[LogLine]:
        """Read the lines of a step in the server's order, which may hold doubles; TransientError when torn."""


def read_end(ci: Logs, repository_id: int, number: int, step_id: int) -> tuple[LogLine, ...]:
    """Read the last TAIL_LINES lines of a log in one try, oldest first; raises what reading it raises."""
    last: dict[int, LogLine] = {}
    for line in ci.log(repository_id, number, step_id):
        last[line.line] = line
        if len(last) >= 2 * TAIL_LINES:  # by number: what an agent sent twice stands at the end of the answer
            last = {number: last[number] for number in sorted(last)[-TAIL_LINES:]}
    return tuple(last[number] for number in sorted(last)[-TAIL_LINES:])


class TailReader:
    """Reads the ends of logs; those that cannot be read may be late by UNREADABLE_SECONDS, all of them together."""

    def __init__(self, ci: Logs, clock: Clock, *, repository_id: int) -> None:
        """Read logs of *repository_id*."""
        self._ci = ci
        self._clock = clock
        self._repository_id = repository_id
        self._started = clock.now()

    def read(
        self, number: int, step_id: int, place: str, *, complete_at: float
    ) -> Generator[Event, None, tuple[str, ...]]:
        """
        Read the last TAIL_LINES lines, oldest first, of the step called *place*, once they are *complete_at*.

        A log that stays empty or cannot be read is named in a note: it changes no verdict.
        """
        self._clock.sleep(max(0.0, complete_at - self._clock.now()))
        while True:
            problem, until = "it is empty", complete_at + LATE_SECONDS
            try:
                lines = tuple(line.text for line in read_end(self._ci, self._repository_id, number, step_id))
            except HomelabError as error:
                lines, problem, until = (), error.problem, self._started + UNREADABLE_SECONDS
            if lines:
                return lines
            if self._clock.now() >= until:
                yield Note(kind=NoteKind.WARNING, text=f"the log of {place} could not be shown: {problem}")
                return ()
            self._clock.sleep(PAUSE_SECONDS)
