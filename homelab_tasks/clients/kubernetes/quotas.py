"""From what the API writes of a quota to what counts."""

from collections.abc import Mapping
from typing import Any

from homelab_tasks.model.rollouts.quota import Quota


def decode_quota(written: Mapping[str, Any]) -> Quota:
    """Decode a ResourceQuota; what is no whole number (`500m`, `4Gi`) is no count, and left out."""
    status = written.get("status") or {}
    return Quota(name=written["metadata"]["name"], hard=_counts(status.get("hard")), used=_counts(status.get("used")))


def _counts(written: Mapping[str, Any] | None) -> dict[str, int]:
    return {name: int(value) for name, value in (written or {}).items() if str(value).isdecimal()}
