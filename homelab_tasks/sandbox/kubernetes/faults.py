"""Faults of a cluster by name: what its pods do, and whether they are let in."""

from collections.abc import Set as AbstractSet

from homelab_tasks.sandbox.kubernetes.cluster import Cluster
from homelab_tasks.sandbox.kubernetes.quotas import sync_quotas

LAST_WORDS = "Traceback (most recent call last):\nKeyError: 'DATABASE_URL'\n"
QUOTA_PODS = 2
BEHAVIOURS = {
    "slow": {"fake/run": "ready:5"},
    "crash": {"fake/run": "crash", "fake/log": LAST_WORDS},
    "pull-error": {"fake/run": "pull"},
    "unschedulable": {"fake/run": "pending"},
    "old-pod-lingers": {"fake/term": "8"},
}


def put_in_force(cluster: Cluster, names: AbstractSet[str]) -> None:
    """Let the faults *names* be in force on *cluster*, and no others; pods that run already go on running."""
    defaults: dict[str, str] = {}
    for name in names & BEHAVIOURS.keys():
        defaults |= BEHAVIOURS[name]
    cluster.kubelet.defaults = defaults
    cluster.admission.quota = QUOTA_PODS if "quota" in names else None
    sync_quotas(cluster.store, cluster.admission)
