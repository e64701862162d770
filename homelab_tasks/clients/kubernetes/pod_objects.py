"""Pods and the events about them, as the values of the model."""

from homelab_tasks.clients.kubernetes.object_parts import Json, conditions_of, owner_of
from homelab_tasks.model.rollouts.pod import ContainerState, Occurrence, Pod

_HASH_LABEL = "pod-template-hash"
_REVISION_LABEL = "controller-revision-hash"
_GENERATION_LABEL = "pod-template-generation"


def decode_pod(written: Json) -> Pod:
    """Decode a Pod."""
    metadata, status = written["metadata"], written.get("status") or {}
    labels, owner, conditions = metadata.get("labels") or {}, owner_of(metadata), conditions_of(status)
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
