"""What is done to every event before it is shown."""

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

import msgspec

from homelab_tasks.model.secrets import Secrets
from homelab_tasks.model.text import harmless

S = TypeVar("S", bound=msgspec.Struct)


def scrubbed(event: S, secrets: Secrets) -> S:
    """Take every secret out of the text in *event*, which is otherwise unchanged."""
    return _mapped(event, secrets.scrub)


def presentable(event: S, secrets: Secrets, writable: Callable[[str], str] = str) -> S:
    """
    Take every secret out of the text in *event*, and write its control characters as escapes.

    *writable* does the same with characters that cannot be written, for whoever measures the text.
    """
    return _mapped(event, lambda text: writable(harmless(secrets.scrub(text))))


def _mapped(struct: S, change: Callable[[str], str]) -> S:
    fields = {name: _changed(getattr(struct, name), change) for name in struct.__struct_fields__}
    return msgspec.structs.replace(struct, **fields)


def _changed(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return change(value)
    if isinstance(value, msgspec.Struct):
        return _mapped(value, change)
    if isinstance(value, tuple):
        return tuple(_changed(item, change) for item in value)
    if isinstance(value, dict):
        return {_changed(key, change): _changed(item, change) for key, item in value.items()}
    return value
