"""How far a StatefulSet is, from its status, its pods and its events."""

from homelab_tasks.model.rollouts.cause import Cause
from homelab_tasks.model.rollouts.creation_trouble import event_cause
from homelab_tasks.model.rollouts.pod import Pod
from homelab_tasks.model.rollouts.pod_trouble import pod_causes
from homelab_tasks.model.rollouts.rollout import (
    Progress,
    Snapshot,
    State,
    count_text,
    counts_are_final,
    names_text,
    split_pods,
)
from homelab_tasks.model.rollouts.workload import Strategy, Workload

STUCK_SECONDS = 1.0
"""A pod that is down and of a revision that was given up: nothing will make it ready, so nothing replaces it."""
STUCK_UNSURE_SECONDS = 10.0
"""It runs without being ready, or is of the revision that ran before: it may come back; then the controller goes on."""


def stateful_set_progress(snapshot: Snapshot) -> Progress:
    """How far the StatefulSet in *snapshot* is with its template."""
    workload = snapshot.workload
    own = None if snapshot.pods is None else tuple(pod for pod in snapshot.pods if pod.owner_uid == workload.uid)
    # Before the controller has seen the change, status.updateRevision is that of the template before.
    new, old = split_pods(own, lambda pod: workload.is_observed and pod.revision == workload.update_revision)
    state, text, hint = _state(workload, new, old)
    return Progress(
        state=state,
        text=text,
        hint=hint,
        revision=workload.update_revision if workload.is_observed else None,
        causes=() if state is State.COMPLETE else _causes(snapshot, new, old),
        new_pods=new,
        old_pods=old,
    )


def _state(
    workload: Workload, new: tuple[Pod, ...] | None, old: tuple[Pod, ...] | None
) -> tuple[State, str, str | None]:
    if counts_are_final(workload) and not old:
        if workload.desired == 0 and not new:
            return State.COMPLETE, "0 replicas: nothing runs", None
        if workload.desired:
            return State.COMPLETE, f"{workload.available} of {workload.desired} available", None
    staying = tuple(pod for pod in old or () if not pod.deleting)
    lacking = workload.updated < workload.replicas if old is None else bool(staying)
    if workload.is_observed and lacking:
        if workload.strategy is Strategy.ON_DELETE:
            return State.BLOCKED, f"its update strategy is OnDelete: {_which(staying)} old", _delete(workload, staying)
        kept = tuple(pod for pod in staying if pod.ordinal - workload.first_ordinal < workload.partition)
        if kept or (old is None and workload.partition):
            return State.BLOCKED, _partition_text(workload, kept), _patch_partition(workload, kept)
    return State.PROGRESSING, count_text(workload, old), None


def _which(pods: tuple[Pod, ...]) -> str:
    if not pods:
        return "some of its pods are"
    return f"{names_text(pods)} {'is' if len(pods) == 1 else 'are'}"


def _delete(workload: Workload, pods: tuple[Pod, ...]) -> str:
    names = " ".join(sorted(pod.name for pod in pods)) or "POD"
    return f"kubectl -n {workload.namespace} delete pod {names}"


def _partition_text(workload: Workload, kept: tuple[Pod, ...]) -> str:
    updated = f"{workload.updated} of {workload.desired} updated"
    return f"its partition {workload.partition} keeps old pods ({updated}): {_which(kept)} old"


def _patch_partition(workload: Workload, kept: tuple[Pod, ...]) -> str:
    patch = '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}'
    names = f"to update {names_text(kept)}: " if kept else ""
    return f"{names}kubectl -n {workload.namespace} patch {workload.reference} -p '{patch}'"


def _stuck(workload: Workload, pod: Pod) -> Cause | None:
    """
    Why *pod*, an old one, is never replaced.

    With podManagementPolicy OrderedReady the controller waits for an unready pod before it looks at revisions
    (kubernetes#67250), whatever the template says by now.
    """
    if not (workload.ordered and workload.is_observed) or pod.ready or pod.deleting or not _is_broken(pod):
        return None
    sure = pod.revision != workload.current_revision and _is_down(pod)
    return Cause(
        key=f"{pod.uid}:stuck:{sure}",
        text=f"pod {pod.name} is broken and of an older revision, and is not replaced until it is deleted",
        fatal_after=STUCK_SECONDS if sure else STUCK_UNSURE_SECONDS,
        pod=pod.name,
        blocks=True,
        hint=_delete(workload, (pod,)),
    )


def _is_broken(pod: Pod) -> bool:
    unscheduled = any(each.type == "PodScheduled" and each.status == "False" for each in pod.conditions)
    return unscheduled or _is_down(pod) or any(not each.ready and each.restarts > 0 for each in pod.containers)


def _is_down(pod: Pod) -> bool:
    return any(not each.ready and (each.is_down or each.waiting not in _STARTING) for each in pod.containers)


_STARTING = frozenset({"", "ContainerCreating", "PodInitializing"})


def _causes(snapshot: Snapshot, new: tuple[Pod, ...] | None, old: tuple[Pod, ...] | None) -> tuple[Cause, ...]:
    workload = snapshot.workload
    others = [_stuck(workload, pod) for pod in old or ()]
    if workload.is_observed and workload.replicas < workload.desired:
        others.append(event_cause(workload.reference, workload.update_revision, snapshot.occurrences or ()))
    return (*pod_causes(new or (), snapshot.pull_problems), *(cause for cause in others if cause is not None))
