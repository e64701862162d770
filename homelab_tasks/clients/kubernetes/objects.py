"""
What the Kubernetes API sends, as the values of the model.

Read from plain JSON: the generated models of the package `kubernetes` cost a second to import, and refuse objects
that servers do send (`eventTime: null`).
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from homelab_tasks.model.rollouts.image import ContainerImage
from homelab_tasks.model.rollouts.pod import ContainerState, Occurrence, Pod
from homelab_tasks.model.rollouts.target import Kind
from homelab_tasks.model.rollouts.workload import Condition, ReplicaSet, Strategy, Template, Workload, Writer

Json = Mapping[str, Any]
_HASH_LABEL = "pod-template-hash"
_REVISION_LABEL = "controller-revision-hash"
_GENERATION_LABEL = "pod-template-generation"
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
        template=_template(spec.get("template") or {}),
        selector=_selector(spec.get("selector") or {}),
        conditions=_conditions(status),
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
        owner_uid=_owner(metadata).get("uid") or "",
        created=metadata.get("creationTimestamp") or "",
        template=_template(spec.get("template") or {}),
        desired=spec.get("replicas", 1),
        replicas=status.get("replicas") or 0,
        ready=status.get("readyReplicas") or 0,
        available=status.get("availableReplicas") or 0,
        conditions=_conditions(status),
    )


def decode_pod(written: Json) -> Pod:
    """Decode a Pod."""
    metadata, status = written["metadata"], written.get("status") or {}
    labels, owner, conditions = metadata.get("labels") or {}, _owner(metadata), _conditions(status)
    return Pod(
        name=metadata["name"],
        uid=metadata.get("uid") or "",
        version=metadata.get("resourceVersion") or "",
        owner_kind=owner.get("kind") or "",
        owner_name=owner.get("name") or "",
        owner_uid=owner.get("uid") or "",
        created=metadata.get("creationTimestamp") or "",
        phase=status.get("phase") or "",
        reason=status.get("reason") or "",
        deleting=metadata.get("deletionTimestamp") is not None,
        ready=any(each.type == "Ready" and each.status == "True" for each in conditions),
        revision=labels.get(_REVISION_LABEL) or labels.get(_HASH_LABEL) or "",
        template_generation=labels.get(_GENERATION_LABEL) or "",
        containers=(
            *(_container(each, init=True) for each in status.get("initContainerStatuses") or ()),
            *(_container(each, init=False) for each in status.get("containerStatuses") or ()),
        ),
        conditions=conditions,
    )


def decode_occurrence(written: Json) -> Occurrence:
    """Decode an Event (of core/v1; the scheduler leaves all of its times but eventTime null)."""
    series = written.get("series") or {}
    times = (written.get("eventTime"), series.get("lastObservedTime"), written.get("lastTimestamp"))
    return Occurrence(
        reason=written.get("reason") or "",
        message=written.get("message") or "",
        warning=written.get("type") == "Warning",
        time=max((_sortable(time) for time in times if time), default=""),
        count=series.get("count") or written.get("count") or 1,
        about_uid=(written.get("involvedObject") or {}).get("uid") or "",
    )


def _sortable(time: str) -> str:
    """`…:05Z` and `…:05.000001Z` in one form, so that they sort as text."""
    whole, _, fraction = time.removesuffix("Z").partition(".")
    return f"{whole}.{fraction:0<6}Z"


def _template(written: Json) -> Template:
    spec = written.get("spec") or {}
    containers = (
        *(_image(each, init=True) for each in spec.get("initContainers") or ()),
        *(_image(each, init=False) for each in spec.get("containers") or ()),
    )
    return Template(containers=containers, fingerprint=_fingerprint(written))


def _image(written: Json, *, init: bool) -> ContainerImage:
    return ContainerImage(name=written["name"], image=written.get("image") or "", init=init)


def _fingerprint(template: Json) -> str:
    """
    One text for equal templates: without the pod-template-hash label, and without what is empty.

    The server writes `{}` and leaves out null where it likes; equality.Semantic takes them for the same.
    """
    metadata = template.get("metadata") or {}
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key != _HASH_LABEL}
    written = {**template, "metadata": {**metadata, "labels": labels}}
    return json.dumps(_without_empties(written), sort_keys=True, separators=(",", ":"))


def _without_empties(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {key: _without_empties(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, {}, [])}
    return [_without_empties(item) for item in value] if isinstance(value, list) else value


def _selector(written: Json) -> str:
    """Write a label selector as a query parameter takes it."""
    forms = {
        "In": "{key} in ({values})",
        "NotIn": "{key} notin ({values})",
        "Exists": "{key}",
        "DoesNotExist": "!{key}",
    }
    expressions = written.get("matchExpressions") or ()
    terms = [
        *(f"{key}={value}" for key, value in sorted((written.get("matchLabels") or {}).items())),
        *(
            forms[each["operator"]].format(key=each["key"], values=",".join(each.get("values") or ()))
            for each in expressions
        ),
    ]
    return ",".join(terms)


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


def _conditions(status: Json) -> tuple[Condition, ...]:
    return tuple(
        Condition(
            type=each.get("type") or "",
            status=each.get("status") or "",
            reason=each.get("reason") or "",
            message=each.get("message") or "",
            updated=each.get("lastUpdateTime") or each.get("lastTransitionTime") or "",
        )
        for each in status.get("conditions") or ()
    )


def _owner(metadata: Json) -> Json:
    owners: Iterable[Json] = metadata.get("ownerReferences") or ()
    return next((each for each in owners if each.get("controller")), {})


def _writer(metadata: Json) -> Writer | None:
    """Who wrote the template last: the newest entry of managedFields that owns a part of it."""
    entries = [
        each
        for each in metadata.get("managedFields") or ()
        if "f:template" in ((each.get("fieldsV1") or {}).get("f:spec") or {})
    ]
    newest = max(entries, key=lambda each: each.get("time") or "", default=None)
    return None if newest is None else Writer(manager=newest.get("manager") or "", time=newest.get("time") or "")


def _container(written: Json, *, init: bool) -> ContainerState:
    state, last = written.get("state") or {}, written.get("lastState") or {}
    waiting = state.get("waiting") or {}
    ended = state.get("terminated") or last.get("terminated") or {}
    return ContainerState(
        name=written.get("name") or "",
        init=init,
        ready=written.get("ready") is True,
        running="running" in state,
        restarts=written.get("restartCount") or 0,
        waiting=waiting.get("reason") or "",
        message=waiting.get("message") or ended.get("message") or "",
        exit_code=ended.get("exitCode"),
        ended=ended.get("reason") or "",
        image_id=written.get("imageID") or "",
    )
