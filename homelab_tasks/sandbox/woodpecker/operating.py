"""What changes a pipeline: run, restart, cancel, approve, decline, delete."""

import json

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from homelab_tasks.sandbox.woodpecker.access import Access, number_in, refuse
from homelab_tasks.sandbox.woodpecker.hooks import Hooks
from homelab_tasks.sandbox.woodpecker.lifecycle import CANCELLABLE, Lifecycle, RefusedError
from homelab_tasks.sandbox.woodpecker.rows import Pipeline, User
from homelab_tasks.sandbox.woodpecker.serving import JsonAnswer, route
from homelab_tasks.sandbox.woodpecker.store import Store
from homelab_tasks.sandbox.woodpecker.wire import pipeline_json

NO_VARIABLES = {"fork", "event", "deploy_to", "deploy_task"}  # of a restart; every other parameter becomes one


class Operating:
    """Changes pipelines for people who may push."""

    def __init__(self, store: Store, access: Access, lifecycle: Lifecycle, hooks: Hooks) -> None:
        """Change what is in *store* by *lifecycle*; *hooks* makes pipelines of branches."""
        self._store = store
        self._access = access
        self._lifecycle = lifecycle
        self._hooks = hooks

    def routes(self) -> list[BaseRoute]:
        """Every path that changes something."""
        pipelines = "/api/repos/{repository}/pipelines"
        of_pipeline = pipelines + "/{number}"
        return [
            route("POST", pipelines, self.create),
            route("POST", of_pipeline, self.restart),
            route("DELETE", of_pipeline, self.delete),
            route("POST", of_pipeline + "/cancel", self.cancel),
            route("POST", of_pipeline + "/approve", self.approve),
            route("POST", of_pipeline + "/decline", self.decline),
        ]

    async def create(self, request: Request) -> Response:
        """Run a branch by hand."""
        repository, user = self._access.pushable(request)
        try:
            wanted = json.loads(await request.body())
            branch, variables = str(wanted["branch"]), dict(wanted.get("variables") or {})
        except (ValueError, KeyError, TypeError):
            raise refuse(400) from None
        row = await self._hooks.manual(repository, branch, variables, user)
        if row is None:
            return Response(status_code=204, headers={"Pipeline-Filtered": "true"})
        return _told(row)

    async def restart(self, request: Request) -> Response:
        """Run a pipeline again; parameters of the query become variables of its steps."""
        row, _ = self._pipeline(request)
        query = request.query_params
        deploy_to = query.get("deploy_to", "")
        if query.get("event", "deployment") != "deployment":
            raise refuse(400)
        if "event" in query and not row.repository.allow_deploy:
            raise refuse(403)
        variables = {name: value for name, value in query.items() if name not in NO_VARIABLES}
        try:
            new = await self._lifecycle.restart(row, variables, deploy_to=deploy_to)
        except RefusedError as refusal:
            raise refuse(400, str(refusal)) from None
        return Response(status_code=204) if new is None else _told(new)

    async def delete(self, request: Request) -> Response:
        """Forget a pipeline that has ended."""
        row, _ = self._pipeline(request)
        if row.status in CANCELLABLE:
            raise refuse(422)
        self._store.delete_pipeline(row)
        return Response(status_code=204)

    async def cancel(self, request: Request) -> Response:
        """Stop a pipeline."""
        row, user = self._pipeline(request)
        try:
            await self._lifecycle.cancel(row, canceled_by_user=user.login)
        except RefusedError as refusal:
            raise refuse(400, str(refusal)) from None
        return Response(status_code=204)

    async def approve(self, request: Request) -> Response:
        """Let a blocked pipeline go."""
        row, user = self._pipeline(request)
        try:
            await self._lifecycle.approve(row, user.login)
        except RefusedError as refusal:
            raise refuse(400, str(refusal)) from None
        return _told(row)

    async def decline(self, request: Request) -> Response:
        """Refuse a blocked pipeline; 500 when it is not blocked (server/pipeline/decline.go:38-40)."""
        row, user = self._pipeline(request)
        try:
            self._lifecycle.decline(row, user.login)
        except RefusedError:
            raise refuse(500) from None
        return _told(row)

    def _pipeline(self, request: Request) -> tuple[Pipeline, User]:
        repository, user = self._access.pushable(request)
        row = self._store.pipeline(repository, number_in(request, "number"))
        if row is None:
            raise refuse(404)
        return row, user


def _told(row: Pipeline) -> Response:
    return JsonAnswer(pipeline_json(row, with_workflows=True))
