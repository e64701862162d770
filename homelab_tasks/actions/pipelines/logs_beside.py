"""The logs that a watch shows while it goes on. None of them can keep a verdict from being reached."""

from collections.abc import Iterable, Iterator
from math import inf
from typing import Protocol

from homelab_tasks.actions.pipelines.follow_logs import TICK_SECONDS, LiveLogs, LogFollower
from homelab_tasks.actions.pipelines.read_tails import BATCH_SECONDS, Logs, read_end
from homelab_tasks.actions.pipelines.sight import Sight
from homelab_tasks.actions.pipelines.watch_request import ShownLogs
from homelab_tasks.actions.waiting import Clock, Patience
from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Event, Log, Note, NoteKind
from homelab_tasks.model.pipelines.judgement import red_steps, workflow_name
from homelab_tasks.model.pipelines.pipeline import Pipeline


class LogsBeside(Protocol):
    """Logs that are told while a watch sleeps."""

    @property
    def pause(self) -> float:
        """How many seconds the watch may sleep before *tell* has something to do."""

    def looked(self, sights: Iterable[Sight]) -> None:
        """Take in what the pipelines are like now."""

    def tell(self) -> Iterator[Event]:
        """Tell what has come."""

    def finish(self) -> Iterator[Event]:
        """Tell the rest, before the verdict."""

    def close(self) -> None:
        """Listen no more."""


def logs_beside(ci: LiveLogs, clock: Clock, repository_id: int, shown: ShownLogs) -> LogsBeside:
    """Choose what is *shown* beside a watch of *repository_id*."""
    match shown:
        case ShownLogs.ALL:
            return AllLogs(ci, clock, repository_id)
        case ShownLogs.FAILED:
            return FailingLogs(ci, clock, repository_id)
        case ShownLogs.NONE:
            return FailingLogs(ci, clock, repository_id, is_wanted=False)


class FailingLogs:
    """
    Shows the end of a failing step's log while its pipeline goes on, once, as soon as it has come in.

    What fails with its pipeline is left to the verdict, which has the same lines.
    """

    def __init__(self, ci: Logs, clock: Clock, repository_id: int, *, is_wanted: bool = True) -> None:
        """Show logs of *repository_id*."""
        self._ci = ci
        self._clock = clock
        self._repository_id = repository_id
        self._is_wanted = is_wanted
        self._due: dict[int, tuple[float, Pipeline]] = {}
        self._shown: set[int] = set()

    @property
    def pause(self) -> float:
        """Until the next log has come in."""
        return max(0.0, min((at for at, _ in self._due.values()), default=inf) - self._clock.now())

    def looked(self, sights: Iterable[Sight]) -> None:
        """Notice what is newly red."""
        if not self._is_wanted:
            return
        for sight in sights:
            red = [step.id for _, step in red_steps(sight.pipeline) if step is not None]
            for step_id in red:
                if sight.pipeline.state.is_final:
                    self._due.pop(step_id, None)
                elif step_id not in self._shown:
                    self._shown.add(step_id)
                    self._due[step_id] = self._clock.now() + BATCH_SECONDS, sight.pipeline

    def tell(self) -> Iterator[Event]:
        """Tell the ends that have come in: one request each, for the verdict tries again."""
        for step_id, (at, pipeline) in list(self._due.items()):
            if at <= self._clock.now():
                del self._due[step_id]
                yield from self._end_of(step_id, pipeline)

    def _end_of(self, step_id: int, pipeline: Pipeline) -> Iterator[Event]:
        try:
            lines = read_end(self._ci, self._repository_id, pipeline.number, step_id)
        except HomelabError:
            return
        for workflow, step in red_steps(pipeline):
            if step is not None and step.id == step_id:
                name = workflow_name(workflow.name, workflow.environ)
                for line in lines:
                    yield Log(pipeline=pipeline.number, workflow=name, step=step.name, line=line.line, text=line.text)

    def finish(self) -> Iterator[Event]:
        """Nothing is left: the verdict tells the ends of logs."""
        yield from ()

    def close(self) -> None:
        """Nothing is open."""


class AllLogs:
    """Tells every log of every pipeline while it comes."""

    def __init__(self, ci: LiveLogs, clock: Clock, repository_id: int) -> None:
        """Tell logs of *repository_id*."""
        self._ci = ci
        self._clock = clock
        self._repository_id = repository_id
        self._followers: dict[int, LogFollower] = {}
        self._has_failed = False

    @property
    def pause(self) -> float:
        """No longer than lines may be late."""
        return TICK_SECONDS if any(follower.open_steps for follower in self._followers.values()) else inf

    def looked(self, sights: Iterable[Sight]) -> None:
        """Listen to what runs now."""
        for sight in sights:
            pipeline = sight.pipeline
            follower = self._followers.get(pipeline.id)
            if follower is None:
                single_tries = Patience(self._clock, server="", retry_for=0.0)
                follower = LogFollower(self._ci, single_tries, self._repository_id)
                self._followers[pipeline.id] = follower
            follower.begin(pipeline, lambda _workflow, _step: True)

    def tell(self) -> Iterator[Event]:
        """Tell the lines that have come."""
        for follower in self._followers.values():
            if follower.open_steps:
                yield from self._guarded(follower.listen(0.0))

    def finish(self) -> Iterator[Event]:
        """Tell the rest of what has ended."""
        for follower in self._followers.values():
            while follower.ended_steps:  # one that cannot be read keeps no other from being told
                yield from self._guarded(follower.finish())

    def close(self) -> None:
        """Listen no more."""
        for follower in self._followers.values():
            follower.close()

    def _guarded(self, events: Iterator[Event]) -> Iterator[Event]:
        """Tell only lines; that a log cannot be read is said once, and changes no verdict."""
        try:
            yield from (event for event in events if isinstance(event, Log))
        except HomelabError as error:
            if not self._has_failed:
                self._has_failed = True
                yield Note(kind=NoteKind.WARNING, text=f"not every log could be shown: {error.problem}")
