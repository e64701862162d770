"""The ReplicaSet controller: as many pods as are wanted, and why there are fewer (pkg/controller/replicaset)."""

from homelab_tasks.sandbox.kubernetes.pods import PodMaker, is_active, is_available, is_ready, set_condition
from homelab_tasks.sandbox.kubernetes.store import Object, Store


class ReplicaSets:
    """Keeps as many pods as each ReplicaSet wants."""

    def __init__(self, store: Store, maker: PodMaker) -> None:
        """Work on *store*; *maker* may refuse a pod."""
        self._store, self._maker = store, maker

    def sync(self, replica_set: Object) -> None:
        """Make or delete pods, then write the status."""
        active = [pod for pod in self._store.owned("pods", replica_set) if is_active(pod)]
        wanted, refusal = replica_set["spec"]["replicas"], None
        for _ in range(wanted - len(active)):
            name = f"{replica_set['metadata']['name']}-{self._store.suffix()}"
            refusal = self._maker.make(replica_set, replica_set["spec"]["template"], name)
            if refusal is not None:
                break
        if wanted <= len(active):
            self._maker.forget(replica_set)
        by_worth = sorted(active, key=lambda pod: (is_ready(pod), pod["metadata"]["name"]))
        for pod in by_worth[: max(0, len(active) - wanted)]:
            self._store.mark_deleted(pod)
        self._write_status(replica_set, refusal)

    def _write_status(self, replica_set: Object, refusal: str | None) -> None:
        pods = self._store.owned("pods", replica_set)
        active = [pod for pod in pods if is_active(pod)]
        minimum = replica_set["spec"].get("minReadySeconds", 0)
        status = replica_set.setdefault("status", {})
        status |= {
            "replicas": len(active),
            "fullyLabeledReplicas": len(active),
            "readyReplicas": sum(is_ready(pod) for pod in active),
            "availableReplicas": sum(is_available(self._store, pod, minimum) for pod in active),
            "terminatingReplicas": sum("deletionTimestamp" in pod["metadata"] for pod in pods),
            "observedGeneration": replica_set["metadata"]["generation"],
        }
        set_condition(self._store, status, "ReplicaFailure", "FailedCreate" if refusal else None, refusal or "")
        self._store.update("replicasets", replica_set)
