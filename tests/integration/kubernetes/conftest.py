"""Every contract test runs on the stand-in, and on a real cluster where the environment names one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from homelab_tasks.clients.kubernetes.kubeconfig import load_access
from homelab_tasks.sandbox.kubernetes.accounts import Account
from homelab_tasks.sandbox.kubernetes.server import KubernetesServer
from homelab_tasks.sandbox.loop_thread import LoopThread
from tests.integration.kubernetes.lab import Lab, real_lab

READ = frozenset({"get", "list", "watch"})
ACCOUNTS = {
    "viewer": Account(name="viewer", verbs=READ),
    "status": Account(name="status", verbs=READ, resources=frozenset({"deployments"})),
    "getonly": Account(
        name="getonly",
        verbs=frozenset({"get"}),
        resources=frozenset({"deployments", "replicasets", "statefulsets", "daemonsets"}),
    ),
    "nobody": Account(name="nobody", verbs=frozenset()),
}
NAMED = os.environ.get("HOMELAB_E2E_KUBECONFIG")
REAL = pytest.param(
    "real",
    marks=[pytest.mark.e2e, pytest.mark.skipif(not NAMED, reason="HOMELAB_E2E_KUBECONFIG names no cluster")],
)


@pytest.fixture(scope="module")
def server() -> Iterator[KubernetesServer]:
    """The stand-in by itself."""
    loop, made = LoopThread("kubernetes"), KubernetesServer()
    loop.run(made.http.start())
    loop.run(made.live())
    try:
        yield made
    finally:
        loop.run(made.rest())
        loop.run(made.http.stop())
        loop.close()


@pytest.fixture
def stand_in(server: KubernetesServer, tmp_path: Path) -> Iterator[Lab]:
    """The stand-in, with the accounts that the real lab has."""
    path = tmp_path / "kubeconfig"
    path.write_text(server.kubeconfig(server.url, server.token, namespace="default"))
    tokens = {name: server.add_account(account) for name, account in ACCOUNTS.items()}

    def set_quota(namespace: str, pods: int | None) -> None:
        server.cluster.admission.quota = pods

    lab = Lab(load_access({}, kubeconfig=str(path)), tokens, set_quota)
    yield lab
    set_quota(lab.namespace, None)
    server.cluster.store.clear(lab.namespace)


@pytest.fixture(params=["stand-in", REAL])
def lab(request: pytest.FixtureRequest) -> Lab:
    """A cluster, with a namespace of this test's own."""
    if request.param == "stand-in":
        made: Lab = request.getfixturevalue("stand_in")
        return made
    return _real()


@pytest.fixture
def real() -> Lab:
    """The real cluster, where there is one."""
    if not NAMED:
        pytest.skip("HOMELAB_E2E_KUBECONFIG names no cluster")
    return _real()


def _real() -> Lab:
    made = real_lab(Path(NAMED or ""))
    made.ask("POST", "/api/v1/namespaces", {"metadata": {"name": made.namespace}})
    return made
