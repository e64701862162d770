"""From what a forge tells (a ref moved), or a person wants (run that branch), to pipelines."""

import time
from typing import Protocol

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.sandbox.woodpecker.access import refuse
from homelab_tasks.sandbox.woodpecker.lifecycle import Lifecycle
from homelab_tasks.sandbox.woodpecker.rows import Pipeline, Repository, User
from homelab_tasks.sandbox.woodpecker.serving import route
from homelab_tasks.sandbox.woodpecker.store import Store

NO_OBJECT = "0" * 40


class Commit(Struct, frozen=True, kw_only=True):
    """A commit as the forge describes it; *timestamp* is unix seconds, *message* ends with a newline."""

    sha: str
    message: str
    author: str
    author_email: str
    timestamp: int


class Forge(Protocol):
    """What the server asks its forge."""

    async def commit(self, repository: str, revision: str) -> Commit | None:
        """Describe *revision*; None where there is none."""

    async def changed_files(self, repository: str, old: str, new: str) -> tuple[str, ...]:
        """Name the files that differ between *old* (which may be no object) and *new*."""


class Hooks:
    """Makes pipelines of what happened."""

    def __init__(self, store: Store, lifecycle: Lifecycle, forge: Forge) -> None:
        """Start pipelines by *lifecycle*; *forge* describes commits."""
        self._store = store
        self._lifecycle = lifecycle
        self._forge = forge

    def routes(self) -> list[BaseRoute]:
        """The path that the forge posts to."""
        return [route("POST", "/api/hook", self.receive)]

    async def receive(self, request: Request) -> Response:
        """Take `OLD NEW REF` lines, as git gives them to a post-receive hook; answered once all are started."""
        repository = self._store.repository_named(request.query_params.get("repository", ""))
        if repository is None:
            raise refuse(400)
        if not repository.active:
            return Response(status_code=204)
        for line in (await request.body()).decode().splitlines():
            old, new, ref = line.split(" ", 2)
            if new != NO_OBJECT:
                await self.moved(repository, ref, old, new)
        return Response(status_code=204)

    async def moved(self, repository: Repository, ref: str, old: str, new: str) -> Pipeline | None:
        """Start the pipeline for *ref*, which moved from *old* to *new*; only branches and tags have one."""
        commit = await self._forge.commit(repository.full_name, new)
        if commit is None or not ref.startswith(("refs/heads/", "refs/tags/")):
            return None
        row = self._row(repository, commit, event="push", ref=ref)
        if ref.startswith("refs/tags/"):
            row.event, row.commit, row.tag_title = "tag", new, ref.removeprefix("refs/tags/")
            row.message = f"created tag {row.tag_title}"
            row.forge_url = f"{repository.forge_url}/src/tag/{row.tag_title}"
        else:
            row.branch = ref.removeprefix("refs/heads/")
            row.changed_files = await self._forge.changed_files(repository.full_name, old, new)
        return await self._lifecycle.create(row)

    async def manual(
        self, repository: Repository, branch: str, variables: dict[str, str], user: User
    ) -> Pipeline | None:
        """Run *branch* by hand; its ref is the bare name. An unknown branch is 500, as the forge's error is."""
        commit = await self._forge.commit(repository.full_name, f"refs/heads/{branch}")
        if commit is None:
            raise refuse(500)
        row = self._row(repository, commit, event="manual", ref=branch)
        row.branch, row.variables, row.author = branch, variables, user.login
        row.message, row.timestamp = f"MANUAL PIPELINE @ {branch}", int(time.time())
        return await self._lifecycle.create(row)

    def _row(self, repository: Repository, commit: Commit, *, event: str, ref: str) -> Pipeline:
        return Pipeline(
            id=0,
            number=0,
            repository=repository,
            event=event,
            commit=commit.sha,
            ref=ref,
            status=Status.CREATED,
            created=int(time.time()),
            author=commit.author,
            author_email=commit.author_email,
            message=commit.message,
            timestamp=commit.timestamp,
            forge_url=f"{repository.forge_url}/commit/{commit.sha}",
        )
