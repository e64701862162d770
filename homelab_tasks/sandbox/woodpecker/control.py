"""The stand-in as tests and the demo steer it, from outside its event loop: repositories, people, scripted lives."""

from collections.abc import Mapping, Sequence

from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.sandbox.http_server import HttpServer
from homelab_tasks.sandbox.loop_thread import LoopThread
from homelab_tasks.sandbox.woodpecker.plan import StepPlan, WorkflowPlan
from homelab_tasks.sandbox.woodpecker.rows import Pipeline, Repository, User
from homelab_tasks.sandbox.woodpecker.script import Script
from homelab_tasks.sandbox.woodpecker.server import Woodpecker


class WoodpeckerControl:
    """Changes the stand-in's state as its operators could, and some of it as only a test may."""

    def __init__(self, loop: LoopThread, server: Woodpecker, listener: HttpServer) -> None:
        """Steer *server*, which answers on *listener* in *loop*."""
        self._loop = loop
        self._server = server
        self._listener = listener

    def repository(self, full_name: str = "lab/app") -> Repository:
        """The repository of that name; its settings (`active`, `require_approval`, ...) may be assigned."""
        row = self._server.store.repository_named(full_name)
        if row is None:
            raise LookupError(full_name)
        return row

    def add_repository(self, full_name: str, *, forge_url: str, private: bool = False) -> Repository:
        """Let the server know one more repository, which the forge shows at *forge_url*."""
        return self._loop.call(self._server.add_repository, full_name, forge_url=forge_url, private=private)

    def add_user(self, login: str, token: str, *, admin: bool = False, can_push: bool = True) -> User:
        """Let somebody in by *token*."""
        return self._loop.call(self._server.add_user, login, token, admin=admin, can_push=can_push)

    def pipelines(self, full_name: str = "lab/app") -> list[Pipeline]:
        """Every pipeline of a repository, the newest first."""
        return self._loop.call(self._server.store.pipelines, self.repository(full_name))

    def script(  # noqa: PLR0913 - each is a column of the row
        self,
        commit: str,
        *,
        event: str = "push",
        branch: str = "main",
        ref: str | None = None,
        message: str = "",
        workflows: Mapping[str, Sequence[str]] | None = None,
        status: str = "created",
        repository: str = "lab/app",
    ) -> Script:
        """
        Insert a pipeline that no agent runs; what happens to it is up to the caller.

        *workflows* maps the name of each to its steps; without it, there is one, `build`, with one step, `test`.
        """
        named = {"build": ["test"]} if workflows is None else workflows
        plans = [
            WorkflowPlan(name=name, steps=tuple(StepPlan(name=step) for step in steps)) for name, steps in named.items()
        ]
        default_ref = f"refs/tags/{branch}" if event == "tag" else f"refs/heads/{branch}"
        row = Pipeline(
            id=0,
            number=0,
            repository=self.repository(repository),
            event=event,
            commit=commit,
            ref=default_ref if ref is None else ref,
            branch="" if event == "tag" else branch,
            status=Status(status),
            created=int(self._server.lifecycle.now()),
            author="lab",
            author_email="lab@homelab.test",
            message=message,
        )
        row.timestamp = row.created
        return self._loop.call(self._insert, row, plans)

    def restart(self, parent: Script, *, status: str = "pending") -> Script:
        """Insert a scripted restart of *parent*."""
        old = parent.row
        names = {workflow.plan.name: [step.plan.name for step in workflow.steps] for workflow in old.workflows}
        made = self.script(
            old.commit, event=old.event, branch=old.branch, ref=old.ref, workflows=names, status=status,
            repository=old.repository.full_name,
        )  # fmt: skip
        made.row.parent, made.row.rerun_count = old.number, old.rerun_count + 1
        return made

    def stop(self) -> None:
        """Take the server away; the load balancer answers 502."""
        self._loop.call(self._server.hub.close)
        self._loop.run(self._listener.stop())

    def start(self) -> None:
        """Bring the server back, with everything that it knew."""
        self._loop.run(self._listener.start())

    def pause_queue(self) -> None:
        """Give no task to any agent."""
        self._server.lifecycle.queue.paused = True

    def resume_queue(self) -> None:
        """Give tasks to agents again."""
        self._server.lifecycle.queue.paused = False
        self._loop.run(self._server.lifecycle.queue.wake())

    def _insert(self, row: Pipeline, plans: Sequence[WorkflowPlan]) -> Script:
        self._server.store.add_pipeline(row)
        row.workflows = self._server.store.new_workflows(plans, Status.PENDING)
        return Script(self._loop, self._server, row)
