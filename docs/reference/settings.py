"""
Writes settings.md from homelab_tasks/settings.py.

    $ python docs/reference/settings.py > docs/reference/settings.md
"""

import sys
from collections.abc import Iterator
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from homelab_tasks.durations import Duration, format_duration
from homelab_tasks.settings import Section, Settings, TokenSource, VaultField, is_section

INTRODUCTION = """# Settings

Everything below stands under `homelab:` in the project's `invoke.yaml`. A flag of a task is stronger than an
environment variable, which is stronger than the project's `invoke.yaml`, which is stronger than the user's, which is
stronger than the default. Relative paths count from the project's `invoke.yaml`; `~` is the home directory. In a
variable, a list is `a,b` or JSON, a switch is `true` or `false`, and nothing at all is null.

No setting holds a secret: a setting says where a token is.

This page is written by `docs/reference/settings.py` from `homelab_tasks/settings.py`; a test holds it to that.
"""
NAMES = {"Duration": "duration", "Url": "URL", "Address": "address", "HostPattern": "host", "FilePath": "path",
         "str": "text", "bool": "switch", "TokenSource": "token source", "VaultField": "mapping"}  # fmt: skip

PLURALS = {"address": "addresses", "host": "hosts", "text": "words", "token source": "token sources"}


def render() -> str:
    """Write the whole page."""
    sections = [(name, kind) for name, kind in get_type_hints(Settings).items() if is_section(kind)]
    parts = [INTRODUCTION, *(_section(name, kind) for name, kind in sections)]
    parts.append(_table("A token source", TokenSource, prefix=None))
    parts.append(_table("A field in Vault", VaultField, prefix=None))
    return "\n".join(parts)


def _section(name: str, kind: type[Section]) -> str:
    return _table(name, kind, prefix=f"HOMELAB_{name.upper()}_")


def _table(title: str, kind: type[Section], *, prefix: str | None) -> str:
    head = ["name", "kind", "default", "meaning"] + (["variable"] if prefix else [])
    rows = [head, ["---"] * len(head), *_rows(kind, prefix)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([f"## {title}", "", kind.__doc__ or "", "", *lines, ""])


def _rows(kind: type[Section], prefix: str | None) -> Iterator[list[str]]:
    described = get_type_hints(kind, include_extras=True)
    plain = get_type_hints(kind)
    for field in msgspec.structs.fields(kind):
        (meta,) = described[field.name].__metadata__
        row = [f"`{field.name}`", _kind(plain[field.name]), _default(field), meta.description]
        yield row + ([f"`{prefix}{field.name.upper()}`"] if prefix else [])


def _kind(kind: Any) -> str:
    choices = get_args(kind)
    if get_origin(kind) is tuple:
        return f"list of {PLURALS[_kind(choices[0])]}"
    if get_origin(kind) is Literal:
        return " or ".join(f"`{choice}`" for choice in choices)
    if choices:
        return " or ".join(_kind(choice) for choice in choices if choice is not NoneType)
    return NAMES[kind.__name__]


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default is msgspec.NODEFAULT:
        return "required"
    return f"`{_yaml(field.default)}`"


def _yaml(value: Any) -> str:
    if isinstance(value, Duration):
        return format_duration(value).replace("m00s", "m")
    if isinstance(value, tuple):
        return f"[{', '.join(_yaml(item) for item in value)}]"
    if isinstance(value, Section):
        pairs = msgspec.structs.asdict(value).items()
        return "{" + ", ".join(f"{name}: {_yaml(item)}" for name, item in pairs if item is not None) + "}"
    return {None: "null", True: "true", False: "false"}.get(value, str(value))


if __name__ == "__main__":
    sys.stdout.write(render())
