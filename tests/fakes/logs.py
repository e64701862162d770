"""A server model whose steps have logs."""

from collections.abc import Iterator

from homelab_tasks.errors import TransientError
from homelab_tasks.model.pipelines.pipeline import LogLine
from tests.fakes.clock import FakeClock
from tests.fakes.server import ServerModel


def numbered(count: int) -> list[LogLine]:
    return [LogLine(line=number, text=f"line {number}") for number in range(count)]


class LoggingModel(ServerModel):
    """A server with logs: what each step has written, *answers* in the order in which it is asked for."""

    logs: dict[int, list[list[LogLine] | TransientError]]
    live: dict[int, list[LogLine]]

    def log(self, repository_id: int, number: int, step_id: int) -> Iterator[LogLine]:
        self._answer("log")
        answers = self.logs.get(step_id, [[]])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, TransientError):
            yield LogLine(line=0, text="line 0")
            raise answer
        yield from answer

    def log_changes(  # type: ignore[override]  # another stream than the mute one
        self, repository_id: int, number: int, step_id: int
    ) -> "LiveStream":
        return LiveStream(self.clock, self.live.get(step_id, []))


class LiveStream:
    def __init__(self, clock: FakeClock, lines: list[LogLine]) -> None:
        self._clock = clock
        self._lines = lines
        self.is_closed = False

    def wait(self, seconds: float) -> tuple[LogLine, ...]:
        self._clock.sleep(seconds)
        line, self._lines = tuple(self._lines[:1]), self._lines[1:]
        return line

    def close(self) -> None:
        self.is_closed = True
