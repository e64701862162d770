"""
Workloads and ReplicaSets that the Kubernetes API sends, as the values of the model.

Read from plain JSON: the generated models of the package `kubernetes` cost a second to import, and refuse objects
that servers do send (`eventTime: null`).
"""

from typing import Any

from homelab_tasks.clients.kubernetes.object_parts import Json, conditions_of, owner_of
from homelab_tasks.clients.kubernetes.template_objects import decode_selector, decode_template
from homelab_tasks.model.rollouts.target import Kind
from homelab_tasks.model.rollouts.workload import ReplicaSet, Strategy, Workload, Writer

_GENERATION_ANNOTATION = "deprecated.daemonset.template.generation"


def decode_workload(kind: Kind, written: Json) -> Workload:
    """Decode a Deployment, StatefulSet or DaemonSet."""
    metadata, spec, status = written["metadata"], written.get("spec") or {}, written.get("status") or {}
    return Workload(
        kind=kind,
        namespace=metadata.get("namespace") or "",
        name=metadata["name"],
        uid=metadata.get("uid") or "",
        version=metadata.get("resourceVersion") or "",
        generation=metadata.get("generation") or 0,
        observed_generation=status.get("observedGeneration") or 0,
        template=decode_template(spec.get("template") or {}),
        selector=decode_selector(spec.get("selector") or {}),
        conditions=conditions_of(status),
        writer=_writer(metadata),
        deleting=metadata.get("deletionTimestamp") is not None,
        **_strategy(spec),
        **(_daemon_counts(metadata, status) if kind is Kind.DAEMON_SET else _counts(spec, status)),
    )


def decode_replica_set(written: Json) -> ReplicaSet:
    """Decode a ReplicaSet."""
    metadata, spec, status = written["metadata"], written.get("spec") or {}, written.get("status") or {}
    return ReplicaSet(
        name=metadata["name"],
        uid=metadata.get("uid") or "",
        owner_uid=owner_of(metadata).get("uid") or "",
        created=metadata.get("creationTimestamp") or "",
        template=decode_template(spec.get("template") or {}),
        desired=spec.get("replicas", 1),
        replicas=status.get("replicas") or 0,
        ready=status.get("readyReplicas") or 0,
        available=status.get("availableReplicas") or 0,
        conditions=conditions_of(status),
    )


def _strategy(spec: Json) -> dict[str, Any]:
    """What decides about how pods are replaced, for each kind where it stands."""
    written = spec.get("strategy") or spec.get("updateStrategy") or {}
    known = {each.value for each in Strategy}
    name = written.get("type")
    return {
        "strategy": Strategy(name) if name in known else Strategy.ROLLING_UPDATE,
        "partition": (written.get("rollingUpdate") or {}).get("partition") or 0,
        "paused": spec.get("paused") is True,
        "first_ordinal": (spec.get("ordinals") or {}).get("start") or 0,
        "ordered": spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady",
    }


def _counts(spec: Json, status: Json) -> dict[str, Any]:
    ready = status.get("readyReplicas") or 0
    revised = "updateRevision" in status
    return {
        "desired": 1 if spec.get("replicas") is None else spec["replicas"],
        "replicas": status.get("replicas") or 0,
        "updated": status.get("updatedReplicas") or 0,
        "ready": ready,
        # A StatefulSet always has the count since 1.22; before, ready was all that was known.
        "available": status.get("availableReplicas", ready if revised else 0) or 0,
        "terminating": status.get("terminatingReplicas"),
        "current_revision": status.get("currentRevision") or "",
        "update_revision": status.get("updateRevision") or "",
    }


def _daemon_counts(metadata: Json, status: Json) -> dict[str, Any]:
    annotations = metadata.get("annotations") or {}
    return {
        "desired": status.get("desiredNumberScheduled") or 0,
        "replicas": status.get("currentNumberScheduled") or 0,
        "updated": status.get("updatedNumberScheduled") or 0,
        "ready": status.get("numberReady") or 0,
        "available": status.get("numberAvailable") or 0,
        # Where no node is left to match, those that run are misscheduled, and on their way out.
        "terminating": None if status.get("desiredNumberScheduled") else status.get("numberMisscheduled"),
        "update_revision": annotations.get(_GENERATION_ANNOTATION) or str(metadata.get("generation") or ""),
    }


def _writer(metadata: Json) -> Writer | None:
    """Who wrote the template last: the newest entry of managedFields that owns a part of it."""
    entries = [
        each
        for each in metadata.get("managedFields") or ()
        if "f:template" in ((each.get("fieldsV1") or {}).get("f:spec") or {})
    ]
    newest = max(entries, key=lambda each: each.get("time") or "", default=None)
    return None if newest is None else Writer(manager=newest.get("manager") or "", time=newest.get("time") or "")
