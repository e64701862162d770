"""
The HTTP API of the stand-in: get, list, watch, create, patch, delete, scale by patch, and pod logs.

As a real server does: errors are Status objects, a watch from a version that is gone tells 410 in its stream, a
user may only do what its verbs say.
"""

import asyncio
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from homelab_tasks.sandbox.kubernetes.accounts import Account, forbidden
from homelab_tasks.sandbox.kubernetes.answers import status, status_object
from homelab_tasks.sandbox.kubernetes.cluster import Cluster
from homelab_tasks.sandbox.kubernetes.selection import Selection, selection_of
from homelab_tasks.sandbox.kubernetes.store import KINDS, Object
from homelab_tasks.sandbox.kubernetes.watches import Watches
from homelab_tasks.sandbox.kubernetes.writing import as_written_by, merge

GROUPS = ("/api/v1", "/apis/apps/v1")
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Api:
    """Serves *cluster*; *tokens* says who may do what. What *faults* returns is answered instead, if anything."""

    def __init__(self, cluster: Cluster) -> None:
        """Know nobody yet."""
        self.cluster = cluster
        self.tokens: dict[str, Account] = {}
        self.faults: Callable[[Request], Response | None] = lambda _: None
        self.asked: list[str] = []
        self.largest_page = 500
        self._watches = Watches(cluster.store)
        one, many = "/namespaces/{namespace}/{resource}/{name}", "/namespaces/{namespace}/{resource}"
        self.application = Starlette(
            routes=[
                Route("/version", self.version),
                *(Route(f"{group}{many}", self.collection, methods=["GET", "POST"]) for group in GROUPS),
                *(Route(f"{group}{one}", self.one, methods=["GET", "PATCH", "PUT", "DELETE"]) for group in GROUPS),
                Route(f"/api/v1{one}/log", self.log),
                Route(REVIEWS, self.review, methods=["POST"]),
            ]
        )

    async def live(self, step_seconds: float, before_step: Callable[[], None]) -> None:
        """Let the cluster live, and wake the watches up."""
        while True:
            before = self.cluster.store.version
            before_step()
            self.cluster.step()
            if self.cluster.store.version != before:
                self.wake()
            await asyncio.sleep(step_seconds)

    def wake(self) -> None:
        """Let the watches look for changes."""
        self._watches.wake()

    async def close(self) -> None:
        """End every watch; returns once each has said its last."""
        await self._watches.close()

    async def version(self, request: Request) -> Response:
        """Tell a version, to everybody with a token."""
        if self._account(request) is None:
            return status(401, "Unauthorized", "Unauthorized")
        return JSONResponse({"gitVersion": "v1.36.3-sandbox"})

    async def collection(self, request: Request) -> Response:
        """List, watch or create."""
        resource, namespace = request.path_params["resource"], request.path_params["namespace"]
        watching = request.query_params.get("watch") in {"1", "true"}
        verb = "create" if request.method == "POST" else "watch" if watching else "list"
        refused = self._refusal(request, verb, resource)
        if refused is not None:
            return refused
        if verb == "create":
            return await self._create(request, resource, namespace)
        selection = selection_of(request.query_params)
        if verb == "watch":
            return self._watch(request, resource, namespace, selection)
        items = [each for each in self.cluster.store.all_of(resource, namespace) if selection.takes(each)]
        return self._list(request, resource, items)

    def _list(self, request: Request, resource: str, items: list[Object]) -> Response:
        limit, start = int(request.query_params.get("limit") or 0), int(request.query_params.get("continue") or 0)
        limit = min(limit, self.largest_page)
        page = items[start : start + limit] if limit else items[start:]
        more = str(start + limit) if limit and start + limit < len(items) else ""
        version, kind = KINDS[resource]
        metadata = {"resourceVersion": str(self.cluster.store.version), **({"continue": more} if more else {})}
        return JSONResponse({"kind": f"{kind}List", "apiVersion": version, "metadata": metadata, "items": page})

    async def _create(self, request: Request, resource: str, namespace: str) -> Response:
        try:
            made = self.cluster.store.create(resource, namespace, await request.json())
        except KeyError as error:
            return status(409, "AlreadyExists", f'{resource} "{error.args[0]}" already exists')
        self.wake()
        return JSONResponse(made, status_code=201)

    def _watch(self, request: Request, resource: str, namespace: str, selection: Selection) -> Response:
        version = int(request.query_params.get("resourceVersion") or 0)
        seconds = float(request.query_params.get("timeoutSeconds") or 1800)
        lines = self._watches.stream(resource, namespace, selection, version, seconds)
        return StreamingResponse(lines, media_type="application/json")

    async def one(self, request: Request) -> Response:
        """Get, change or delete one object."""
        resource, namespace, name = (request.path_params[key] for key in ("resource", "namespace", "name"))
        verb = {"GET": "get", "PATCH": "patch", "PUT": "update", "DELETE": "delete"}[request.method]
        refused = self._refusal(request, verb, resource, name)
        if refused is not None:
            return refused
        there = self.cluster.store.get(resource, namespace, name)
        if there is None:
            return status(404, "NotFound", f'{resource} "{name}" not found', name=name)
        if verb == "get":
            return JSONResponse(there)
        if verb == "delete":
            if resource == "pods":
                self.cluster.store.mark_deleted(there)
            else:
                self.cluster.store.remove(resource, namespace, name)
            self.wake()
            return JSONResponse(status_object(200, "", ""))
        changed = merge(there, await request.json()) if verb == "patch" else await request.json()
        updated = self.cluster.store.update(resource, as_written_by(changed, there, self._account(request)))
        self.wake()
        return JSONResponse(updated)

    async def log(self, request: Request) -> Response:
        """The last lines of a container's log."""
        refused = self._refusal(request, "get", "pods/log")
        if refused is not None:
            return refused
        pod = self.cluster.store.get("pods", request.path_params["namespace"], request.path_params["name"])
        if pod is None:
            return status(404, "NotFound", f'pods "{request.path_params["name"]}" not found')
        text = self.cluster.kubelet.log(pod, request.query_params.get("container", ""))
        lines = text.splitlines(keepends=True)[-int(request.query_params.get("tailLines") or 1000) :]
        return PlainTextResponse("".join(lines))

    async def review(self, request: Request) -> Response:
        """Say what whoever asks may do; everybody with a token may ask."""
        self.asked.append(f"create {request.url.path}?")
        account = self._account(request)
        if account is None:
            return status(401, "Unauthorized", "Unauthorized")
        asked = await request.json()
        wanted = asked["spec"]["resourceAttributes"]
        sub = wanted.get("subresource", "")
        resource = f"{wanted['resource']}/{sub}" if sub else wanted["resource"]
        allowed = account.may(wanted["verb"], resource)
        return JSONResponse({**asked, "status": {"allowed": allowed}}, status_code=201)

    def _account(self, request: Request) -> Account | None:
        return self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))

    def _refusal(self, request: Request, verb: str, resource: str, name: str = "") -> Response | None:
        self.asked.append(f"{verb} {request.url.path}?{request.url.query}")
        failing = self.faults(request)
        if failing is not None:
            return failing
        account = self._account(request)
        if account is None:
            return status(401, "Unauthorized", "Unauthorized")
        if not account.may(verb, resource):
            return forbidden(account, request, verb, resource, name)
        unknown = status(404, "NotFound", "the server could not find the requested resource")
        return None if resource in {*KINDS, "pods/log"} else unknown
