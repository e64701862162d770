"""The composition root: settings, clock, secrets and clients, each made when it is first asked for."""

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.context import Context

from homelab_tasks.clients.clock import SystemClock
from homelab_tasks.decoding import ROOT, decode_settings
from homelab_tasks.errors import UsageError
from homelab_tasks.model.commit import Commit, is_full_sha
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.settings import Settings, Url

if TYPE_CHECKING:
    from homelab_tasks.clients.git import Git


class Assembly:
    """What one run of a task is made of. Slow libraries are imported by whoever needs them first."""

    def __init__(self, context: Context, *, task: str) -> None:
        """Assemble from invoke's *context* for *task*."""
        self._context = context
        self.task = task
        self.clock = SystemClock()
        self.secrets = Secrets()

    @cached_property
    def settings(self) -> Settings:
        """The settings under `homelab:`; UsageError where they cannot be used."""
        return decode_settings(self._context.config.get(ROOT), os.environ)

    @cached_property
    def git(self) -> "Git":
        """The clone that the task runs in; UsageError where it is none."""
        from homelab_tasks.clients.git import Git

        return Git.open(Path.cwd())

    @cached_property
    def git_if_any(self) -> "Git | None":
        """The clone, or None outside of one."""
        try:
            return self.git
        except UsageError:
            return None

    def commit(self, revision: str) -> Commit:
        """Expand *revision* to a commit; a full sha needs no clone."""
        if is_full_sha(revision) and self.git_if_any is None:
            return Commit(sha=revision.lower())
        return self.git.commit(revision)

    def contains(self, ancestor: str, descendant: str) -> bool | None:
        """Does *descendant* contain *ancestor* (full shas)? None where the clone cannot tell."""
        return self.git_if_any.contains(ancestor, descendant) if self.git_if_any else None

    def repository(self, flag: str) -> str:
        """OWNER/NAME: the *flag*, else the setting, else what the git remote says."""
        return flag or self.settings.ci.repository or self.git.repository(self.settings.work.remote)

    @property
    def woodpecker_url(self) -> Url:
        """The base URL of the CI server; UsageError where none is set."""
        url = self.settings.woodpecker.url
        if url is None:
            hint = "set it in invoke.yaml: homelab: {woodpecker: {url: https://ci.example.org}}"
            raise UsageError("homelab.woodpecker.url is not set", hint=hint)
        return url
