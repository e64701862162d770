"""The examinations of `doctor` that look at the cluster, and at what is deployed there."""

import os
from collections.abc import Iterator
from contextlib import closing
from functools import partial

from homelab_tasks.actions.diagnosis.diagnose import Examination
from homelab_tasks.actions.diagnosis.examine_secrets import nothing_set
from homelab_tasks.model.events import Check
from homelab_tasks.model.rollouts.target import Target, parse_targets
from homelab_tasks.settings import Kubernetes
from homelab_tasks.tasks.assembly import Assembly
from homelab_tasks.tasks.doctor_tokens import connections_for


def examine_clusters(assembly: Assembly) -> list[Examination]:
    """List the examination of the cluster that the settings choose, and of every deploy target."""
    settings = assembly.settings
    if not settings.deploy.targets and settings.kubernetes == Kubernetes():
        unused = "homelab.deploy.targets"
        return [Examination(name="kubernetes", look=partial(nothing_set, "kubernetes", unused))]
    return [Examination(name="kubernetes", look=partial(_look, assembly))]


def _look(assembly: Assembly) -> Iterator[Check]:
    from homelab_tasks.actions.diagnosis.examine_cluster import examine_cluster
    from homelab_tasks.actions.diagnosis.examine_targets import examine_quotas, examine_target
    from homelab_tasks.clients.kubernetes.connection import review

    settings, made = assembly.settings, connections_for(assembly)
    access, written = made.cluster_access(), ",".join(settings.deploy.targets)
    targets = parse_targets(written, namespace=access.namespace) if written else ()
    reviewed = review(
        access, pins=settings.load_balancer, http=settings.http, environment=os.environ, secrets=assembly.secrets
    )
    kubectl = f"kubectl --context {access.context}" if access.context else "kubectl"
    with closing(made.cluster(access)) as cluster:

        def look_at(namespace: str, there: tuple[Target, ...]) -> Iterator[Check]:
            yield from (examine_target(cluster, made.clock, target, kubectl=kubectl) for target in there)
            yield from examine_quotas(cluster, namespace, kubectl=kubectl)

        yield from examine_cluster(access, reviewed, targets, made.clock, look_at)
