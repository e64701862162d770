"""What a workload says of its pods: the template that they are made of, and the selector that finds them."""

import json
from collections.abc import Mapping
from typing import Any

from homelab_tasks.clients.kubernetes.object_parts import Json
from homelab_tasks.model.rollouts.image import ContainerImage
from homelab_tasks.model.rollouts.workload import Template

_HASH_LABEL = "pod-template-hash"


def decode_template(written: Json) -> Template:
    """Decode a pod template, init containers first."""
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


def decode_selector(written: Json) -> str:
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
