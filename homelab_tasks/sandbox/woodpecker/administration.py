"""What only an admin may see: the queue and the agents."""

import platform
import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from homelab_tasks.sandbox.woodpecker.access import Access
from homelab_tasks.sandbox.woodpecker.lifecycle import Lifecycle
from homelab_tasks.sandbox.woodpecker.queue import Task
from homelab_tasks.sandbox.woodpecker.serving import JsonAnswer, route
from homelab_tasks.sandbox.woodpecker.wire import VERSION, Json


class AgentRow:
    """An agent as the admin's list shows it."""

    def __init__(self, agent_id: int, name: str, capacity: int) -> None:
        """Connected from now on."""
        self.id = agent_id
        self.name = name
        self.capacity = capacity
        self.created = int(time.time())

    def json(self) -> Json:
        """The agent as JSON; it lives in this process, and is heard of all the time."""
        now = int(time.time())
        system = f"{platform.system().lower()}/{platform.machine()}"
        told: Json = {"id": self.id, "created": self.created, "updated": now, "name": self.name}
        told |= {"owner_id": -1, "token": "", "last_contact": now, "last_work": now}
        told |= {"platform": system, "backend": "local", "capacity": self.capacity, "version": VERSION}
        return told | {"no_schedule": False, "custom_labels": None, "org_id": -1}


class Administration:
    """The queue and the agents, for admins."""

    def __init__(self, access: Access, lifecycle: Lifecycle, agents: list[AgentRow]) -> None:
        """Show the queue of *lifecycle* and *agents*."""
        self._access = access
        self._queue = lifecycle.queue
        self._agents = agents

    def routes(self) -> list[BaseRoute]:
        """Every path for admins."""
        return [
            route("GET", "/api/queue/info", self.queue_info),
            route("POST", "/api/queue/pause", self.pause),
            route("POST", "/api/queue/resume", self.resume),
            route("GET", "/api/agents", self.agent_list),
        ]

    async def queue_info(self, request: Request) -> Response:
        """What waits and what runs."""
        self._access.require_admin(request)
        ready = [task for task in self._queue.waiting if not task.blocked]
        later = [task for task in self._queue.waiting if task.blocked]
        stats = {"worker_count": sum(agent.capacity for agent in self._agents), "pending_count": len(ready)}
        stats |= {"waiting_on_deps_count": len(later), "running_count": len(self._queue.running)}
        told: Json = {"pending": [self._task_json(task) for task in ready]}
        told |= {"waiting_on_deps": [self._task_json(task) for task in later]}
        told |= {"running": [self._task_json(task) for task in self._queue.running]}
        return JsonAnswer(told | {"stats": stats, "paused": self._queue.paused})

    async def pause(self, request: Request) -> Response:
        """Give out no task any more."""
        self._access.require_admin(request)
        self._queue.paused = True
        return Response(status_code=204)

    async def resume(self, request: Request) -> Response:
        """Give out tasks again."""
        self._access.require_admin(request)
        self._queue.paused = False
        await self._queue.wake()
        return Response(status_code=204)

    async def agent_list(self, request: Request) -> Response:
        """Every connected agent; JSON null when there is none."""
        self._access.require_admin(request)
        return JsonAnswer([agent.json() for agent in self._agents] or None)

    def _task_json(self, task: Task) -> Json:
        pipeline, workflow = task.pipeline, task.workflow
        told: Json = {"id": str(workflow.id), "pid": workflow.pid, "name": workflow.plan.name, "labels": task.labels}
        told |= {"dependencies": [str(other.id) for other in task.dependencies] or None}
        told |= {"run_on": list(workflow.plan.runs_on) if workflow.plan.depends_on else None, "dep_status": {}}
        told |= {"agent_id": workflow.agent_id, "pipeline_id": pipeline.id, "repo_id": pipeline.repository.id}
        told |= {"concurrency_limit": 0, "concurrency_group": "", "created": pipeline.created}
        names = [agent.name for agent in self._agents if agent.id == workflow.agent_id]
        return told | {"pipeline_number": pipeline.number, "agent_name": "".join(names)}
