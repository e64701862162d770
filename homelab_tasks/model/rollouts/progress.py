"""The one question that is asked of a workload of any kind: how far is it?"""

from homelab_tasks.model.rollouts.daemon_set import daemon_set_progress
from homelab_tasks.model.rollouts.deployment import deployment_progress
from homelab_tasks.model.rollouts.rollout import Progress, Snapshot
from homelab_tasks.model.rollouts.stateful_set import stateful_set_progress
from homelab_tasks.model.rollouts.target import Kind

_BY_KIND = {
    Kind.DEPLOYMENT: deployment_progress,
    Kind.STATEFUL_SET: stateful_set_progress,
    Kind.DAEMON_SET: daemon_set_progress,
}


def progress_of(snapshot: Snapshot) -> Progress:
    """How far the workload in *snapshot* is with the template that stands in it."""
    return _BY_KIND[snapshot.workload.kind](snapshot)
