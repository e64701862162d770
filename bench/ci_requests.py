"""
What a watch of 20 minutes asks of the server, on a clock that only sleeping moves.

Sizes are those of a real 3.17 server: a list row 760 bytes, a detail of three steps 2.1 KB, the stream 2.2 KB an event.
"""

from collections.abc import Iterator

from msgspec import structs

from bench.figures import Figure
from homelab_tasks.actions.pipelines.watch_pipelines import watch_pipelines
from homelab_tasks.actions.pipelines.watch_request import WatchRequest
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Verdict
from homelab_tasks.model.pipelines.hints import Hint
from homelab_tasks.model.pipelines.pipeline import Pipeline
from tests.fakes.clock import FakeClock
from tests.fakes.server import COMMIT, ROW, Life, ModelStream, ServerModel, states, workflow

MINUTES = 20
SECONDS = 60.0 * MINUTES
STEPS = 12
ROW_BYTES, DETAIL_BYTES, EVENT_BYTES = 760, 2100, 2200
PAGE_ROWS = 50
POLLER_SECONDS = 15.0
GET_EVERY_SECONDS = 30.0
READ_BACK_SECONDS = 3.0  # a request this soon after a change, or after the start, reads that back


class CountingStream(ModelStream):
    """Counts the bytes of what the stream tells."""

    model: "CountingServer"

    def wait(self, seconds: float) -> tuple[Hint, ...]:
        hints = super().wait(seconds)
        self.model.bytes += EVENT_BYTES * sum(hint.pipeline is not None for hint in hints)
        return hints


class CountingServer(ServerModel):
    """Counts the bytes of its answers, for a repository that has a page of pipelines."""

    bytes = 0
    quiet_requests = 0
    """Requests that no change of the pipeline gave a reason for."""

    def _answer(self, question: str) -> None:
        now = self.clock.now()
        moments = (0.0, *(begin for begin, _ in self.lives[0].states))
        self.quiet_requests += not any(moment <= now < moment + READ_BACK_SECONDS for moment in moments)
        super()._answer(question)

    def pipelines(self, repository_id: int, *, page: int = 1, per_page: int = PAGE_ROWS) -> tuple[Pipeline, ...]:
        self.bytes += ROW_BYTES * per_page
        return super().pipelines(repository_id, page=page, per_page=per_page)

    def pipeline(self, repository_id: int, number: int) -> Pipeline:
        self.bytes += DETAIL_BYTES
        return super().pipeline(repository_id, number)

    def changes(self) -> CountingStream:
        stream = CountingStream(self)
        stream.model = self
        return stream


def figures() -> Iterator[Figure]:
    """Measure."""
    server = CountingServer(FakeClock(), (long_life(), *earlier()))
    request = WatchRequest(repository="lab/app", commit=Commit(sha=COMMIT, committed=0.0), timeout=2 * SECONDS)
    *_, verdict = watch_pipelines(server, server.clock, request, contains=lambda *_: True)
    assert isinstance(verdict, Verdict)
    assert verdict.verdict.is_good
    polls = 1 + SECONDS / POLLER_SECONDS
    peer = f"{POLLER_SECONDS:g} s poller of full pages"
    yield Figure(
        bench="ci.watch",
        figure=f"requests in {MINUTES} minutes with a stream, {len(server.requests)} with reading {STEPS} changes back",
        unit="requests",
        ours=server.quiet_requests,
        beside={peer: polls},
        goal=SECONDS / GET_EVERY_SECONDS,
    )
    yield Figure(
        bench="ci.watch",
        figure=f"bytes in {MINUTES} minutes with a stream",
        unit="KB",
        ours=server.bytes / 1000,
        beside={peer: polls * PAGE_ROWS * ROW_BYTES / 1000},
        goal=0.1,
        of_peer=peer,
    )


def long_life() -> Life:
    """A pipeline of one workflow, whose steps take equally long."""
    row = structs.replace(ROW, id=100, number=100)
    each = SECONDS / STEPS
    running = [(2.0 + index * each, "running", (workflow("running", *_states(index)),)) for index in range(STEPS)]
    done = (workflow("success", *["success"] * STEPS),)
    return states(row, (0.5, "created", None), *running, (SECONDS, "success", done))


def _states(index: int) -> list[str]:
    return ["success"] * index + ["running"] + ["pending"] * (STEPS - index - 1)


def earlier() -> Iterator[Life]:
    """A page of pipelines that ended before."""
    for number in range(1, PAGE_ROWS):
        row = structs.replace(ROW, id=number, number=number, commit=f"{number:040x}")
        yield states(row, (0.0, "success", None))
