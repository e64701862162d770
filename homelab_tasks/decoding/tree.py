"""The tree of settings as it is written, before it is decoded."""

import difflib
import json
from collections.abc import Mapping
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from homelab_tasks.decoding.wording import FILE, ROOT, shown
from homelab_tasks.errors import UsageError
from homelab_tasks.settings import Section, Settings, is_section, sections_in

ENVIRONMENT_PREFIX = "HOMELAB"
_SWITCHES = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def plain_tree(written: object) -> dict[str, Any]:
    """Copy what is *written* under the root; raises UsageError unless it is a mapping."""
    tree = _plain(written) if written is not None else {}
    if not isinstance(tree, dict):
        raise UsageError(f"{ROOT} in {FILE}: expected a mapping, found {shown(tree)}")
    return tree


def _plain(value: Any) -> Any:
    """Copy mappings and sequences; msgspec ignores unknown keys of invoke's DataProxy."""
    if isinstance(value, str | bytes):
        return value
    if hasattr(value, "items"):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def refuse_unknown(value: Any, kind: Any, path: str) -> None:
    """Refuse a key that *kind* has not, at any depth; a section that is null is an empty one."""
    if get_origin(kind) is tuple:
        for index, item in enumerate(value if isinstance(value, list) else ()):
            for inner in sections_in(kind):
                refuse_unknown(item, inner, f"{path}[{index}]")
    elif not is_section(kind):
        for inner in sections_in(kind):
            refuse_unknown(value, inner, path)
    elif isinstance(value, dict):
        hints = get_type_hints(kind)
        for key in list(value):
            if key not in hints:
                raise _unknown(key, tuple(hints), path)
            if value[key] is None and is_section(hints[key]):
                value[key] = {}
            refuse_unknown(value[key], hints[key], f"{path}.{key}")


def _unknown(key: str, names: tuple[str, ...], path: str) -> UsageError:
    near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(names)}"
    return UsageError(f"unknown setting {path}.{key} in {FILE}; {hint}")


def overlay(
    tree: dict[str, Any], struct: type[Section], path: tuple[str, ...], environment: Mapping[str, str]
) -> dict[str, str]:
    """Write the environment's values into *tree*; returns the variable that each path came from."""
    origins: dict[str, str] = {}
    for name, kind in get_type_hints(struct).items():
        here = (*path, name)
        if is_section(kind):
            inner = tree.setdefault(name, {})
            if isinstance(inner, dict):
                origins |= overlay(inner, kind, here, environment)
            continue
        variable = "_".join((ENVIRONMENT_PREFIX, *here)).upper()
        if variable in environment:
            tree[name] = _from_text(environment[variable], kind)
            origins[".".join(here)] = variable
    return origins


def refuse_near_misses(environment: Mapping[str, str]) -> None:
    """Refuse a variable that is nearly a setting's, `HOMELAB_CI_TIMEUOT`; others may be somebody else's."""
    for name, section in get_type_hints(Settings).items():
        prefix = f"{ENVIRONMENT_PREFIX}_{name}_".upper()
        known = [f"{prefix}{key}".upper() for key in get_type_hints(section)]
        for variable in environment:
            if not variable.startswith(prefix) or variable in known:
                continue
            near = difflib.get_close_matches(
                variable.removeprefix(prefix), [key.removeprefix(prefix) for key in known], n=1, cutoff=0.75
            )
            if near:
                raise UsageError(f"unknown setting {variable} in the environment; did you mean {prefix}{near[0]}?")


def _from_text(text: str, kind: Any) -> Any:
    """Read an environment variable: `a,b` for a list of words, JSON for structures, `true` for switches."""
    bare = text.strip()
    if kind is bool:
        return _SWITCHES.get(bare.lower(), text)
    if bare.lower() in {"", "null"} and NoneType in get_args(kind):
        return None
    if bare.startswith(("[", "{")) and get_origin(kind) is tuple:
        try:
            return json.loads(bare)
        except json.JSONDecodeError:
            return text
    if get_origin(kind) is tuple:
        return [word.strip() for word in text.split(",") if word.strip()]
    return text
