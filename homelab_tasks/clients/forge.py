"""Pull requests on a Forgejo or Gitea server, through its API (/api/v1)."""

from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec import Struct

from homelab_tasks.errors import RejectedError, TransientError
from homelab_tasks.model.landing.pull_request import PullRequest
from homelab_tasks.model.pipelines.pipeline import Permissions

if TYPE_CHECKING:
    from homelab_tasks.clients.web.http import Http

PAGE_SIZE = 50
MOST_PAGES = 20
CONFLICT = 409  # the pull request exists (routers/api/v1/repo/pull.go CreatePullRequest)
_EXISTS = "already exists"  # GitHub's words for the same, with a 422 that may also mean something else


class _Repository(Struct, frozen=True, kw_only=True):
    """A repository, and what the token's user may do with it (modules/structs/repo.go)."""

    permissions: Permissions = Permissions()


class Forge:
    """One repository on the forge."""

    def __init__(self, http: "Http", repository: str) -> None:
        """Ask through *http* about *repository*, OWNER/NAME."""
        self.server = http.server
        self.repository = repository
        self._http = http
        self._path = f"/api/v1/repos/{quote(repository)}"
        self._pulls = f"{self._path}/pulls"

    def permissions(self) -> Permissions:
        """What the token's user may do; DeniedError for a token that is none, also where everybody may look."""
        return self._http.get(self._path, _Repository).permissions

    def find(self, *, topic: str, tip: str, trunk: str) -> PullRequest | None:
        """Find the open pull request of *topic*, or of the very commit *tip*, for *trunk*."""
        for page in range(1, 1 + MOST_PAGES):
            listed = self._http.get(self._pulls, list[PullRequest], state="open", limit=PAGE_SIZE, page=page)
            for pull in listed:
                if pull.is_of(topic=topic, tip=tip, trunk=trunk):
                    return pull
            if len(listed) < PAGE_SIZE:
                break
        return None

    def open(self, *, topic: str, trunk: str, title: str) -> PullRequest | None:
        """Open a pull request of branch *topic* for *trunk*; None when there is one already."""
        body = {"head": topic, "base": trunk, "title": title}
        try:
            opened = self._http.post(self._pulls, PullRequest, body=body)
        except RejectedError as error:
            if error.status == CONFLICT or _EXISTS in error.problem:
                return None
            raise
        if opened is None:
            raise TransientError("the forge answers with nothing where a pull request was opened", answered=True)
        return opened
