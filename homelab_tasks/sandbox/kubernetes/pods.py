"""What controllers know of pods: which count, how one is made, and who may forbid it."""

from datetime import datetime, timedelta
from typing import Any

from homelab_tasks.sandbox.kubernetes.store import EPOCH, Object, Store

QUOTA_NAME = "lab"
RETRY_FIRST_SECONDS = 0.1
RETRY_MOST_SECONDS = 10.0


class Admission:
    """What stands between a controller and a new pod: a *quota* of pods for each namespace, and a *denial* of all."""

    def __init__(self) -> None:
        """Let every pod through."""
        self.quota: int | None = None
        self.denial: str | None = None

    def problem(self, store: Store, namespace: str, name: str) -> str | None:
        """Why a pod called *name* may not be made, None where it may."""
        if self.denial is not None:
            return f'pods "{name}" is forbidden: {self.denial}'
        used = len(store.all_of("pods", namespace))
        if self.quota is not None and used >= self.quota:
            counts = f"requested: pods=1, used: pods={used}, limited: pods={self.quota}"
            return f'pods "{name}" is forbidden: exceeded quota: {QUOTA_NAME}, {counts}'
        return None


def is_active(pod: Object) -> bool:
    """Does *pod* count for its controller?"""
    phase = pod.get("status", {}).get("phase")
    return "deletionTimestamp" not in pod["metadata"] and phase not in {"Succeeded", "Failed"}


def is_ready(pod: Object) -> bool:
    """Is its condition Ready true?"""
    return _ready_condition(pod).get("status") == "True"


def is_available(store: Store, pod: Object, minimum_seconds: float) -> bool:
    """Has it been ready for *minimum_seconds*?"""
    if not is_ready(pod):
        return False
    since = datetime.fromisoformat(_ready_condition(pod)["lastTransitionTime"])
    return not minimum_seconds or EPOCH + timedelta(seconds=store.now()) - since >= timedelta(seconds=minimum_seconds)


def _ready_condition(pod: Object) -> dict[str, Any]:
    conditions = pod.get("status", {}).get("conditions", ())
    return next((each for each in conditions if each["type"] == "Ready"), {})


class PodMaker:
    """Makes pods for every controller; where one is refused, it tries again more and more slowly."""

    def __init__(self, store: Store, admission: Admission) -> None:
        """Make pods in *store*, as far as *admission* lets them through."""
        self._store, self._admission = store, admission
        self._refused: dict[str, tuple[str, float, float]] = {}

    def make(self, owner: Object, template: Object, name: str, labels: dict[str, str] | None = None) -> str | None:
        """Make a pod of *template* that *owner* controls; returns why it was refused."""
        uid, now = owner["metadata"]["uid"], self._store.now()
        problem, until, pause = self._refused.get(uid, ("", 0.0, RETRY_FIRST_SECONDS))
        if now < until:
            return problem
        refusal = self._admission.problem(self._store, owner["metadata"]["namespace"], name)
        if refusal is not None:
            self._refused[uid] = (refusal, now + pause, min(RETRY_MOST_SECONDS, 2 * pause))
            self._store.record(owner, "FailedCreate", f"Error creating: {refusal}", warning=True)
            return refusal
        self._refused.pop(uid, None)
        self._create(owner, template, name, labels or {})
        return None

    def _create(self, owner: Object, template: Object, name: str, labels: dict[str, str]) -> None:
        written = template.get("metadata") or {}
        pod = {
            "metadata": {
                "name": name,
                "labels": {**written.get("labels", {}), **labels},
                "annotations": dict(written.get("annotations") or {}),
                "ownerReferences": [reference_to(owner)],
            },
            "spec": template["spec"],
            "status": {"phase": "Pending"},
        }
        self._store.create("pods", owner["metadata"]["namespace"], pod)
        self._store.record(owner, "SuccessfulCreate", f"Created pod: {name}")

    def forget(self, owner: Object) -> None:
        """Forget that *owner* was refused a pod: it wants none any more."""
        self._refused.pop(owner["metadata"]["uid"], None)


def reference_to(owner: Object) -> dict[str, Any]:
    """The ownerReference to *owner*."""
    metadata = owner["metadata"]
    names = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": metadata["name"], "uid": metadata["uid"]}
    return {**names, "controller": True, "blockOwnerDeletion": True}


def set_condition(  # noqa: PLR0913 - a condition has as many parts
    store: Store, status: dict[str, Any], type_: str, reason: str | None, message: str = "", *, value: str = "True"
) -> None:
    """Write a condition into *status*, or take it away with a *reason* of None; its time moves when it changes."""
    conditions = [each for each in status.get("conditions", ()) if each["type"] != type_]
    before = next((each for each in status.get("conditions", ()) if each["type"] == type_), None)
    if reason is not None:
        now = store.stamp()
        written = {"type": type_, "status": value, "reason": reason, "message": message}
        same = before is not None and all(before[key] == written[key] for key in written)
        updated = before["lastUpdateTime"] if before is not None and same else now
        moved = before["lastTransitionTime"] if before is not None and before["status"] == value else now
        conditions.append({**written, "lastUpdateTime": updated, "lastTransitionTime": moved})
    status["conditions"] = conditions
