import asyncio
from collections.abc import Mapping

import pytest

from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.sandbox.woodpecker.queue import Queue, Task
from tests.unit.sandbox.woodpecker.making import pipeline, workflow

AGENT = {"repo": "*", "platform": "linux/amd64"}


TURNS = 10


def taken(queue: Queue, *agents: Mapping[str, str]) -> list[Task | None]:
    """What each of *agents* gets at once, one after the other; None when it would have to wait."""

    async def take(labels: Mapping[str, str]) -> Task | None:
        taking = asyncio.create_task(queue.take(labels))
        for _ in range(TURNS):
            await asyncio.sleep(0)
        return taking.result() if taking.done() else (taking.cancel(), None)[1]

    async def take_all() -> list[Task | None]:
        return [await take(labels) for labels in agents]

    return asyncio.run(take_all())


def waiting(*tasks: Task) -> Queue:
    queue = Queue()
    queue.waiting.extend(tasks)
    return queue


def test_tasks_are_given_out_in_the_order_in_which_they_came() -> None:
    first, second = (Task(pipeline=pipeline(row), workflow=row) for row in (workflow(), workflow()))
    queue = waiting(first, second)

    assert taken(queue, AGENT, AGENT, AGENT) == [first, second, None]
    assert queue.running == [first, second]


def test_a_task_waits_for_an_agent_that_has_its_labels() -> None:
    row = workflow(labels={"color": "red", "platform": ""})
    task = Task(pipeline=pipeline(row), workflow=row)
    queue = waiting(task)

    assert taken(queue, AGENT, {**AGENT, "color": "blue"}, {**AGENT, "color": "r*"}) == [None, None, task]


def test_a_paused_queue_gives_nothing_out() -> None:
    row = workflow()
    queue = waiting(Task(pipeline=pipeline(row), workflow=row))
    queue.paused = True

    assert taken(queue, AGENT) == [None]


@pytest.mark.parametrize(
    ("dependency", "runs_on", "given", "refused"),
    [
        ("pending", ("success",), False, False),
        ("running", ("success",), False, False),
        ("success", ("success",), True, False),
        ("failure", ("success",), False, True),
        ("skipped", ("success",), False, True),
        ("failure", ("failure",), True, False),
        ("success", ("failure",), False, True),
        ("killed", ("success", "failure"), True, False),
    ],
)
def test_a_dependent_task_is_given_out_or_refused_by_how_the_other_ended(
    dependency: str, runs_on: tuple[str, ...], given: bool, refused: bool
) -> None:
    other, row = workflow(name="build"), workflow(name="test", depends_on=("build",), runs_on=runs_on)
    other.state = Status(dependency)
    task = Task(pipeline=pipeline(other, row), workflow=row)
    queue = waiting(task)

    assert queue.refused() == ([task] if refused else [])
    assert taken(queue, AGENT) == [task if given else None]
