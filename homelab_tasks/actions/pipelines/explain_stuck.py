"""Why nothing picks a pipeline up: what its workflows ask of an agent, and what the agents offer."""

from typing import Protocol

from homelab_tasks.errors import HomelabError
from homelab_tasks.model.pipelines.pipeline import Pipeline
from homelab_tasks.model.pipelines.queue import Agent, Queue, Task, unmet


class QueueDesk(Protocol):
    """What is asked about the queue; only administrators are answered."""

    def queue(self) -> Queue:
        """What waits for an agent."""

    def agents(self) -> tuple[Agent, ...]:
        """The agents that have registered."""


def explain_stuck(desk: QueueDesk, pipeline: Pipeline) -> str:
    """Say in a clause what *pipeline* waits for; best effort, for the verdict stands without it."""
    try:
        queue, agents = desk.queue(), desk.agents()
    except HomelabError:
        names = ", ".join(workflow.name for workflow in pipeline.workflows or () if workflow.status.is_active)
        return f"it waits for an agent for {names}" if names else "it waits for an agent"
    if queue.paused:
        return "the queue is paused"
    waiting = [task for task in queue.pending or () if pipeline.id == task.pipeline_id]
    if not agents:
        return "no agent is connected"
    return "; ".join(_wish(task, agents) for task in waiting) or "it is not in the queue"


def _wish(task: Task, agents: tuple[Agent, ...]) -> str:
    heard = tuple(agent for agent in agents if agent.was_heard_since(task.created))
    missing = unmet(task, heard or agents)
    labels = ", ".join(f"{name}={value}" for name, value in sorted(missing.items()))
    if labels:
        return f"{task.name} needs an agent with {labels}, and none is connected"
    if not heard:
        names = ", ".join(agent.name for agent in agents)
        return f"{task.name} waits for an agent, and none is connected: {names} fell silent before it was queued"
    return f"{task.name} waits for one of {len(heard)} agents to be free"
