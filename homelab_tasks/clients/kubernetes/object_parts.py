"""What objects of every kind have: conditions, and an owner."""

from collections.abc import Iterable, Mapping
from typing import Any

from homelab_tasks.model.rollouts.workload import Condition

Json = Mapping[str, Any]


def conditions_of(status: Json) -> tuple[Condition, ...]:
    """Decode the conditions of an object's *status*."""
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


def owner_of(metadata: Json) -> Json:
    """Find the owner that controls the object; empty where there is none."""
    owners: Iterable[Json] = metadata.get("ownerReferences") or ()
    return next((each for each in owners if each.get("controller")), {})
