"""
Woodpecker's HTTP API, read from the server's source (v3.17) and from recordings of a real one.

Every method is a single try that raises what Http raises. Nothing is cached; list rows have no workflows.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote

from msgspec import ValidationError, structs

from homelab_tasks.clients.web.answer import JSON, Answer
from homelab_tasks.clients.web.event_stream import SILENCE_SECONDS, EventStream
from homelab_tasks.clients.web.http import Http
from homelab_tasks.clients.web.sse import EVENT_STREAM, EventParser
from homelab_tasks.clients.woodpecker_wire import OLD_NAMES, ConfigFile, hint, log_line, told_log_line
from homelab_tasks.errors import TransientError
from homelab_tasks.model.pipelines.hints import Hint, HintKind
from homelab_tasks.model.pipelines.pipeline import About, LogLine, Permissions, Pipeline, Repository, User
from homelab_tasks.model.pipelines.queue import Agent, Queue

SIGNATURE = "X-Woodpecker-Version"  # on every answer (server/router/middleware/version.go), never on a proxy's
VERSION_SECONDS = 20.0
PAGE_SIZE = 50  # the largest; a larger one silently means 50 (server/router/middleware/session/pagination.go)


class Woodpecker:
    """One Woodpecker server, as the user that the token belongs to."""

    def __init__(self, http: Http) -> None:
        """Ask through *http*, whose signature is SIGNATURE."""
        self.server = http.server
        self._http = http

    def url(self, repository_id: int, number: int | None = None) -> str:
        """The page of a repository, or of its pipeline *number* (server/forge/common/status.go)."""
        page = f"{self._http.base_url}/repos/{repository_id}"
        return page if number is None else f"{page}/pipeline/{number}"

    def about(self) -> About:
        """Which version the server is, and what its clock says (server/api/z.go `Version`)."""
        with self._http.stream("/version", accept=JSON) as answer:
            told = answer.decode(answer.content(VERSION_SECONDS), About)
            return structs.replace(told, date=answer.date)

    def user(self) -> User:
        """Whose token it is; the one question that an invalid token is refused by (else it means anonymous)."""
        return self._http.get("/api/user", User)

    def repository(self, full_name: str) -> Repository:
        """Look *full_name* (OWNER/NAME, case does not matter) up; a renamed repository answers with its new name."""
        return self._http.get(f"/api/repos/lookup/{quote(full_name)}", Repository)

    def permissions(self, repository_id: int) -> Permissions:
        """What the user may do with a repository; nothing after a database error (session/repo.go `SetPerm`)."""
        return self._http.get(f"/api/repos/{repository_id}/permissions", Permissions)

    def branches(self, repository_id: int, *, page: int = 1) -> tuple[str, ...]:
        """A page of the names of branches, as the forge tells them; PAGE_SIZE of them unless it is the last."""
        path = f"/api/repos/{repository_id}/branches"
        return self._http.get(path, tuple[str, ...], page=page, perPage=PAGE_SIZE)

    def pipelines(self, repository_id: int, *, page: int = 1, per_page: int = PAGE_SIZE) -> tuple[Pipeline, ...]:
        """A page of pipelines, the highest number first; empty past the end. Without workflows."""
        rows, path = tuple[Pipeline, ...], _pipelines(repository_id)
        return self._http.get(path, rows, rename=OLD_NAMES, page=page, perPage=per_page)

    def pipeline(self, repository_id: int, number: int) -> Pipeline:
        """Pipeline *number* with its workflows; not a consistent snapshot, for the server reads them apart."""
        return self._http.get(f"{_pipelines(repository_id)}/{number}", Pipeline, rename=OLD_NAMES)

    def config(self, repository_id: int, number: int) -> tuple[ConfigFile, ...]:
        """The configuration files that pipeline *number* was made from."""
        return self._http.get(f"{_pipelines(repository_id)}/{number}/config", tuple[ConfigFile, ...])

    def log(self, repository_id: int, number: int, step_id: int) -> Iterator[LogLine]:
        """
        Read the log of a step line by line, however long it is; none while the server has none yet.

        Lines may come twice and out of order (server <= 3.17 orders by row). Raises TransientError in mid log when
        it breaks off.
        """
        import ijson

        path = f"/api/repos/{repository_id}/logs/{number}/{step_id}"
        with self._http.stream(path, accept=JSON) as answer:
            try:
                for entry in ijson.items(answer, "item"):
                    yield log_line(entry)
            except (ijson.JSONError, ValidationError) as error:
                raise TransientError(f"{self.server} broke off in mid log", answered=True) from error

    def changes(self) -> EventStream[Hint]:
        """
        Listen to what changes on the server, from now on; nothing that was missed is told again.

        Which repositories are told of is fixed at each connection: the public ones, and those of the user.
        """
        return EventStream(
            lambda: self._listen("/api/stream/events"),
            hint,
            opened=Hint(kind=HintKind.OPENED),
            lost=lambda reason: Hint(kind=HintKind.LOST, text=reason),
        )

    def log_changes(self, repository_id: int, number: int, step_id: int) -> EventStream[LogLine]:
        """
        Listen to the log of a running step, from its first line; again from there after each reconnection.

        Lines may be left out, and the end may not be told (server/logging/log.go): read *log* in the end.
        """
        path = f"/api/stream/logs/{repository_id}/{number}/{step_id}"
        return EventStream(lambda: self._listen(path), told_log_line)

    def echo(self, repository_id: int, *, seconds: float) -> int:
        """
        Count the events of a log's stream that has one: that there is no such pipeline (server/api/stream.go).

        Raises TransientError where it breaks off before its end, or says nothing for *seconds*.
        """
        path, parser = f"/api/stream/logs/{repository_id}/0/0", EventParser()
        with self._http.stream(path, accept=EVENT_STREAM, read_timeout=seconds) as answer:
            return sum(len(list(parser.feed(chunk))) for chunk in answer.chunks())

    def _listen(self, path: str) -> AbstractContextManager[Answer]:
        return self._http.stream(path, accept=EVENT_STREAM, read_timeout=SILENCE_SECONDS)

    def queue(self) -> Queue:
        """What waits for an agent; raises DeniedError for anyone but an administrator."""
        return self._http.get("/api/queue/info", Queue, rename=OLD_NAMES)

    def agents(self) -> tuple[Agent, ...]:
        """The agents that have ever registered; raises DeniedError for anyone but an administrator."""
        none_is_null: Any = tuple[Agent, ...] | None
        agents: tuple[Agent, ...] | None = self._http.get("/api/agents", none_is_null, perPage=PAGE_SIZE)
        return agents or ()

    def restart(self, repository_id: int, number: int) -> Pipeline:
        """
        Run pipeline *number* again; the answer is the new pipeline.

        No parameter is sent: the server makes each a variable of the new pipeline's steps.
        """
        return self._post_for_pipeline(f"{_pipelines(repository_id)}/{number}")

    def approve(self, repository_id: int, number: int) -> Pipeline:
        """Let the blocked pipeline *number* run; its steps get other ids."""
        return self._post_for_pipeline(f"{_pipelines(repository_id)}/{number}/approve")

    def decline(self, repository_id: int, number: int) -> Pipeline:
        """Refuse the blocked pipeline *number*; HTTP 500 when it is not blocked (server/pipeline/decline.go)."""
        return self._post_for_pipeline(f"{_pipelines(repository_id)}/{number}/decline")

    def cancel(self, repository_id: int, number: int) -> None:
        """Stop pipeline *number*; raises RejectedError unless it is pending, running or blocked."""
        self._http.order(f"{_pipelines(repository_id)}/{number}/cancel")

    def create(self, repository_id: int, branch: str, variables: dict[str, str]) -> Pipeline | None:
        """Run a pipeline on *branch*; None when the server made none, all of it being filtered out."""
        body: Any = {"branch": branch, "variables": variables}
        return self._http.post(_pipelines(repository_id), Pipeline, body=body, rename=OLD_NAMES)

    def _post_for_pipeline(self, path: str) -> Pipeline:
        pipeline = self._http.post(path, Pipeline, rename=OLD_NAMES)
        if pipeline is None:
            raise TransientError(f"{self.server} answers without a pipeline (HTTP 204)", answered=True)
        return pipeline


def _pipelines(repository_id: int) -> str:
    return f"/api/repos/{repository_id}/pipelines"
