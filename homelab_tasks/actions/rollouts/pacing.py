"""How often a rollout is read: at once when news matters, now and then in any case, never beyond the budget."""

from homelab_tasks.actions.rollouts.view import View
from homelab_tasks.model.rollouts.creation_trouble import replica_set_cause
from homelab_tasks.model.rollouts.rollout import counts_are_final
from homelab_tasks.model.rollouts.target import Kind
from homelab_tasks.model.rollouts.workload import Workload, new_replica_set

WATCHED_SECONDS = 5.0
"""How far apart reads are while watches are open: one that fell silent without an end costs no more than this."""
POLLED_SECONDS = 1.0
LAGGING_SECONDS = 0.5  # the Deployment says that a ReplicaSet is there, or has a problem, and that one does not yet
EVENTS_SECONDS = 1.0  # pods are missing: only events say why
BURST_REQUESTS = 36.0  # of the 60 that the contract gives
REQUESTS_PER_SECOND = 4.0  # of 6
REQUESTS_PER_SECOND_POLLING = 9.0  # of 12
HEARTBEAT_SECONDS = 60.0
STALE_SUCCESS_SECONDS = 2.0  # of several targets, the one that was complete first is read once more at the end
STREAM_LOST_SECONDS = 5.0  # a watch that is back before nobody needs to hear of


def closer_look(view: View) -> float:
    """How soon to read again what no watch tells of: ReplicaSets, and events. In seconds."""
    snapshot = view.snapshot()
    workload = view.workload
    if snapshot is None or workload is None or not workload.is_observed:
        return float("inf")
    if workload.kind is not Kind.DEPLOYMENT:
        return EVENTS_SECONDS if workload.replicas < workload.desired else float("inf")
    sets = snapshot.replica_sets
    new_set = new_replica_set(workload, sets) if sets is not None else None
    failing = workload.condition("ReplicaFailure")
    told = new_set is not None and replica_set_cause(new_set) is not None
    lags = sets is not None and (new_set is None or (failing is not None and failing.status == "True" and not told))
    return LAGGING_SECONDS if lags else float("inf")


def is_worth_reading(before: Workload | None, after: Workload | None) -> bool:
    """Did the workload change in a way that says that its ReplicaSets and pods are others now?"""
    if before is after:
        return False
    if before is None or after is None or before.is_observed is not after.is_observed or counts_are_final(after):
        return True
    return _condition_words(before) != _condition_words(after)


def _condition_words(workload: Workload) -> set[tuple[str, str, str]]:
    return {(each.type, each.status, each.reason) for each in workload.conditions}
