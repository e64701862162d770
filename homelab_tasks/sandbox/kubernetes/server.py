"""The stand-in as a server: the API on a loopback port, a cluster that lives, and a kubeconfig for each account."""

import asyncio
import base64
import secrets
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet

import yaml

from homelab_tasks.sandbox.http_server import LOOPBACK, HttpServer
from homelab_tasks.sandbox.kubernetes.accounts import Account
from homelab_tasks.sandbox.kubernetes.api import Api
from homelab_tasks.sandbox.kubernetes.cluster import Cluster
from homelab_tasks.sandbox.kubernetes.faults import put_in_force
from homelab_tasks.sandbox.kubernetes.store import EPOCH

STEP_SECONDS = 0.04
CONTEXT = "homelab"


def _report(living: asyncio.Task[None]) -> None:
    """Let a controller that breaks be seen in the sandbox's log, instead of a cluster that silently stands still."""
    error = None if living.cancelled() else living.exception()
    if error is not None:
        living.get_loop().call_exception_handler({"message": "the cluster died", "exception": error})


class KubernetesServer:
    """A cluster that lives between `live` and `rest`."""

    def __init__(self, faults: Callable[[], AbstractSet[str]] | None = None) -> None:
        """Prepare an empty cluster; *faults* names those that are in force now."""
        self.faults = faults
        self.cluster = Cluster(lambda: time.time() - EPOCH.timestamp(), seed=secrets.randbits(32))
        self.api = Api(self.cluster)
        self.http = HttpServer(self.api.application)
        self.token = self.add_account(Account(name="admin"))
        self._living: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it listens, without TLS."""
        return f"http://{LOOPBACK}:{self.http.port}"

    def add_account(self, account: Account) -> str:
        """Let somebody in; returns the token."""
        token = f"k8s-{secrets.token_urlsafe(24)}"
        self.api.tokens[token] = account
        return token

    async def live(self) -> None:
        """Let the cluster live from now on; whoever listens on `http` starts and stops that."""
        self._living = asyncio.create_task(self.api.live(STEP_SECONDS, before_step=self._follow_faults))
        self._living.add_done_callback(_report)

    async def rest(self) -> None:
        """End the cluster's life, and every watch."""
        if self._living is not None:
            self._living.cancel()
        await self.api.close()

    def _follow_faults(self) -> None:
        if self.faults is not None:
            put_in_force(self.cluster, self.faults())

    def kubeconfig(self, server: str, token: str, *, namespace: str, authority_pem: str | None = None) -> str:
        """Write a kubeconfig for *server*, which *authority_pem* certifies."""
        certified = base64.b64encode(authority_pem.encode()).decode() if authority_pem else None
        cluster = {"server": server, **({"certificate-authority-data": certified} if certified else {})}
        written = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": CONTEXT,
            "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT, "namespace": namespace}}],
            "clusters": [{"name": CONTEXT, "cluster": cluster}],
            "users": [{"name": CONTEXT, "user": {"token": token}}],
        }
        return yaml.safe_dump(written, sort_keys=False)
