"""What StatefulSets and DaemonSets have in common: they make their pods themselves, and tell why not in events."""

from homelab_tasks.model.rollouts.cause import Cause
from homelab_tasks.model.rollouts.creation_trouble import event_cause
from homelab_tasks.model.rollouts.pod import Pod
from homelab_tasks.model.rollouts.rollout import Snapshot, State, counts_are_final, names_text
from homelab_tasks.model.rollouts.workload import Workload

Pods = tuple[Pod, ...]
Standing = tuple[State, str, str | None]
"""A state, in words, and what to do about it."""


def own_pods(snapshot: Snapshot) -> Pods | None:
    """The pods that the workload of *snapshot* made; None where pods cannot be read."""
    if snapshot.pods is None:
        return None
    return tuple(pod for pod in snapshot.pods if pod.owner_uid == snapshot.workload.uid)


def complete(workload: Workload, new: Pods | None, old: Pods | None, *, nothing: str) -> Standing | None:
    """The state of *workload* where it is complete, else None; *nothing* says that it is, and that nothing runs."""
    if not counts_are_final(workload) or old:
        return None
    if workload.desired:
        return State.COMPLETE, f"{workload.available} of {workload.desired} available", None
    return None if new else (State.COMPLETE, nothing, None)


def on_delete(workload: Workload, old: Pods) -> Standing:
    """The state of *workload* while *old* pods wait for somebody to delete them."""
    return State.BLOCKED, f"its update strategy is OnDelete: {which_are(old)} old", delete_command(workload, old)


def which_are(pods: Pods) -> str:
    """Name *pods*, and go on with the verb."""
    if not pods:
        return "some of its pods are"
    return f"{names_text(pods)} {'is' if len(pods) == 1 else 'are'}"


def delete_command(workload: Workload, pods: Pods) -> str:
    """Have *pods* made anew."""
    names = " ".join(sorted(pod.name for pod in pods)) or "POD"
    return f"kubectl -n {workload.namespace} delete pod {names}"


def creation_cause(snapshot: Snapshot) -> Cause | None:
    """Why pods that are wanted are not made, where events say so."""
    workload = snapshot.workload
    if not workload.is_observed or workload.replicas >= workload.desired:
        return None
    return event_cause(workload.reference, workload.update_revision, snapshot.occurrences or ())
