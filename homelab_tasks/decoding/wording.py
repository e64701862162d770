"""What is wrong with a setting, in words: its path, what was found there, what is expected."""

import json
import re
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from homelab_tasks.errors import UsageError
from homelab_tasks.settings import Settings, is_section, sections_in

FILE = "invoke.yaml"
ROOT = "homelab"
# msgspec's names of types, as people call them.
_EXPECTED = {"object": "a mapping", "array": "a list", "str": "text", "bool": "true or false", "null": "null"}
_SECRET_PLACES = re.compile(r"\btoken\b")  # where somebody may have written the token itself


def as_usage(error: msgspec.ValidationError, tree: Any, origins: Mapping[str, str]) -> UsageError:
    """Say what msgspec found wrong in *tree*; *origins* are the variables that its paths came from."""
    problem, _, where = str(error).partition(" - at `$.")
    path = where.rstrip("`")
    origin = origins.get(re.sub(r"\[\d*\].*", "", path), FILE)
    found, kind = _follow(tree, path)
    finding = _kind_of(found) if _SECRET_PLACES.search(path) else shown(found)
    return UsageError(f"{ROOT}.{path} in {origin}: {_sentence(problem, kind, finding)}")


def _sentence(problem: str, kind: Any, finding: str) -> str:
    """Say msgspec's *problem* in words; the parsers of this package have said theirs already."""
    if problem.startswith("Invalid enum value"):
        choices = [
            choice for inner in (kind, *get_args(kind)) if get_origin(inner) is Literal for choice in get_args(inner)
        ]
        return f"expected {' or '.join([*choices, 'null'])}, found {finding}"
    if problem.startswith("Object missing required field"):
        return f"{problem.rpartition(' ')[2].strip('`')} is missing"
    if not problem.startswith("Expected"):
        return problem
    wanted = re.sub(r"`([^`]+)`", lambda match: _in_words(match[1]), problem.partition(", got")[0])
    return f"{wanted[0].lower()}{wanted[1:]}, found {finding}"


def _in_words(kinds: str) -> str:
    return " or ".join(_EXPECTED.get(kind, kind) for kind in kinds.split(" | "))


def _follow(tree: Any, path: str) -> tuple[Any, Any]:
    """What stands at *path* (`woodpecker.token[0].env`) in *tree*, and the type that belongs there."""
    kind: Any = Settings
    for name, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        try:
            tree = tree[int(index)] if index else tree[name]
        except (KeyError, IndexError, TypeError):
            tree = None
        sections = (kind, *sections_in(kind))
        hints = [get_type_hints(section) for section in sections if is_section(section)]
        kind = kind if index else next((hint[name] for hint in hints if name in hint), None)
    return tree, kind


def shown(value: object) -> str:
    """Write *value* as it stands in YAML; structures by their kind only."""
    if isinstance(value, dict | list):
        return _kind_of(value)
    return repr(value) if isinstance(value, str) else json.dumps(value, default=str)


def _kind_of(value: object) -> str:
    kinds: dict[type, str] = {dict: "a mapping", list: "a list", str: "text", bool: "a switch", int: "a number"}
    return "null" if value is None else kinds.get(type(value), "something else")
