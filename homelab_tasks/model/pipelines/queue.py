"""
The queue of a Woodpecker server: which tasks wait for which agents.

Field names are the server's (server/model/queue.go, task.go, agent.go). Only its administrators may read it.
"""

from collections.abc import Iterable

from msgspec import Struct

SERVER_LABELS = ("org-id", "repo")
SERVER_LABEL_PREFIX = "woodpecker-ci.org/"


class Task(Struct, frozen=True, kw_only=True):
    """A workflow in the queue since *created*; *name* is the workflow's, *labels* are what its agent must have."""

    id: str
    name: str = ""
    labels: dict[str, str] | None = None
    pipeline_id: int = 0
    pipeline_number: int = 0
    repository_id: int = 0
    agent_id: int = 0
    created: int = 0

    @property
    def wanted(self) -> dict[str, str]:
        """The labels that the workflow itself asks for, without those that the server adds to each."""
        return {
            name: value
            for name, value in (self.labels or {}).items()
            if value and name not in SERVER_LABELS and not name.startswith(SERVER_LABEL_PREFIX)
        }


class Queue(Struct, frozen=True, kw_only=True):
    """What is waiting, and what is being worked on."""

    pending: tuple[Task, ...] | None = None
    waiting_on_deps: tuple[Task, ...] | None = None
    running: tuple[Task, ...] | None = None
    paused: bool = False


class Agent(Struct, frozen=True, kw_only=True):
    """A machine that runs workflows; times are unix seconds, *capacity* is workflows at a time."""

    id: int
    name: str = ""
    platform: str = ""
    backend: str = ""
    capacity: int = 0
    last_contact: int = 0
    no_schedule: bool = False
    custom_labels: dict[str, str] | None = None

    @property
    def labels(self) -> dict[str, str]:
        """What the agent offers (agent/rpc, cmd/agent/core: its own labels and the custom ones)."""
        own = {"hostname": self.name, "platform": self.platform, "backend": self.backend}
        return {name: value for name, value in (own | (self.custom_labels or {})).items() if value}

    def was_heard_since(self, moment: int) -> bool:
        """
        Has the agent said anything since *moment*? One that has not is as good as gone: it reports every 10 s.

        Both times are the server's, so that no clock but its own counts; without one, nothing speaks against it.
        """
        return self.last_contact == 0 or self.last_contact >= moment

    def lacks(self, task: Task) -> dict[str, str]:
        """The labels of *task* that this agent does not offer; `*` offers every value."""
        offered = self.labels
        return {name: value for name, value in task.wanted.items() if offered.get(name) not in {value, "*"}}


def unmet(task: Task, agents: Iterable[Agent]) -> dict[str, str]:
    """The labels that keep every one of *agents* from taking *task*: those that the nearest one lacks."""
    lacking = [agent.lacks(task) for agent in agents if not agent.no_schedule]
    return min(lacking, key=len) if lacking else task.wanted
