"""What one run of a task is made of: invoke's context on one side, the connections on the other."""

import os
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.context import Context

from homelab_tasks.clients.clock import SystemClock
from homelab_tasks.connections import Connections
from homelab_tasks.decoding import ROOT, decode_settings
from homelab_tasks.errors import UsageError
from homelab_tasks.locations import Url
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.settings import Settings, TokenSource
from homelab_tasks.tasks.invocation import invocation_of

if TYPE_CHECKING:
    from homelab_tasks.clients.git.clone import Git
    from homelab_tasks.clients.tokens import Tokens
    from homelab_tasks.clients.web.http import Http
    from homelab_tasks.clients.web.session import PinnedSession
    from homelab_tasks.clients.woodpecker import Woodpecker

SLOW_ANSWER_SECONDS = 5.0  # a busy SQLite keeps a reader of Woodpecker waiting this long: slow is not away


class Assembly:
    """
    One run of a task.

    The settings are decoded, and each client is made, when it is first asked for: what is wrong with them is then
    the task's verdict.
    """

    def __init__(self, context: Context, *, task: str) -> None:
        """Assemble from invoke's *context* for *task*."""
        self._context = context
        self.task = task
        self.invocation = invocation_of(sys.argv, task)
        self.is_live = False  # does somebody look at it while it goes on?
        self.clock = SystemClock()
        self.secrets = Secrets()
        self._deadline: float | None = None

    @cached_property
    def settings(self) -> Settings:
        """The settings under `homelab:`; UsageError where they cannot be used."""
        config = self._context.config
        project = config._project_prefix  # noqa: SLF001 - where invoke.yaml is, which invoke tells in no other way
        return decode_settings(config.get(ROOT), os.environ, Path(project) if project else None)

    @cached_property
    def connections(self) -> Connections:
        """The clients that the settings describe."""
        return Connections(self.settings, clock=self.clock, secrets=self.secrets, time_left=self.time_left)

    def limit(self, seconds: float) -> None:
        """Let no single request outlast the *seconds* that the task has from now on."""
        self._deadline = self.clock.now() + seconds

    def time_left(self) -> float:
        """How many seconds a request may take at most: what the task has left, else what it would ride out."""
        if self._deadline is None:
            return max(self.settings.http.retry_for, SLOW_ANSWER_SECONDS)
        return self._deadline - self.clock.now()

    def repository(self, flag: str) -> str:
        """OWNER/NAME: the *flag*, else what the connections say; UsageError for anything else."""
        name = flag or self.connections.repository
        if "/" not in name or not {"", ".", ".."}.isdisjoint(name.split("/")):
            raise UsageError(f"{name!r} is not a repository", hint="write it as OWNER/NAME")
        return name

    # What the connections offer, under the names that tasks use most.

    @property
    def git(self) -> "Git":
        """The clone that the task runs in; UsageError where it is none."""
        return self.connections.git

    @property
    def git_if_any(self) -> "Git | None":
        """The clone, or None outside of one."""
        return self.connections.git_if_any

    def commit(self, revision: str) -> Commit:
        """Expand *revision* to a commit; a full sha needs no clone."""
        return self.connections.commit(revision)

    def contains(self, ancestor: str, descendant: str) -> bool | None:
        """Does *descendant* contain *ancestor* (full shas)? None where the clone cannot tell."""
        return self.connections.contains(ancestor, descendant)

    @property
    def session(self) -> "PinnedSession":
        """The pinned connections of every client."""
        return self.connections.session

    @property
    def woodpecker(self) -> "Woodpecker":
        """The CI server."""
        return self.connections.woodpecker

    @property
    def woodpecker_url(self) -> Url:
        """The base URL of the CI server; UsageError where none is set."""
        return self.connections.woodpecker_url

    def http(self, url: Url, token: "Tokens") -> "Http":
        """Requests to the server at *url*, signed with *token*."""
        return self.connections.http(url, token)

    def tokens(self, url: Url, sources: tuple[TokenSource, ...]) -> "Tokens":
        """The token for *url*."""
        return self.connections.tokens(url, sources)
