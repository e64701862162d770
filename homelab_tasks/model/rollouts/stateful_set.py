"""How far a StatefulSet is, from its status, its pods and its events."""

from homelab_tasks.model.rollouts.cause import Cause
from homelab_tasks.model.rollouts.own_pods import (
    Pods,
    Standing,
    complete,
    creation_cause,
    delete_command,
    on_delete,
    own_pods,
    which_are,
)
from homelab_tasks.model.rollouts.pod import Pod
from homelab_tasks.model.rollouts.pod_trouble import pod_causes
from homelab_tasks.model.rollouts.rollout import Progress, Snapshot, State, count_text, names_text, split_pods
from homelab_tasks.model.rollouts.workload import Strategy, Workload

STUCK_SECONDS = 1.0
"""A pod that is down and of a revision that was given up: nothing will make it ready, so nothing replaces it."""
STUCK_UNSURE_SECONDS = 10.0
"""It runs without being ready, or is of the revision that ran before: it may come back; then the controller goes on."""


def stateful_set_progress(snapshot: Snapshot) -> Progress:
    """How far the StatefulSet in *snapshot* is with its template."""
    workload = snapshot.workload
    # Before the controller has seen the change, status.updateRevision is that of the template before.
    revision = workload.update_revision if workload.is_observed else None
    new, old = split_pods(own_pods(snapshot), lambda pod: pod.revision == revision)
    state, text, hint = _state(workload, new, old)
    return Progress(
        state=state,
        text=text,
        hint=hint,
        revision=revision,
        causes=() if state is State.COMPLETE else _causes(snapshot, new, old),
        new_pods=new,
        old_pods=old,
    )


def _state(workload: Workload, new: Pods | None, old: Pods | None) -> Standing:
    done = complete(workload, new, old, nothing="0 replicas: nothing runs")
    if done is not None:
        return done
    staying = tuple(pod for pod in old or () if not pod.deleting)
    lacking = workload.updated < workload.replicas if old is None else bool(staying)
    if workload.is_observed and lacking:
        if workload.strategy is Strategy.ON_DELETE:
            return on_delete(workload, staying)
        kept = tuple(pod for pod in staying if pod.ordinal - workload.first_ordinal < workload.partition)
        if kept or (old is None and workload.partition):
            return State.BLOCKED, _partition_text(workload, kept), _patch_partition(workload, kept)
    return State.PROGRESSING, count_text(workload, old), None


def _partition_text(workload: Workload, kept: Pods) -> str:
    updated = f"{workload.updated} of {workload.desired} updated"
    return f"its partition {workload.partition} keeps old pods ({updated}): {which_are(kept)} old"


def _patch_partition(workload: Workload, kept: Pods) -> str:
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
        hint=delete_command(workload, (pod,)),
    )


def _is_broken(pod: Pod) -> bool:
    unscheduled = any(each.type == "PodScheduled" and each.status == "False" for each in pod.conditions)
    return unscheduled or _is_down(pod) or any(not each.ready and each.restarts > 0 for each in pod.containers)


def _is_down(pod: Pod) -> bool:
    return any(not each.ready and (each.is_down or each.waiting not in _STARTING) for each in pod.containers)


_STARTING = frozenset({"", "ContainerCreating", "PodInitializing"})


def _causes(snapshot: Snapshot, new: Pods | None, old: Pods | None) -> tuple[Cause, ...]:
    others = (*(_stuck(snapshot.workload, pod) for pod in old or ()), creation_cause(snapshot))
    return (*pod_causes(new or (), snapshot.pull_problems), *(cause for cause in others if cause is not None))
