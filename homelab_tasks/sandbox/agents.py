"""The agents that are connected to the CI server."""

from homelab_tasks.sandbox.layout import MARKER, Layout
from homelab_tasks.sandbox.log_batches import LogBatches
from homelab_tasks.sandbox.repositories import Repositories
from homelab_tasks.sandbox.runner import Agent
from homelab_tasks.sandbox.woodpecker.administration import AgentRow
from homelab_tasks.sandbox.woodpecker.server import Woodpecker

CAPACITY = 4
LABELS = {"platform": "linux/amd64", "hostname": "sandbox", "repo": "*", "backend": "local"}


class Agents:
    """
    Connects agents, and lets them vanish. Used in the event loop only.

    What stands in `environment` is shown to every step.
    """

    def __init__(
        self, server: Woodpecker, repositories: Repositories, layout: Layout, *, log_seconds: float, nap_seconds: float
    ) -> None:
        """Let agents work for *server* on checkouts of *repositories*."""
        self.environment = {MARKER: str(layout.directory)}
        self._server = server
        self._repositories = repositories
        self._workspaces = layout.workspaces
        self._log_seconds = log_seconds
        self._nap_seconds = nap_seconds
        self._connected: list[Agent] = []
        self._last_id = 0

    def connect(self, *, capacity: int = CAPACITY, **labels: str) -> Agent:
        """Connect one more agent, which has *labels* beside the usual ones."""
        self._last_id += 1
        agent = Agent(
            id=self._last_id,
            queue=self._server.lifecycle.queue,
            reports=self._server.reports,
            logs=LogBatches(self._server.take_log, seconds=self._log_seconds),
            workspaces=self._workspaces / f"agent-{self._last_id}",
            clone_from=self._repositories.path,
            labels=LABELS | labels,
            capacity=capacity,
            environment=self.environment,
            nap_seconds=self._nap_seconds,
        )
        agent.start()
        self._connected.append(agent)
        self._server.agents.append(AgentRow(agent.id, f"agent-{agent.id}", capacity))
        return agent

    async def kill_all(self) -> None:
        """Let every agent vanish, as on SIGKILL."""
        for agent in self._connected:
            await agent.kill()
        self._connected.clear()
        self._server.agents.clear()
