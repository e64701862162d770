"""The Deployment controller (pkg/controller/deployment), with its lags: it sees a change only when it is its turn."""

import math
from hashlib import blake2b
from typing import Any

from homelab_tasks.sandbox.kubernetes.pods import reference_to, set_condition
from homelab_tasks.sandbox.kubernetes.store import Object, Store

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
DEADLINE_SECONDS = 600


def sync_deployment(store: Store, deployment: Object) -> None:
    """One turn of the controller: make the new ReplicaSet, scale, write the status."""
    sets = store.owned("replicasets", deployment)
    new = _new(deployment, sets)
    if deployment["spec"].get("paused"):
        _write_status(store, deployment)
        return
    recreates = deployment["spec"].get("strategy", {}).get("type") == "Recreate"
    if recreates and _old_pods_remain(store, sets, new):
        for each in sets:
            if each is not new:
                _scale(store, each, 0)
        _write_status(store, deployment)
        return
    if new is None:
        new = _make_new(store, deployment, sets)
        if recreates:
            _scale(store, new, _replicas(deployment))
    old = [each for each in store.owned("replicasets", deployment) if each["metadata"]["uid"] != new["metadata"]["uid"]]
    if not recreates:
        _roll(store, deployment, new, old)
    elif new["spec"]["replicas"] != _replicas(deployment):
        _scale(store, new, _replicas(deployment))
    _write_status(store, deployment)


def _replicas(deployment: Object) -> int:
    written = deployment["spec"].get("replicas")
    return 1 if written is None else int(written)


def _new(deployment: Object, sets: list[Object]) -> Object | None:
    wanted = _plain(deployment["spec"]["template"])
    same = [each for each in sets if _plain(each["spec"]["template"]) == wanted]
    return min(same, key=lambda each: each["metadata"]["creationTimestamp"], default=None)


def _plain(template: Object) -> Object:
    metadata = template.get("metadata") or {}
    labels = {key: value for key, value in metadata.get("labels", {}).items() if key != HASH_LABEL}
    return {**template, "metadata": {**metadata, "labels": labels}}


def _make_new(store: Store, deployment: Object, sets: list[Object]) -> Object:
    template = deployment["spec"]["template"]
    hashed = blake2b(repr(sorted(_plain(template).items())).encode(), digest_size=5).hexdigest()
    labels = {**(template.get("metadata") or {}).get("labels", {}), HASH_LABEL: hashed}
    made = store.create(
        "replicasets",
        deployment["metadata"]["namespace"],
        {
            "metadata": {
                "name": f"{deployment['metadata']['name']}-{hashed}",
                "labels": labels,
                "annotations": {REVISION: str(len(sets) + 1)},
                "ownerReferences": [reference_to(deployment)],
            },
            "spec": {
                "replicas": 0,
                "minReadySeconds": deployment["spec"].get("minReadySeconds", 0),
                "selector": {"matchLabels": labels},
                "template": {**template, "metadata": {**(template.get("metadata") or {}), "labels": labels}},
            },
            "status": {"replicas": 0},
        },
    )
    _progress(store, deployment, "NewReplicaSetCreated", made)
    return made


def _old_pods_remain(store: Store, sets: list[Object], new: Object | None) -> bool:
    return any(store.owned("pods", each) for each in sets if each is not new)


def _scale(store: Store, replica_set: Object, replicas: int) -> None:
    if replica_set["spec"]["replicas"] != replicas:
        replica_set["spec"]["replicas"] = max(0, replicas)
        replica_set["metadata"] = store.update("replicasets", replica_set)["metadata"]


def _roll(store: Store, deployment: Object, new: Object, old: list[Object]) -> None:
    """Scale the new one up as far as the surge allows, the old ones down as far as pods may be missing."""
    wanted = _replicas(deployment)
    surge, missing = _bounds(deployment, wanted)
    total = new["spec"]["replicas"] + sum(each["spec"]["replicas"] for each in old)
    if new["spec"]["replicas"] > wanted:
        _scale(store, new, wanted)
    elif new["spec"]["replicas"] < wanted and total < wanted + surge:
        _scale(store, new, min(wanted, new["spec"]["replicas"] + wanted + surge - total))
        return
    fewest = wanted - missing
    unavailable = new["spec"]["replicas"] - _available(new)
    may_go = total - fewest - unavailable
    if may_go <= 0:
        return
    oldest_first = sorted(old, key=lambda each: each["metadata"]["creationTimestamp"])
    for each in oldest_first:  # those that are not available first: nobody misses them
        may_go -= _take_away(store, each, min(may_go, each["spec"]["replicas"] - _available(each)))
    spare = _available(new) + sum(_available(each) for each in old) - fewest
    for each in oldest_first:
        spare -= _take_away(store, each, min(spare, each["spec"]["replicas"]))


