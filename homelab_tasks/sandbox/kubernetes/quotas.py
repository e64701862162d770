"""The quota that admission enforces, as an object that can be read: one for each namespace with pods."""

from homelab_tasks.sandbox.kubernetes.pods import QUOTA_NAME, Admission
from homelab_tasks.sandbox.kubernetes.store import Store

RESOURCE = "resourcequotas"


def sync_quotas(store: Store, admission: Admission) -> None:
    """Let there be a quota in every namespace with pods, with what is used of it; none where none is in force."""
    namespaces = {pod["metadata"]["namespace"] for pod in store.all_of("pods")}
    for quota in store.all_of(RESOURCE) if admission.quota is None else ():
        store.remove(RESOURCE, quota["metadata"]["namespace"], QUOTA_NAME)
    for namespace in sorted(namespaces) if admission.quota is not None else ():
        hard = {"pods": str(admission.quota)}
        status = {"hard": hard, "used": {"pods": str(len(store.all_of("pods", namespace)))}}
        there = store.get(RESOURCE, namespace, QUOTA_NAME)
        if there is None:
            store.create(
                RESOURCE, namespace, {"metadata": {"name": QUOTA_NAME}, "spec": {"hard": hard}, "status": status}
            )
        else:
            store.update(RESOURCE, {**there, "spec": {"hard": hard}, "status": status})
