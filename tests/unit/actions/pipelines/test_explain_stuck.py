from msgspec import structs

from homelab_tasks.actions.pipelines.explain_stuck import explain_stuck
from homelab_tasks.errors import DeniedError
from homelab_tasks.model.pipelines.queue import Agent, Queue, Task
from tests.fakes.server import ROW, workflow

PIPELINE = structs.replace(ROW, id=19, number=17, workflows=(workflow("pending", "pending"),))
TASK = Task(id="21", name="build", pipeline_id=19, labels={"platform": "linux/arm64", "repo": "lab/app"})
AGENT = Agent(id=1, name="lab-agent", platform="linux/amd64")


class Desk:
    def __init__(self, queue: Queue | None, *agents: Agent) -> None:
        self._queue, self._agents = queue, agents

    def queue(self) -> Queue:
        if self._queue is None:
            raise DeniedError("ci.homelab.test answers HTTP 403")
        return self._queue

    def agents(self) -> tuple[Agent, ...]:
        return self._agents


def test_labels_that_no_agent_has_are_named() -> None:
    assert explain_stuck(Desk(Queue(pending=(TASK,)), AGENT), PIPELINE) == (
        "build needs an agent with platform=linux/arm64, and none is connected"
    )


def test_missing_agents_are_named_when_none_is_connected() -> None:
    assert explain_stuck(Desk(Queue(pending=(TASK,))), PIPELINE) == "no agent is connected"


def test_paused_queue_is_named() -> None:
    assert explain_stuck(Desk(Queue(paused=True), AGENT), PIPELINE) == "the queue is paused"


def test_busy_agents_are_named_when_one_would_do() -> None:
    fitting = structs.replace(AGENT, platform="linux/arm64")

    assert explain_stuck(Desk(Queue(pending=(TASK,)), fitting), PIPELINE) == (
        "build waits for one of 1 agents to be free"
    )


def test_an_agent_that_fell_silent_before_the_task_came_is_not_connected() -> None:
    task = structs.replace(TASK, created=1000)
    silent = structs.replace(AGENT, platform="linux/arm64", last_contact=990)
    heard = structs.replace(silent, id=2, name="other", last_contact=1005)

    assert explain_stuck(Desk(Queue(pending=(task,)), silent), PIPELINE) == (
        "build waits for an agent, and none is connected: lab-agent fell silent before it was queued"
    )
    assert explain_stuck(Desk(Queue(pending=(task,)), silent, heard), PIPELINE) == (
        "build waits for one of 1 agents to be free"
    )


def test_workflows_are_named_when_the_user_may_not_see_the_queue() -> None:
    assert explain_stuck(Desk(None), PIPELINE) == "it waits for an agent for build"


def test_only_workflows_that_have_not_ended_are_named() -> None:
    parts = workflow("success", "success", name="done"), workflow("pending", "pending", name="waiting", pid=2)

    assert explain_stuck(Desk(None), structs.replace(PIPELINE, workflows=parts)) == "it waits for an agent for waiting"