def _available(replica_set: Object) -> int:
    return int(replica_set.get("status", {}).get("availableReplicas", 0))


def _take_away(store: Store, replica_set: Object, count: int) -> int:
    if count <= 0:
        return 0
    _scale(store, replica_set, replica_set["spec"]["replicas"] - count)
    return count


def _bounds(deployment: Object, wanted: int) -> tuple[int, int]:
    rolling = deployment["spec"].get("strategy", {}).get("rollingUpdate") or {}
    surge = _count(rolling.get("maxSurge", "25%"), wanted, math.ceil)
    missing = _count(rolling.get("maxUnavailable", "25%"), wanted, math.floor)
    return (surge, missing) if surge or missing else (surge, 1)


def _count(written: Any, wanted: int, rounded: Any) -> int:
    if isinstance(written, str) and written.endswith("%"):
        return int(rounded(int(written[:-1]) * wanted / 100))
    return int(written)


def _progress(store: Store, deployment: Object, reason: str, new: Object, *, value: str = "True") -> None:
    name = new["metadata"]["name"]
    words = {
        "NewReplicaSetCreated": f'Created new replica set "{name}"',
        "ReplicaSetUpdated": f'ReplicaSet "{name}" is progressing.',
        "NewReplicaSetAvailable": f'ReplicaSet "{name}" has successfully progressed.',
        "ProgressDeadlineExceeded": f'ReplicaSet "{name}" has timed out progressing.',
    }
    status = deployment.setdefault("status", {})
    set_condition(store, status, "Progressing", reason, words[reason], value=value)


def _write_status(store: Store, deployment: Object) -> None:
    fresh = store.owned("replicasets", deployment)
    new = _new(deployment, fresh)
    counts = [each.get("status", {}) for each in fresh]
    own = new.get("status", {}) if new is not None else {}
    before = dict(deployment.get("status", {}))
    status = deployment.setdefault("status", {})
    status |= {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": sum(each.get("replicas", 0) for each in counts),
        "updatedReplicas": own.get("replicas", 0),
        "readyReplicas": sum(each.get("readyReplicas", 0) for each in counts),
        "availableReplicas": sum(each.get("availableReplicas", 0) for each in counts),
        "terminatingReplicas": sum(each.get("terminatingReplicas", 0) for each in counts),
    }
    wanted_all = sum(each["spec"]["replicas"] for each in fresh)
    status["unavailableReplicas"] = max(0, wanted_all - status["availableReplicas"])
    _write_conditions(store, deployment, fresh, new, before)
    store.update("deployments", deployment)


def _write_conditions(
    store: Store, deployment: Object, sets: list[Object], new: Object | None, before: dict[str, Any]
) -> None:
    status, wanted = deployment["status"], _replicas(deployment)
    _, missing = _bounds(deployment, wanted)
    enough = status["availableReplicas"] >= wanted - missing
    reason = "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable"
    set_condition(store, status, "Available", reason, value="True" if enough else "False")
    failures = [
        each["message"] for one in sets for each in one.get("status", {}).get("conditions", ())
        if each["type"] == "ReplicaFailure"
    ]  # fmt: skip
    set_condition(
        store, status, "ReplicaFailure", "FailedCreate" if failures else None, failures[0] if failures else ""
    )
    if deployment["spec"].get("paused"):
        set_condition(store, status, "Progressing", "DeploymentPaused", "Deployment is paused", value="Unknown")
    elif new is not None:
        _write_progress(store, deployment, new, before)


def _write_progress(store: Store, deployment: Object, new: Object, before: dict[str, Any]) -> None:
    status, wanted = deployment["status"], _replicas(deployment)
    condition = next((each for each in status.get("conditions", ()) if each["type"] == "Progressing"), None)
    names = ("updatedReplicas", "readyReplicas", "availableReplicas", "replicas")
    moved = any(status[name] != before.get(name, 0) for name in names)
    if status["updatedReplicas"] == status["replicas"] == status["availableReplicas"] == wanted:
        _progress(store, deployment, "NewReplicaSetAvailable", new)
    elif moved or condition is None or condition["reason"] in {"DeploymentPaused", "DeploymentResumed"}:
        status["conditions"] = [each for each in status.get("conditions", ()) if each["type"] != "Progressing"]
        _progress(store, deployment, "ReplicaSetUpdated", new)
    elif condition["reason"] in {"NewReplicaSetCreated", "ReplicaSetUpdated"}:
        deadline = deployment["spec"].get("progressDeadlineSeconds", DEADLINE_SECONDS)
        if store.age_of(condition["lastUpdateTime"]) > deadline:
            _progress(store, deployment, "ProgressDeadlineExceeded", new, value="False")
