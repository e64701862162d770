"""
A Woodpecker server as a function of time: lives of pipelines, and faults in the way of every answer.

The truth is known beforehand: a life is drawn from its fate, and the fate says how a right watch ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from msgspec import structs

from homelab_tasks.errors import DeniedError, HomelabError, MissingError, TransientError
from homelab_tasks.model.pipelines.hints import Hint, HintKind
from homelab_tasks.model.pipelines.pipeline import (
    CancelInfo,
    ConfigProblem,
    LogLine,
    Pipeline,
    Repository,
    Status,
    Step,
    User,
    Workflow,
)
from homelab_tasks.model.pipelines.queue import Agent, Queue
from tests.fakes.clock import FakeClock

REQUEST_SECONDS = 0.01
SERVER_EPOCH = 1_795_462_400
STREAM_LAG_SECONDS = 0.02
COMMIT = "3f9c2e1" + "0" * 33
REPOSITORY = Repository(id=7, full_name="lab/app", active=True)


@dataclass(frozen=True)
class Life:
    """What one pipeline's row looks like from each moment on; a None row is gone."""

    states: tuple[tuple[float, Pipeline | None], ...]

    def at(self, seconds: float) -> Pipeline | None:
        row = None
        for begin, state in self.states:
            if begin <= seconds:
                row = state
        return row

    @property
    def last(self) -> float:
        return self.states[-1][0]


@dataclass(frozen=True)
class Fault:
    """From *begin* on, for *seconds*, answers to *questions* go wrong in one way."""

    begin: float
    seconds: float
    kind: str
    questions: frozenset[str]

    def hits(self, question: str, now: float) -> bool:
        return question in self.questions and self.begin <= now < self.begin + self.seconds

    def error(self, words: str = "") -> HomelabError:
        """What a client makes of it; *words* are the server's own."""
        match self.kind:
            case "refused":
                return TransientError("ci.homelab.test refused")
            case "401":
                return DeniedError(f"ci.homelab.test answers HTTP 401{words}")
            case "404":
                return MissingError(f"ci.homelab.test answers HTTP 404{words}")
            case _:
                return TransientError(f"ci.homelab.test answers with {self.kind}{words}", answered=True)


@dataclass
class ServerModel:
    """Answers as the lives say at the moment of asking, unless a fault is in the way; *words* are in its texts."""

    clock: FakeClock
    lives: tuple[Life, ...]
    faults: tuple[Fault, ...] = ()
    lost_hints: frozenset[int] = frozenset()
    stream_delays: tuple[float, ...] = ()
    words: str = ""
    server: str = "ci.homelab.test"
    requests: list[str] = field(default_factory=list)

    def user(self) -> User:
        self._answer("user")
        return User(login="lab")

    def repository(self, full_name: str) -> Repository:
        self._answer("repository")
        return REPOSITORY

    def pipelines(self, repository_id: int, *, page: int = 1, per_page: int = 50) -> tuple[Pipeline, ...]:
        self._answer("list")
        rows = sorted(self._rows(), key=lambda row: row.number, reverse=True)
        return tuple(structs.replace(row, workflows=None) for row in rows[(page - 1) * per_page : page * per_page])

    def pipeline(self, repository_id: int, number: int) -> Pipeline:
        self._answer("detail")
        for row in self._rows():
            if row.number == number:
                return row
        raise MissingError("ci.homelab.test answers HTTP 404")

    def log(self, repository_id: int, number: int, step_id: int) -> Iterator[LogLine]:
        self._answer("log")
        yield LogLine(line=0, text=f"only line{self.words}")

    def log_changes(self, repository_id: int, number: int, step_id: int) -> "MuteLog":
        return MuteLog(self.clock)

    def queue(self) -> Queue:
        raise DeniedError("ci.homelab.test answers HTTP 403")

    def agents(self) -> tuple[Agent, ...]:
        raise DeniedError("ci.homelab.test answers HTTP 403")

    def url(self, repository_id: int, number: int | None = None) -> str:
        return f"https://ci.homelab.test/repos/{repository_id}" + (f"/pipeline/{number}" if number else "")

    def changes(self) -> "ModelStream":
        return ModelStream(self)

    def _rows(self) -> list[Pipeline]:
        return [row for life in self.lives if (row := life.at(self.clock.now())) is not None]

    def _answer(self, question: str) -> None:
        self.requests.append(question)
        self.clock.sleep(REQUEST_SECONDS)
        for fault in self.faults:
            if fault.hits(question, self.clock.now()):
                raise fault.error(self.words)


