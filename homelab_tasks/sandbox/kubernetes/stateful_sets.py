"""The StatefulSet controller (pkg/controller/statefulset): pods with names, one after the other."""

from hashlib import blake2b
from typing import Any

from homelab_tasks.sandbox.kubernetes.pods import PodMaker, is_available, is_ready
from homelab_tasks.sandbox.kubernetes.store import Object, Store

REVISION_LABEL = "controller-revision-hash"


class StatefulSets:
    """Keeps the template of each revision, which the API has as ControllerRevisions."""

    def __init__(self, store: Store, maker: PodMaker) -> None:
        """Work on *store*; *maker* may refuse a pod."""
        self._store, self._maker = store, maker
        self._templates: dict[str, Object] = {}

    def sync(self, stateful_set: Object) -> None:
        """One turn: make or replace at most one pod, then write the status."""
        update = self._revision(stateful_set)
        current = stateful_set.get("status", {}).get("currentRevision") or update
        pods = {pod["metadata"]["name"]: pod for pod in self._store.owned("pods", stateful_set)}
        self._step(stateful_set, pods, current, update)
        self._write_status(stateful_set, current, update)

    def _revision(self, stateful_set: Object) -> str:
        template = stateful_set["spec"]["template"]
        hashed = blake2b(repr(sorted(template.items())).encode(), digest_size=5).hexdigest()
        revision = f"{stateful_set['metadata']['name']}-{hashed}"
        self._templates[revision] = template
        return revision

    def _step(self, stateful_set: Object, pods: dict[str, Object], current: str, update: str) -> None:
        spec, minimum = stateful_set["spec"], stateful_set["spec"].get("minReadySeconds", 0)
        ordered = spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
        names = [f"{stateful_set['metadata']['name']}-{number}" for number in range(spec.get("replicas", 1))]
        for number, name in enumerate(names):
            pod = pods.get(name)
            if pod is None:
                self._make(stateful_set, name, current if number < _partition(stateful_set) else update)
            if ordered and (pod is None or not _settled(self._store, pod, minimum)):
                return
        surplus = sorted((name for name in pods if name not in names), key=_ordinal, reverse=True)
        if surplus:
            self._store.mark_deleted(pods[surplus[0]])
            return
        if (spec.get("updateStrategy") or {}).get("type") == "OnDelete":
            return
        for name in reversed(names[_partition(stateful_set) :]):
            pod = pods.get(name)
            if pod is None or "deletionTimestamp" in pod["metadata"]:
                return
            if pod["metadata"]["labels"].get(REVISION_LABEL) != update:
                self._store.record(stateful_set, "SuccessfulDelete", f"delete Pod {name} successful")
                self._store.mark_deleted(pod)
                return
            if not _settled(self._store, pod, minimum):
                return

    def _make(self, stateful_set: Object, name: str, revision: str) -> None:
        template = self._templates.get(revision) or stateful_set["spec"]["template"]
        self._maker.make(stateful_set, template, name, {REVISION_LABEL: revision})

    def _write_status(self, stateful_set: Object, current: str, update: str) -> None:
        pods = self._store.owned("pods", stateful_set)
        kept = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
        minimum, replicas = stateful_set["spec"].get("minReadySeconds", 0), stateful_set["spec"].get("replicas", 1)
        updated = sum(pod["metadata"]["labels"].get(REVISION_LABEL) == update for pod in kept)
        ready = sum(is_ready(pod) for pod in pods)
        rolling = (stateful_set["spec"].get("updateStrategy") or {}).get("type") != "OnDelete"
        if rolling and updated == replicas == ready == len(pods):
            current = update
        stateful_set["status"] = {
            "observedGeneration": stateful_set["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": ready,
            "availableReplicas": sum(is_available(self._store, pod, minimum) for pod in pods),
            "updatedReplicas": updated,
            "currentReplicas": sum(pod["metadata"]["labels"].get(REVISION_LABEL) == current for pod in kept),
            "currentRevision": current,
            "updateRevision": update,
        }
        self._store.update("statefulsets", stateful_set)


def _partition(stateful_set: Object) -> int:
    rolling: dict[str, Any] = (stateful_set["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
    return int(rolling.get("partition") or 0)


def _settled(store: Store, pod: Object, minimum: float) -> bool:
    return "deletionTimestamp" not in pod["metadata"] and is_available(store, pod, minimum)


def _ordinal(name: str) -> int:
    return int(name.rpartition("-")[2])
