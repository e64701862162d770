"""History is read once, in few requests, and given up as soon as it costs something."""

from dataclasses import dataclass, field

import pytest
from msgspec import structs

from homelab_tasks.actions.pipelines.recollection import Recollection
from homelab_tasks.actions.pipelines.sight import Sight
from homelab_tasks.actions.pipelines.watch_pipelines import watch_pipelines
from homelab_tasks.actions.pipelines.watch_request import WatchRequest
from homelab_tasks.errors import TransientError
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Event, StepSeen, WorkflowSeen
from homelab_tasks.model.pipelines.pipeline import Pipeline
from tests.fakes.clock import FakeClock
from tests.fakes.server import COMMIT, ROW, SERVER_EPOCH, Life, ServerModel, started, states, workflow

RUNNING = structs.replace(ROW, id=90, number=90, status="running", started=SERVER_EPOCH)


def row(number: int, event: str = "push") -> Pipeline:
    return structs.replace(
        ROW, id=number, number=number, event=event, status="success", started=SERVER_EPOCH, finished=SERVER_EPOCH + 9
    )


@dataclass
class Archive:
    """Has every pipeline that is asked for, after *seconds*, unless it is *broken*."""

    clock: FakeClock = field(default_factory=FakeClock)
    seconds: float = 0.01
    broken: bool = False
    asked: list[int] = field(default_factory=list)

    def pipeline(self, repository_id: int, number: int) -> Pipeline:
        assert repository_id == 7
        self.asked.append(number)
        self.clock.sleep(self.seconds)
        if self.broken:
            raise TransientError("ci.homelab.test answers with an empty body", answered=True)
        return structs.replace(row(number), workflows=(workflow("success", "success"),))


def recalled(archive: Archive, *sights: Sight, rows: tuple[Pipeline, ...], most: int = 6) -> None:
    recollection = Recollection(archive, archive.clock, 7, most=most)
    recollection.recall(sights, rows)
    recollection.recall(sights, rows)


def sight(pipeline: Pipeline) -> Sight:
    return Sight(pipeline, url="https://ci.homelab.test")


def test_the_last_three_runs_are_read_once() -> None:
    archive, seen = Archive(), sight(RUNNING)

    recalled(archive, seen, sight(structs.replace(RUNNING, id=91, number=91)), rows=tuple(map(row, range(1, 20))))

    assert archive.asked == [19, 18, 17]
    assert seen.experience is not None
    assert [run.number for run in seen.experience.runs] == [19, 18, 17]


def test_a_watch_reads_no_more_than_six_however_many_kinds_of_pipelines_there_are() -> None:
    events = ("push", "tag", "cron", "manual")
    rows = tuple(row(10 * kind + number, event) for kind, event in enumerate(events) for number in range(1, 5))
    archive = Archive()

    recalled(archive, *(sight(structs.replace(RUNNING, id=90 + n, event=e)) for n, e in enumerate(events)), rows=rows)

    assert len(archive.asked) == 6


@pytest.mark.parametrize("archive", [Archive(broken=True), Archive(seconds=2.0)], ids=["broken", "slow"])
def test_no_more_is_asked_of_a_server_in_trouble(archive: Archive) -> None:
    recalled(archive, sight(RUNNING), rows=tuple(map(row, range(1, 9))))

    assert archive.asked == [8]


def test_a_pipeline_with_a_workflow_that_is_new_is_not_expected_to_end_as_the_others_did() -> None:
    archive = Archive()
    same = sight(structs.replace(RUNNING, workflows=(workflow("running", "running"),)))
    other = sight(structs.replace(RUNNING, workflows=(workflow("running", "running", name="e2e"),)))
    for each in (same, other):
        each.expected_seconds = 60.0

    recalled(archive, same, other, rows=tuple(map(row, range(1, 9))))

    assert same.remaining_seconds(0.0) == 60
    assert other.remaining_seconds(0.0) is None


def test_nothing_is_read_for_what_has_ended_nor_for_a_single_look() -> None:
    archive, rows = Archive(), tuple(map(row, range(1, 9)))

    recalled(archive, sight(row(80)), rows=rows)
    recalled(archive, sight(RUNNING), rows=rows, most=0)

    assert archive.asked == []


def test_a_number_that_stands_for_another_pipeline_now_tells_nothing() -> None:
    archive, seen = Archive(), sight(RUNNING)

    recalled(archive, seen, rows=(structs.replace(row(5), id=4),))

    assert seen.experience is not None
    assert seen.experience.runs == ()


def watched(*, foresee: bool) -> tuple[list[Event], int]:
    """A watch of a pipeline that has one earlier run: what it tells, and how many details it reads."""
    green, running = workflow("success", "success"), workflow("running", "running")
    took = structs.replace(green, started=SERVER_EPOCH, finished=SERVER_EPOCH + 40)
    took = structs.replace(
        took, children=tuple(structs.replace(each, finished=SERVER_EPOCH + 30) for each in took.steps)
    )
    before = Life(((0.0, structs.replace(row(1), commit="c0ffee" * 6, workflows=(took,))),))
    ours = structs.replace(ROW, id=2, number=2)
    began = structs.replace(running, started=SERVER_EPOCH + 1)
    life = states(ours, *started(ours, 0.0, 5.0)[:2], (1.0, "running", (began,)), (9.0, "success", (green,)))
    model = ServerModel(FakeClock(), (before, life))
    request = WatchRequest(repository="lab/app", commit=Commit(sha=COMMIT), foresee=foresee)

    told = list(watch_pipelines(model, model.clock, request, contains=lambda ancestor, descendant: True))
    return told, model.requests.count("detail")


def test_workflows_and_steps_are_told_with_what_is_left_of_them() -> None:
    told, _ = watched(foresee=True)

    workflows = [event for event in told if isinstance(event, WorkflowSeen) and event.status == "running"]
    steps = [event for event in told if isinstance(event, StepSeen) and event.status == "running"]
    assert [event.eta_seconds for event in workflows] == [pytest.approx(40, abs=2)]
    assert [event.eta_seconds for event in steps] == [pytest.approx(29, abs=2)]


def test_earlier_runs_are_not_read_where_nobody_looks_at_what_is_left() -> None:
    (told, read), (_, read_by_somebody) = watched(foresee=False), watched(foresee=True)

    assert all(event.eta_seconds is None for event in told if isinstance(event, WorkflowSeen | StepSeen))
    assert read == read_by_somebody - 1