class MuteLog:
    """The log stream of a step that tells nothing."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def wait(self, seconds: float) -> tuple[LogLine, ...]:
        self._clock.sleep(seconds)
        return ()

    def close(self) -> None:
        pass


class ModelStream:
    """Tells of every change, late or never; of losing the connection while a fault hits the stream."""

    def __init__(self, model: ServerModel) -> None:
        self._clock = model.clock
        hints: list[tuple[float, Hint]] = [(self._clock.now(), Hint(kind=HintKind.OPENED))]
        changes = sorted(
            ((begin, row) for life in model.lives for begin, row in life.states if row), key=lambda item: item[0]
        )
        for index, (begin, row) in enumerate(changes):
            delay = model.stream_delays[index % len(model.stream_delays)] if model.stream_delays else 0.0
            told_at = begin + STREAM_LAG_SECONDS + delay
            if index not in model.lost_hints and told_at > self._clock.now() and not _cut(model, told_at):
                hint = Hint(kind=HintKind.CHANGED, repository_id=REPOSITORY.id, pipeline=row)
                hints.append((told_at, hint))
        for fault in model.faults:
            if "stream" in fault.questions and fault.begin > self._clock.now():
                hints.append((fault.begin, Hint(kind=HintKind.LOST, text="cut")))
                hints.append((fault.begin + fault.seconds, Hint(kind=HintKind.OPENED)))
        self._left = sorted(hints, key=lambda item: item[0])

    def wait(self, seconds: float) -> tuple[Hint, ...]:
        until = self._clock.now() + seconds
        if not self._left or self._left[0][0] > until:
            self._clock.sleep(seconds)
            return ()
        moment = max(self._clock.now(), self._left[0][0])
        self._clock.sleep(moment - self._clock.now())
        due = tuple(hint for at, hint in self._left if at <= moment)
        self._left = self._left[len(due) :]
        return due

    def close(self) -> None:
        self._left = []


def _cut(model: ServerModel, moment: float) -> bool:
    return any(fault.hits("stream", moment) for fault in model.faults)


# Lives

ROW = Pipeline(id=0, number=0, commit=COMMIT, event="push", status="created", branch="main", ref="refs/heads/main")


def workflow(state: str, *steps: str, pid: int = 1, name: str = "build") -> Workflow:
    """A workflow whose steps are in the states *steps*."""
    children = tuple(
        Step(
            id=100 * pid + index,
            pid=pid + index + 1,
            name=f"step-{index}",
            state=step,
            exit_code=step == "failure",
            started=SERVER_EPOCH if step in {"running", "success", "failure"} else 0,
        )
        for index, step in enumerate(steps)
    )
    return Workflow(id=pid, pid=pid, name=name, state=state, children=children)


def states(row: Pipeline, *steps: tuple[float, str, tuple[Workflow, ...] | None]) -> Life:
    """A life of *row* that is in a status from a moment on, with these workflows; the server sets its times."""
    lived: list[tuple[float, Pipeline | None]] = []
    for begin, status, flows in steps:
        row = structs.replace(row, status=status, workflows=flows)
        if row.state is Status.RUNNING and not row.started:
            row = structs.replace(row, started=SERVER_EPOCH + int(begin))
        if row.state.is_final:
            row = structs.replace(row, finished=SERVER_EPOCH + int(begin))
        lived.append((begin, row))
    return Life(tuple(lived))


def started(row: Pipeline, begin: float, run: float) -> list[tuple[float, str, tuple[Workflow, ...] | None]]:
    """Created, pending, then running for *run* seconds."""
    waiting, running = (workflow("pending", "pending", "pending"),), (workflow("running", "success", "running"),)
    return [(begin, "created", None), (begin + 0.1, "pending", waiting), (begin + 0.3, "running", running)]


def with_cancel_info(life: Life, since: float, info: CancelInfo) -> Life:
    """The same life, in which somebody stopped it *since* a moment."""
    return replace(
        life,
        states=tuple(
            (begin, structs.replace(row, cancel_info=info) if row is not None and begin >= since else row)
            for begin, row in life.states
        ),
    )


ERRORS = (ConfigProblem(message="yaml: line 3: mapping values are not allowed", type="compiler"),)
