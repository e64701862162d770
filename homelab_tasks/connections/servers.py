"""
From settings to the clients of every system, each made when it is first asked for.

Free of invoke: programs start here (`Connections(decode_settings(...))`), and so do the tasks.
"""

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from homelab_tasks.clients.clock import SystemClock
from homelab_tasks.errors import UsageError
from homelab_tasks.locations import Url
from homelab_tasks.model.commit import Commit, is_full_sha
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.settings import Settings, TokenSource, VaultField

if TYPE_CHECKING:
    from homelab_tasks.clients.git.clone import Git
    from homelab_tasks.clients.kubernetes.access import Access
    from homelab_tasks.clients.kubernetes.client import Kubernetes
    from homelab_tasks.clients.tokens import Tokens
    from homelab_tasks.clients.vault import Vault
    from homelab_tasks.clients.web.http import Http
    from homelab_tasks.clients.web.session import PinnedSession
    from homelab_tasks.clients.woodpecker import Woodpecker


class Connections:
    """
    The clients that *settings* describe, sharing one session and one registry of secrets.

    Slow libraries are imported by whoever needs them first. Tokens are read from *environment* (the process's own)
    and wherever else the settings say; *directory* (the working directory) is where the clone is looked for;
    *time_left* caps each request, in seconds.
    """

    def __init__(  # noqa: PLR0913 - all but the first are given by name
        self,
        settings: Settings,
        *,
        clock: SystemClock | None = None,
        secrets: Secrets | None = None,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        time_left: Callable[[], float] | None = None,
    ) -> None:
        """Connect nothing yet."""
        self.settings = settings
        self.clock = clock or SystemClock()
        self.secrets = secrets or Secrets()
        self._environment = os.environ if environment is None else environment
        self._directory = directory
        self._time_left = time_left
        self._know_secrets()

    def _know_secrets(self) -> None:
        """Know the tokens that any command we run could print, as it inherits them, before anybody reads them."""
        servers = (self.settings.woodpecker, self.settings.vault, self.settings.forge)
        for source in (source for server in servers for source in server.token):
            if source.env is not None:
                self.secrets.add(self._environment.get(source.env, ""))

    @cached_property
    def git(self) -> "Git":
        """The clone around; UsageError where there is none."""
        from homelab_tasks.clients.git.clone import Git

        return Git.open(self._directory or Path.cwd())

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

    @property
    def repository(self) -> str:
        """OWNER/NAME: the setting, else what the git remote says."""
        return self.settings.ci.repository or self.git.repository(self.settings.work.remote)

    @cached_property
    def session(self) -> "PinnedSession":
        """The connections of every client: pinned as the settings say, each certificate checked."""
        from homelab_tasks.clients.web.addresses import AddressBook
        from homelab_tasks.clients.web.session import PinnedSession
        from homelab_tasks.clients.web.trust import Trust

        load_balancer = self.settings.load_balancer
        ca_file = Path(load_balancer.ca_file) if load_balancer.ca_file else None
        return PinnedSession(AddressBook(load_balancer), Trust(ca_file))

    @cached_property
    def woodpecker(self) -> "Woodpecker":
        """The CI server, as the user whose token the settings point to; UsageError where no URL is set."""
        from homelab_tasks.clients.woodpecker import SIGNATURE, Woodpecker

        token = self.tokens(self.woodpecker_url, self.settings.woodpecker.token)
        return Woodpecker(self.http(self.woodpecker_url, token, signature=SIGNATURE))

    @cached_property
    def woodpecker_for_anyone(self) -> "Woodpecker":
        """The CI server, asked without a token: what it says of itself."""
        from homelab_tasks.clients.woodpecker import SIGNATURE, Woodpecker

        return Woodpecker(self.http(self.woodpecker_url, None, signature=SIGNATURE))

    @property
    def woodpecker_url(self) -> Url:
        """The base URL of the CI server; UsageError where none is set."""
        url = self.settings.woodpecker.url
        if url is None:
            hint = "set it in invoke.yaml: homelab: {woodpecker: {url: https://ci.example.org}}"
            raise UsageError("homelab.woodpecker.url is not set", hint=hint)
        return url

    @cached_property
    def vault(self) -> "Vault | None":
        """The Vault server, or None where no URL is set."""
        url = self.settings.vault.url
        if url is None:
            return None
        from homelab_tasks.clients.tokens import Tokens
        from homelab_tasks.clients.vault import Vault

        token = Tokens(url, self.settings.vault.token, self.secrets, environment=self._environment)
        timeout = (self.settings.http.connect_timeout, self.settings.http.read_timeout)
        return Vault(url, self.session, token, timeout=timeout)

    def cluster_access(self, *, kubeconfig: str | None = None, context: str | None = None) -> "Access":
        """Read where the cluster is, and as whom it is asked; the settings say it where the arguments do not."""
        from homelab_tasks.clients.kubernetes.kubeconfig import load_access

        chosen = self.settings.kubernetes
        return load_access(
            self._environment, kubeconfig=kubeconfig or chosen.kubeconfig, context=context or chosen.context
        )

    def cluster(self, access: "Access | None" = None) -> "Kubernetes":
        """The cluster of *access*, else the one that the settings choose; close it, for it has threads."""
        from homelab_tasks.clients.kubernetes.connection import connect

        return connect(
            access or self.cluster_access(),
            pins=self.settings.load_balancer,
            http=self.settings.http,
            environment=self._environment,
            secrets=self.secrets,
            now=self.clock.now,
            time_left=self._time_left,
        )

    def http(self, url: Url, token: "Tokens | None", *, signature: str | None = None) -> "Http":
        """Requests to the server at *url*, signed with *token* if any, and as patient as the settings say."""
        from homelab_tasks.clients.web.authorization import Bearer
        from homelab_tasks.clients.web.http import Http

        patience = self.settings.http
        return Http(
            url,
            self.session,
            auth=Bearer(url, token) if token is not None else None,
            connect_timeout=patience.connect_timeout,
            read_timeout=patience.read_timeout,
            signature=signature,
            time_left=self._time_left,
        )

    def tokens(self, url: Url, sources: tuple[TokenSource, ...]) -> "Tokens":
        """The token for *url*, read from the first of *sources* that has one when it is first needed."""
        from homelab_tasks.clients.tokens import Tokens

        from_vault = self._from_vault if self.settings.vault.url is not None else None
        return Tokens(url, sources, self.secrets, environment=self._environment, vault=from_vault)

    def _from_vault(self, source: VaultField) -> str:
        if self.vault is None:
            raise UsageError("homelab.vault.url is not set")
        return self.vault.field(source.path, source.field)
