"""Label and field selectors, as far as a rollout needs them."""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from homelab_tasks.sandbox.kubernetes.store import Object

_SET = re.compile(r"(\S+) (in|notin) \(([^)]*)\)")


class Selection(Struct, frozen=True, kw_only=True):
    """What a list or a watch is narrowed to."""

    labels: str = ""
    fields: str = ""

    def takes(self, written: Object) -> bool:
        """Does it take the object *written*?"""
        labels = written["metadata"].get("labels") or {}
        terms = re.split(r",(?![^(]*\))", self.labels) if self.labels else []
        wanted = dict(term.split("=", 1) for term in self.fields.split(",") if "=" in term)
        return all(_takes(term, labels) for term in terms) and all(
            str(_field(written, path)) == value for path, value in wanted.items()
        )


def selection_of(parameters: Mapping[str, str]) -> Selection:
    """Read the selectors of a request's query."""
    return Selection(labels=parameters.get("labelSelector", ""), fields=parameters.get("fieldSelector", ""))


def _takes(term: str, labels: Mapping[str, str]) -> bool:
    found = _SET.fullmatch(term)
    if found:
        values = found[3].split(",")
        return (labels.get(found[1]) in values) is (found[2] == "in")
    if term.startswith("!"):
        return term[1:] not in labels
    key, equals, value = term.partition("=")
    return labels.get(key) == value.removeprefix("=") if equals else key in labels


def _field(written: Object, path: str) -> Any:
    value: Any = written
    for name in path.split("."):
        value = (value or {}).get(name)
    return value
