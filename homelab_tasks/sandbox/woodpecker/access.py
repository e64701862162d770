"""Whose request it is, and what that person may see: a dead token makes a request anonymous, never refused."""

import re

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from homelab_tasks.sandbox.woodpecker.rows import Repository, User
from homelab_tasks.sandbox.woodpecker.store import Store


class RefusalError(Exception):
    """Carries the answer that ends a request."""

    def __init__(self, response: Response) -> None:
        """End the request with *response*."""
        super().__init__(response.status_code)
        self.response = response


def refuse(status: int, text: str | None = None) -> RefusalError:
    """Make a refusal; without *text* its body is empty, as most of the server's are."""
    return RefusalError(Response(status_code=status) if text is None else PlainTextResponse(text, status_code=status))


class Access:
    """The server's middleware: session, permissions (server/router/middleware/session)."""

    def __init__(self, store: Store) -> None:
        """Look users and repositories up in *store*."""
        self._store = store

    def user(self, request: Request) -> User | None:
        """Whose request it is; a header that is not `Bearer TOKEN` makes it anonymous (shared/token/token.go)."""
        header = request.headers.get("authorization")
        if header is not None:
            token = re.match(r"Bearer\s+(\S+)", header)
            return self._store.user(token[1]) if token else None
        return self._store.user(request.query_params.get("access_token", ""))

    def require_user(self, request: Request) -> User:
        """Refuse the anonymous."""
        user = self.user(request)
        if user is None:
            raise refuse(401, "User not authorized")
        return user

    def require_admin(self, request: Request) -> User:
        """Refuse whoever is no admin."""
        user = self.require_user(request)
        if not user.admin:
            raise refuse(403, "User not authorized")
        return user

    def may_read(self, user: User | None, repository: Repository) -> bool:
        """May *user* see *repository*? Everybody sees public ones."""
        return not repository.private or (user is not None and user.can_push)

    def readable(self, request: Request, repository: Repository | None) -> Repository:
        """Return *repository*, unless it is unknown or hidden: 401 for the anonymous, otherwise 404."""
        user = self.user(request)
        if repository is None or not self.may_read(user, repository):
            raise refuse(401 if user is None else 404)
        return repository

    def repository(self, request: Request) -> Repository:
        """Find the repository of the path, as `readable` does."""
        return self.readable(request, self._store.repository(number_in(request, "repository")))

    def pushable(self, request: Request) -> tuple[Repository, User]:
        """Find the repository of the path, and refuse whoever may not push to it."""
        repository, user = self.repository(request), self.user(request)
        if user is None or not user.can_push:
            raise refuse(401 if user is None else 404)
        return repository, user


def number_in(request: Request, name: str) -> int:
    """Read a number of the path; 400 for anything else."""
    try:
        return int(request.path_params[name])
    except ValueError:
        raise refuse(400) from None
