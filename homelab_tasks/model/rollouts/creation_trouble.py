"""
Why pods of a new revision are not even made.

For a Deployment its new ReplicaSet says so (condition ReplicaFailure); a StatefulSet or DaemonSet only has events.
The Deployment's own condition may be an older ReplicaSet's (pkg/controller/deployment/progress.go
getReplicaFailures), and is not looked at.
"""

import re
from collections.abc import Sequence

from homelab_tasks.model.rollouts.cause import WAITED_OUT, Cause
from homelab_tasks.model.rollouts.pod import Occurrence
from homelab_tasks.model.rollouts.workload import ReplicaSet

DENIED_SECONDS = 10.0
"""An admission policy, a webhook or pod security says no: a policy that is being changed may follow."""
UNSURE_SECONDS = 60.0
"""A webhook that cannot be called, a service account that is not there yet: what is being set up comes within this."""
_QUOTA = re.compile(r"exceeded quota|must specify .*quota", re.IGNORECASE)
_UNSURE = re.compile(
    r"failed calling webhook|serviceaccount .*not found|no PriorityClass|timeout|timed out|connection refused"
    r"|namespace .*(?:not found|being terminated)|object has been modified|internal error|too many requests",
    re.IGNORECASE,
)
_DENIED = re.compile(r"denied|forbidden|PodSecurity|is invalid|security context constraint|admission", re.IGNORECASE)


def replica_set_cause(replica_set: ReplicaSet) -> Cause | None:
    """What *replica_set*, the new one, says about pods that it could not make."""
    for condition in replica_set.conditions:
        if condition.type == "ReplicaFailure" and condition.status == "True" and condition.reason == "FailedCreate":
            return _cause(f"{replica_set.uid}:create", f"ReplicaSet {replica_set.name}", condition.message)
    return None


def event_cause(name: str, revision: str, occurrences: Sequence[Occurrence]) -> Cause | None:
    """
    What the events of *name*, a StatefulSet or DaemonSet, say about pods of *revision* that could not be made.

    A FailedCreate counts only while it is the last thing that happened to the object: its events outlive their
    cause by an hour. Times are the server's, compared among themselves.
    """
    failures = [each for each in occurrences if each.reason == "FailedCreate"]
    if not failures:
        return None
    last = max(failures, key=lambda each: each.time)
    if any(each.time >= last.time for each in occurrences if each.reason != "FailedCreate"):
        return None
    return _cause(f"{name}:{revision}:create", name, last.message)


def _cause(key: str, who: str, message: str) -> Cause:
    said = re.sub(r"^(?:\(combined from similar events\): )?(?:Error creating: )?", "", message)
    text = f"{who} cannot make pods: {said}"
    if _QUOTA.search(said):
        hint = "raise the quota of the namespace, or free some of it"
        return Cause(key=f"{key}:quota", text=text, fatal_after=WAITED_OUT, hint=hint)
    if _UNSURE.search(said):
        return Cause(key=f"{key}:unsure", text=text, fatal_after=UNSURE_SECONDS)
    if _DENIED.search(said):
        hint = "let the policy allow it, or change what it forbids"
        return Cause(key=f"{key}:denied", text=text, fatal_after=DENIED_SECONDS, hint=hint)
    return Cause(key=f"{key}:unsure", text=text, fatal_after=UNSURE_SECONDS)
