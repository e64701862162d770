"""Settings from what people wrote: environment over files over defaults, with errors that name the path."""

import difflib
import json
import re
from collections.abc import Mapping
from typing import Any, get_args, get_type_hints

import msgspec

from homelab_tasks.durations import Duration, parse_duration
from homelab_tasks.errors import UsageError
from homelab_tasks.settings import Address, Section, Settings, Url, parse_address, parse_url

ENVIRONMENT_PREFIX = "HOMELAB"
ROOT = "homelab"
_PARSERS = {Duration: parse_duration, Url: parse_url, Address: parse_address}
_EXPECTED = {"Duration": "a duration such as 20m", "Url": "a URL", "Address": "an address", "object": "a mapping",
             "array": "a list", "str": "text", "bool": "true or false", "null": "null"}  # fmt: skip


def decode_settings(written: object, environment: Mapping[str, str]) -> Settings:
    """
    Decode the tree that stands *written* under `homelab:`, with *environment* (`HOMELAB_CI_TIMEOUT`) over it.

    Raises UsageError naming the path, what was found and what is expected; for an unknown key the nearest name.
    """
    tree = _plain(written) if written is not None else {}
    _refuse_unknown(tree, Settings, ROOT)
    origins = _overlay(tree, Settings, (), environment)
    try:
        return msgspec.convert(tree, Settings, dec_hook=_decode_text)
    except msgspec.ValidationError as error:
        raise _as_usage(error, tree, origins) from None


def _plain(value: Any) -> Any:
    """Copy mappings and sequences; msgspec ignores unknown keys of invoke's DataProxy, and null sections mean {}."""
    if isinstance(value, str | bytes):
        return value
    if hasattr(value, "items"):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _sections(struct: type[Section]) -> dict[str, type[Section]]:
    hints = get_type_hints(struct)
    return {name: kind for name, kind in hints.items() if isinstance(kind, type) and issubclass(kind, Section)}


def _refuse_unknown(tree: Any, struct: type[Section], path: str) -> None:
    if not isinstance(tree, dict):
        raise UsageError(f"{path} in invoke.yaml: expected a mapping, found {tree!r}")
    names, sections = struct.__struct_fields__, _sections(struct)
    for key, value in list(tree.items()):
        if key not in names:
            raise _unknown(key, names, path)
        if key in sections and value is None:
            tree[key] = {}
        elif key in sections:
            _refuse_unknown(value, sections[key], f"{path}.{key}")


def _unknown(key: str, names: tuple[str, ...], path: str) -> UsageError:
    near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(names)}"
    return UsageError(f"unknown setting {path}.{key} in invoke.yaml; {hint}")


def _overlay(
    tree: dict[str, Any], struct: type[Section], path: tuple[str, ...], environment: Mapping[str, str]
) -> dict[str, str]:
    """Write the environment's values into *tree*; returns the variable that each path came from."""
    origins: dict[str, str] = {}
    sections = _sections(struct)
    for name in struct.__struct_fields__:
        here = (*path, name)
        if name in sections:
            origins |= _overlay(tree.setdefault(name, {}), sections[name], here, environment)
            continue
        variable = "_".join((ENVIRONMENT_PREFIX, *here)).upper()
        if variable in environment:
            tree[name] = _from_text(environment[variable], get_type_hints(struct)[name])
            origins[".".join(here)] = variable
    return origins


def _from_text(text: str, kind: Any) -> Any:
    """Read an environment variable: `a,b` for a list of words, JSON for structures, `true` for switches."""
    words = re.match(r"\s*[\[{]", text) is None
    if getattr(kind, "__origin__", None) is tuple and words:
        return [word.strip() for word in text.split(",") if word.strip()]
    if kind is bool:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}.get(
            text.strip().lower(), text
        )
    if text.strip().lower() in {"", "null"} and type(None) in get_args(kind):
        return None
    try:
        return text if words else json.loads(text)
    except json.JSONDecodeError:
        return text


def _decode_text(kind: type, value: object) -> object:
    try:
        return _PARSERS[kind](value)
    except UsageError as error:
        raise ValueError(f"{error.problem}; {error.hint}") from None


def _as_usage(error: msgspec.ValidationError, tree: Any, origins: Mapping[str, str]) -> UsageError:
    problem, _, where = str(error).partition(" - at `$.")
    path = where.rstrip("`")
    leaf = re.sub(r"\[\d*\].*", "", path)
    found = _found(tree, path)
    wanted = re.sub(r"`(\w+)`", lambda name: _EXPECTED.get(name[1], f"`{name[1]}`"), problem.partition(", got")[0])
    wanted = re.sub(r" \| ", " or ", wanted)
    sentence = wanted[0].lower() + wanted[1:] if wanted.startswith("Expected") else wanted
    shown = f", found {found!r}" if sentence.startswith("expected") else ""  # a parser's own words hold it already
    return UsageError(f"{ROOT}.{path} in {origins.get(leaf, 'invoke.yaml')}: {sentence}{shown}")


def _found(tree: Any, path: str) -> Any:
    for name, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        try:
            tree = tree[int(index)] if index else tree[name]
        except (KeyError, IndexError, TypeError):
            return None
    return tree
