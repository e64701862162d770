"""The REST surface that is read."""

import base64
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.sandbox.woodpecker.access import Access, number_in, refuse
from homelab_tasks.sandbox.woodpecker.conditions import EVENTS
from homelab_tasks.sandbox.woodpecker.configuration import workflow_name
from homelab_tasks.sandbox.woodpecker.rows import Pipeline
from homelab_tasks.sandbox.woodpecker.serving import JsonAnswer, route
from homelab_tasks.sandbox.woodpecker.store import Store
from homelab_tasks.sandbox.woodpecker.wire import VERSION, log_json, pipeline_json, repository_json, user_json

PAGE_MOST = 50
STATUSES = {status.value for status in Status if status.value}


class Forge(Protocol):
    """What is asked of the forge."""

    async def branches(self, repository: str) -> tuple[str, ...]:
        """The names of all branches."""


class Reading:
    """What can be asked without changing anything."""

    def __init__(self, store: Store, access: Access, forge: Forge) -> None:
        """Answer from *store*; *forge* knows the branches."""
        self._store = store
        self._access = access
        self._forge = forge

    def routes(self) -> list[BaseRoute]:
        """Every path that is read."""
        of_repository = "/api/repos/{repository}"
        of_pipeline = of_repository + "/pipelines/{number}"
        return [
            route("GET", "/healthz", self.healthz),
            route("GET", "/version", self.version),
            route("GET", "/api/user", self.user),
            route("GET", "/api/repos/lookup/{full_name:path}", self.lookup),
            route("GET", of_repository, self.repository),
            route("GET", of_repository + "/permissions", self.permissions),
            route("GET", of_repository + "/branches", self.branches),
            route("GET", of_repository + "/pipelines", self.pipelines),
            route("GET", of_pipeline, self.pipeline),
            route("GET", of_pipeline + "/config", self.configuration),
            route("GET", of_repository + "/logs/{number}/{step}", self.log),
        ]

    async def healthz(self, _: Request) -> Response:
        """Alive."""
        return Response(status_code=204)

    async def version(self, _: Request) -> Response:
        """The server's version."""
        return JsonAnswer({"source": "https://github.com/woodpecker-ci/woodpecker", "version": VERSION})

    async def user(self, request: Request) -> Response:
        """Whose token it is."""
        return JsonAnswer(user_json(self._access.require_user(request)))

    async def lookup(self, request: Request) -> Response:
        """A repository by name."""
        found = self._store.repository_named(request.path_params["full_name"])
        return JsonAnswer(repository_json(self._access.readable(request, found)))

    async def repository(self, request: Request) -> Response:
        """A repository by id."""
        return JsonAnswer(repository_json(self._access.repository(request)))

    async def permissions(self, request: Request) -> Response:
        """What the user may do; an anonymous one may read what is public."""
        repository, user = self._access.repository(request), self._access.user(request)
        may_push = user is not None and user.can_push
        told = {"pull": self._access.may_read(user, repository), "push": may_push}
        return JsonAnswer(told | {"admin": user is not None and user.admin, "synced": 0, "created": 0, "updated": 0})

    async def branches(self, request: Request) -> Response:
        """A page of the branches that the forge tells of."""
        repository = self._access.repository(request)
        names = await self._forge.branches(repository.full_name)
        size = min(_count(request, "perPage", PAGE_MOST), PAGE_MOST)
        start = (_count(request, "page", 1) - 1) * size
        return JsonAnswer(list(names[start : start + size]))

    async def pipelines(self, request: Request) -> Response:
        """A page of pipelines, newest first, without their workflows."""
        repository = self._access.repository(request)
        wanted = _filter(request)
        rows = [row for row in self._store.pipelines(repository) if wanted(row)]
        size = min(_count(request, "perPage", PAGE_MOST), PAGE_MOST)
        start = (_count(request, "page", 1) - 1) * size
        return JsonAnswer([pipeline_json(row, with_workflows=False) for row in rows[start : start + size]])

    async def pipeline(self, request: Request) -> Response:
        """One pipeline with its workflows; `latest` is the newest push of a branch."""
        return JsonAnswer(pipeline_json(self._pipeline(request), with_workflows=True))

    async def configuration(self, request: Request) -> Response:
        """The configuration files of a pipeline."""
        files = self._pipeline(request).configuration
        return JsonAnswer([_file_json(name, text) for name, text in files.items()])

    async def log(self, request: Request) -> Response:
        """The log of a step; JSON null while nothing came in."""
        row, wanted = self._pipeline(request), number_in(request, "step")
        step = next((step for step in row.steps if step.id == wanted), None)
        if step is None:
            raise refuse(404)
        return JsonAnswer(log_json(self._store.log(step)))

    def _pipeline(self, request: Request) -> Pipeline:
        """Find the pipeline of the path; a private repository is hidden before its pipelines are."""
        found = self._store.repository(number_in(request, "repository"))
        if found is None:
            raise refuse(401 if self._access.user(request) is None else 404)
        repository = self._access.readable(request, found)
        if request.path_params["number"] == "latest":
            branch = request.query_params.get("branch", repository.default_branch)
            rows = self._store.pipelines(repository)
            row = next((row for row in rows if row.event == "push" and row.branch == branch), None)
        else:
            row = self._store.pipeline(repository, number_in(request, "number"))
        if row is None:
            raise refuse(404)
        return row


def _file_json(name: str, text: str) -> dict[str, str]:
    data = text.encode()
    return {"hash": sha256(data).hexdigest(), "name": workflow_name(name), "data": base64.b64encode(data).decode()}


def _count(request: Request, name: str, default: int) -> int:
    """Read a count of the query; anything odd is the default."""
    try:
        return max(int(request.query_params.get(name, default)), 0) or default
    except ValueError:
        return default


def _filter(request: Request) -> Callable[[Pipeline], bool]:
    """What the query asks for; unknown parameters are ignored, bad values refused (400, empty)."""
    query = request.query_params
    events = [word for word in query.get("event", "").split(",") if word]
    status, branch, ref = query.get("status", ""), query.get("branch", ""), query.get("ref", "")
    if not set(events) <= set(EVENTS) or (status and status not in STATUSES):
        raise refuse(400)
    try:
        before, after = (_seconds(query.get(name, "")) for name in ("before", "after"))
    except ValueError:
        raise refuse(400) from None

    def wanted(row: Pipeline) -> bool:
        in_time = (before is None or row.created < before) and (after is None or row.created > after)
        named = (not events or row.event in events) and (not status or row.status.value == status)
        return in_time and named and (not branch or row.branch == branch) and ref in row.ref

    return wanted


def _seconds(text: str) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text else None
