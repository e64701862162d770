"""How far a DaemonSet is, from its status, its pods and its events."""

from homelab_tasks.model.rollouts.cause import Cause
from homelab_tasks.model.rollouts.own_pods import Pods, Standing, complete, creation_cause, on_delete, own_pods
from homelab_tasks.model.rollouts.pod_trouble import pod_causes
from homelab_tasks.model.rollouts.rollout import Progress, Snapshot, State, count_text, split_pods
from homelab_tasks.model.rollouts.workload import Strategy, Workload


def daemon_set_progress(snapshot: Snapshot) -> Progress:
    """How far the DaemonSet in *snapshot* is with its template."""
    workload = snapshot.workload
    own = own_pods(snapshot)
    hashes = _new_hashes(workload, own or ())
    new, old = split_pods(own, lambda pod: pod.revision in hashes)
    state, text, hint = _state(workload, new, old)
    return Progress(
        state=state,
        text=text,
        hint=hint,
        revision=workload.update_revision or None,
        causes=() if state is State.COMPLETE else _causes(snapshot, new),
        new_pods=new,
        old_pods=old,
    )


def _new_hashes(workload: Workload, own: Pods) -> frozenset[str]:
    """
    The controller-revision-hashes of pods that have the template.

    That of the pods with the template's generation; after a change back, pods that were never replaced have it
    too, with an older generation (pkg/controller/daemon/util IsPodUpdated takes either). Where no pod has the
    generation, the status says whether all have the template.
    """
    staying = [pod for pod in own if pod.is_live and not pod.deleting]
    by_generation = {pod.revision for pod in own if pod.template_generation == workload.update_revision}
    if workload.is_observed and staying and workload.updated >= len(staying):
        return frozenset(by_generation | {pod.revision for pod in staying})
    return frozenset(by_generation)


def _state(workload: Workload, new: Pods | None, old: Pods | None) -> Standing:
    done = complete(workload, new, old, nothing="no node matches: nothing runs")
    if done is not None:
        return done
    staying = tuple(pod for pod in old or () if not pod.deleting)
    lacking = workload.updated < workload.desired if old is None else bool(staying)
    if workload.is_observed and workload.strategy is Strategy.ON_DELETE and lacking:
        return on_delete(workload, staying)
    return State.PROGRESSING, count_text(workload, old), None


def _causes(snapshot: Snapshot, new: Pods | None) -> tuple[Cause, ...]:
    creation = creation_cause(snapshot)
    return (*pod_causes(new or (), snapshot.pull_problems), *([creation] if creation is not None else []))
