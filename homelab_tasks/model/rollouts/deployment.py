"""How far a Deployment is, from its status, its ReplicaSets and its pods."""

import re

from homelab_tasks.model.rollouts.cause import Cause
from homelab_tasks.model.rollouts.creation_trouble import replica_set_cause
from homelab_tasks.model.rollouts.pod import Pod
from homelab_tasks.model.rollouts.pod_trouble import pod_causes
from homelab_tasks.model.rollouts.rollout import Progress, Snapshot, State, count_text, counts_are_final, split_pods
from homelab_tasks.model.rollouts.workload import ReplicaSet, Workload, new_replica_set

_TIMED_OUT = re.compile(r'ReplicaSet "([^"]+)" has timed out progressing')
STALE_DEADLINE_SECONDS = 5.0
"""
Where ReplicaSets cannot be read, an older one's deadline looks like the new one's.

It is gone once the controller gets to it: 12 ms when it is idle, 425 ms measured under load.
"""


def deployment_progress(snapshot: Snapshot) -> Progress:
    """How far the Deployment in *snapshot* is with its template."""
    workload, sets = snapshot.workload, snapshot.replica_sets
    new_set = new_replica_set(workload, sets) if sets is not None else None
    new, old = _split(snapshot, new_set)
    state, text, hint = _state(snapshot, new_set, new, old)
    return Progress(
        state=state,
        text=text,
        hint=hint,
        revision=new_set.name if new_set is not None else None,
        causes=() if state is State.COMPLETE else _causes(snapshot, new_set, new),
        new_pods=new,
        old_pods=old,
    )


def _split(snapshot: Snapshot, new_set: ReplicaSet | None) -> tuple[tuple[Pod, ...] | None, tuple[Pod, ...] | None]:
    if snapshot.pods is None:
        return None, None
    if snapshot.replica_sets is None:  # nobody knows which are new; those that stop are on their way out in any case
        return None, tuple(pod for pod in snapshot.pods if pod.deleting and pod.is_live)
    workload = snapshot.workload
    uids = {each.uid for each in snapshot.replica_sets if each.owner_uid == workload.uid}
    own = tuple(pod for pod in snapshot.pods if pod.owner_uid in uids or _was_made_for(pod, workload))
    return split_pods(own, lambda pod: new_set is not None and pod.owner_uid == new_set.uid)


def _was_made_for(pod: Pod, workload: Workload) -> bool:
    """Is its ReplicaSet, which may be deleted already (revisionHistoryLimit 0), one of *workload*, by its name?"""
    return pod.owner_kind == "ReplicaSet" and pod.owner_name == f"{workload.name}-{pod.revision}"


def _state(
    snapshot: Snapshot, new_set: ReplicaSet | None, new: tuple[Pod, ...] | None, old: tuple[Pod, ...] | None
) -> tuple[State, str, str | None]:
    workload, sets = snapshot.workload, snapshot.replica_sets
    if counts_are_final(workload) and not old:
        if workload.desired == 0 and not new:
            return State.COMPLETE, "0 replicas: nothing runs", None
        if workload.desired and (sets is None or (new_set is not None and new_set.available >= workload.desired)):
            return State.COMPLETE, _complete_text(workload, old), None
    if workload.paused and workload.is_observed and _keeps_old_pods(workload, sets, new_set):
        resume = f"kubectl -n {workload.namespace} rollout resume {workload.reference}"
        return State.BLOCKED, "it is paused: its pods keep what they run", resume
    return State.PROGRESSING, count_text(workload, old), None


def _complete_text(workload: Workload, old: tuple[Pod, ...] | None) -> str:
    unchecked = old is None and workload.terminating is None
    note = " (whether old pods still terminate could not be read)" if unchecked else ""
    return f"{workload.available} of {workload.desired} available{note}"


def _keeps_old_pods(workload: Workload, sets: tuple[ReplicaSet, ...] | None, new_set: ReplicaSet | None) -> bool:
    """Would it have to be resumed to become complete? A paused Deployment still scales what it has."""
    if sets is None:
        return workload.updated < workload.desired or workload.replicas > workload.updated
    others = [each for each in sets if each.owner_uid == workload.uid and each is not new_set]
    return new_set is None or any(each.desired for each in others)


def _causes(snapshot: Snapshot, new_set: ReplicaSet | None, new: tuple[Pod, ...] | None) -> tuple[Cause, ...]:
    of_pods = pod_causes(new or (), snapshot.pull_problems)
    creation = replica_set_cause(new_set) if new_set is not None else None
    deadline = _deadline_cause(snapshot, new_set)
    return (*of_pods, *(cause for cause in (creation, deadline) if cause is not None))


def _deadline_cause(snapshot: Snapshot, new_set: ReplicaSet | None) -> Cause | None:
    """
    The progress deadline, where it is the new ReplicaSet's.

    After a change back to an older ReplicaSet the condition stands there, observed, about the one that failed
    (pkg/controller/deployment/util DeploymentTimedOut stays true; no condition marks a ReplicaSet found again). One
    that names the Deployment itself is of a time when there was no new ReplicaSet (pkg/controller/deployment/progress).
    """
    condition = snapshot.workload.condition("Progressing")
    if condition is None or condition.reason != "ProgressDeadlineExceeded" or not snapshot.workload.is_observed:
        return None
    named = _TIMED_OUT.search(condition.message)
    if named is not None and snapshot.replica_sets is None:
        window = STALE_DEADLINE_SECONDS
    elif named is not None and new_set is not None and named[1] == new_set.name:
        window = 0.0
    else:
        return None
    return Cause(
        key="deadline", text=f"progress deadline exceeded: {condition.message.rstrip('.')}", fatal_after=window
    )
