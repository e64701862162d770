"""A cluster that lives as long as somebody calls `step`: the store, every controller, and the kubelet."""

from collections.abc import Callable

from homelab_tasks.sandbox.kubernetes.daemon_sets import sync_daemon_set
from homelab_tasks.sandbox.kubernetes.deployments import sync_deployment
from homelab_tasks.sandbox.kubernetes.kubelet import Kubelet
from homelab_tasks.sandbox.kubernetes.pods import Admission, PodMaker
from homelab_tasks.sandbox.kubernetes.replica_sets import ReplicaSets
from homelab_tasks.sandbox.kubernetes.stateful_sets import StatefulSets
from homelab_tasks.sandbox.kubernetes.store import Object, Store


class Cluster:
    """Time is an argument, so that a test can let an hour pass in no time; chance comes from *seed*."""

    def __init__(self, now: Callable[[], float], *, seed: int = 0) -> None:
        """Start empty."""
        self.store = Store(now, seed=seed)
        self.admission = Admission()
        self.kubelet = Kubelet(self.store)
        maker = PodMaker(self.store, self.admission)
        self._stateful_sets = StatefulSets(self.store, maker)
        self._replica_sets = ReplicaSets(self.store, maker)
        self.turns: dict[str, Callable[[], None]] = {
            "deployments": lambda: self._each("deployments", lambda one: sync_deployment(self.store, one)),
            "replicasets": lambda: self._each("replicasets", self._replica_sets.sync),
            "statefulsets": lambda: self._each("statefulsets", self._stateful_sets.sync),
            "daemonsets": lambda: self._each("daemonsets", lambda one: sync_daemon_set(self.store, one, maker)),
            "kubelet": self.kubelet.step,
        }

    def step(self) -> None:
        """Let everybody have a turn."""
        for turn in self.turns.values():
            turn()

    def apply(self, resource: str, namespace: str, written: Object) -> Object:
        """Create an object, or give the one of that name the spec, labels and annotations that are *written*."""
        there = self.store.get(resource, namespace, written["metadata"]["name"])
        if there is None:
            return self.store.create(resource, namespace, written)
        there["spec"] = written["spec"]
        there["metadata"] |= {key: written["metadata"][key] for key in ("labels",) if key in written["metadata"]}
        return self.store.update(resource, there)

    def _each(self, resource: str, sync: Callable[[Object], None]) -> None:
        for one in self.store.all_of(resource):
            fresh = self.store.get(resource, one["metadata"]["namespace"], one["metadata"]["name"])
            if fresh is not None:
                sync(fresh)
