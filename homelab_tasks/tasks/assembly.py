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
from homelab_tasks.settings import Settings, TokenSource, Url, VaultField

if TYPE_CHECKING:
    from collections.abc import Callable

    from homelab_tasks.clients.git import Git
    from homelab_tasks.clients.http import Http
    from homelab_tasks.clients.session import PinnedSession
    from homelab_tasks.clients.tokens import Tokens
    from homelab_tasks.clients.woodpecker import Woodpecker


class Assembly:
    """What one run of a task is made of. Slow libraries are imported by whoever needs them first."""

    def __init__(self, context: Context, *, task: str) -> None:
        """Assemble from invoke's *context* for *task*."""
        self._context = context
        self.task = task
        self.clock = SystemClock()
        self.secrets = Secrets()
        self._deadline: float | None = None

    @cached_property
    def settings(self) -> Settings:
        """The settings under `homelab:`; UsageError where they cannot be used."""
        config = self._context.config
        project = config._project_prefix  # noqa: SLF001 - where invoke.yaml is, which invoke tells in no other way
        return decode_settings(config.get(ROOT), os.environ, Path(project) if project else None)

    def limit(self, seconds: float) -> None:
        """Let no single request outlast the *seconds* that the task has from now on."""
        self._deadline = self.clock.now() + seconds

    def time_left(self) -> float:
        """How many seconds a request may take at most: what the task has left, else what it would ride out."""
        return self.settings.http.retry_for if self._deadline is None else self._deadline - self.clock.now()

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

    @cached_property
    def session(self) -> "PinnedSession":
        """The connections of every client: pinned as the settings say, each certificate checked."""
        from homelab_tasks.clients.addresses import AddressBook
        from homelab_tasks.clients.session import PinnedSession
        from homelab_tasks.clients.trust import Trust

        load_balancer = self.settings.load_balancer
        ca_file = Path(load_balancer.ca_file) if load_balancer.ca_file else None
        return PinnedSession(AddressBook(load_balancer), Trust(ca_file))

    @cached_property
    def woodpecker(self) -> "Woodpecker":
        """The CI server, as the user whose token the settings point to."""
        from homelab_tasks.clients.woodpecker import SIGNATURE, Woodpecker

        token = self.tokens(self.woodpecker_url, self.settings.woodpecker.token)
        return Woodpecker(self.http(self.woodpecker_url, token, signature=SIGNATURE))

    def http(self, url: Url, token: "Tokens", *, signature: str | None = None) -> "Http":
        """Requests to the server at *url*, signed with *token* and as patient as the settings say."""
        from homelab_tasks.clients.authorization import Bearer
        from homelab_tasks.clients.http import Http

        patience = self.settings.http
        return Http(
            url,
            self.session,
            auth=Bearer(url, token),
            connect_timeout=patience.connect_timeout,
            read_timeout=patience.read_timeout,
            signature=signature,
            time_left=self.time_left,
        )

    def tokens(self, url: Url, sources: tuple[TokenSource, ...]) -> "Tokens":
        """The token for *url*, read from the first of *sources* that has one when it is first needed."""
        from homelab_tasks.clients.tokens import Tokens

        return Tokens(url, sources, self.secrets, environment=os.environ, vault=self._vault_field)

    @cached_property
    def _vault_field(self) -> "Callable[[VaultField], str] | None":
        url = self.settings.vault.url
        if url is None:
            return None
        from homelab_tasks.clients.tokens import Tokens
        from homelab_tasks.clients.vault import Vault

        token = Tokens(url, self.settings.vault.token, self.secrets, environment=os.environ)
        timeout = (self.settings.http.connect_timeout, self.settings.http.read_timeout)
        vault = Vault(url, self.session, token, timeout=timeout)
        return lambda source: vault.field(source.path, source.field)

    @property
    def woodpecker_url(self) -> Url:
        """The base URL of the CI server; UsageError where none is set."""
        url = self.settings.woodpecker.url
        if url is None:
            hint = "set it in invoke.yaml: homelab: {woodpecker: {url: https://ci.example.org}}"
            raise UsageError("homelab.woodpecker.url is not set", hint=hint)
        return url
