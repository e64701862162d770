"""Changing an object: a patch is merged into it, and who wrote its template is noted."""

from typing import Any

from homelab_tasks.sandbox.kubernetes.accounts import Account
from homelab_tasks.sandbox.kubernetes.store import Object


def merge(there: Any, patch: Any) -> Any:
    """Merge *patch* into *there*: objects by key, null takes away, lists of named things by their names."""
    if isinstance(there, dict) and isinstance(patch, dict):
        merged = {**there}
        for key, value in patch.items():
            merged[key] = merge(there.get(key), value)
        return {key: value for key, value in merged.items() if value is not None}
    if isinstance(there, list) and isinstance(patch, list) and all("name" in each for each in [*there, *patch]):
        known = {each["name"]: each for each in there}
        return [*(merge(each, next((p for p in patch if p["name"] == each["name"]), {})) for each in there),
                *(each for each in patch if each["name"] not in known)]  # fmt: skip
    return patch


def as_written_by(changed: Object, there: Object, account: Account | None) -> Object:
    """Note who wrote the template, where it is another now."""
    before, after = (each.get("spec", {}).get("template") for each in (there, changed))
    if before != after and account is not None:
        entry = {"manager": account.name, "operation": "Update", "fieldsV1": {"f:spec": {"f:template": {}}}}
        changed["metadata"]["managedFields"] = [entry]
    changed["metadata"]["resourceVersion"] = there["metadata"]["resourceVersion"]
    return changed
