"""`when:` of a workflow or a step: does this push, tag or manual run concern it?"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

EVENTS = (
    "push",
    "pull_request",
    "pull_request_closed",
    "pull_request_metadata",
    "tag",
    "release",
    "deployment",
    "cron",
    "manual",
)
KNOWN_CONDITIONS = {"event", "branch", "path", "ref", "repo", "status", "matrix", "environment"}


class Trigger(Struct, frozen=True, kw_only=True):
    """What happened to the repository."""

    event: str
    branch: str
    ref: str
    repository: str
    commit: str
    message: str = ""
    changed_files: tuple[str, ...] = ()
    deploy_to: str = ""


def applies(when: Any, trigger: Trigger, axis: Mapping[str, str]) -> bool:
    """Does any of the conditions under *when* hold? Without a condition, everything applies."""
    conditions = as_list(when)
    return not conditions or any(_holds(condition, trigger, axis) for condition in conditions)


def outcomes(when: Any) -> tuple[str, ...]:
    """After which outcomes (success, failure) something runs: the union of the `status` of its conditions."""
    told = [str(word) for condition in as_list(when) for word in as_list(condition.get("status"))]
    return tuple(dict.fromkeys(told)) or ("success",)


def filters_events(when: Any) -> bool:
    """Does every condition say which events it is for?"""
    conditions = as_list(when)
    return bool(conditions) and all("event" in condition for condition in conditions)


def as_list(value: Any) -> list[Any]:
    """YAML lets people write one thing without its list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _holds(condition: Mapping[str, Any], trigger: Trigger, axis: Mapping[str, str]) -> bool:
    holds = _matches(condition.get("event"), [trigger.event])
    holds = holds and _matches(condition.get("ref"), [trigger.ref])
    holds = holds and _matches(condition.get("repo"), [trigger.repository])
    holds = holds and _matches(condition.get("environment"), [trigger.deploy_to])
    if trigger.event != "tag":  # a tag is on no branch
        holds = holds and _matches(condition.get("branch"), [trigger.branch])
    if trigger.event in {"push", "pull_request"}:
        holds = holds and _paths_match(condition.get("path"), trigger)
    wanted_axis = condition.get("matrix") or {}
    return holds and all(_matches(value, [axis.get(name, "")]) for name, value in wanted_axis.items())


def _matches(wanted: Any, found: Iterable[str]) -> bool:
    """Compare with a list of patterns, or with `include` and `exclude` lists of them."""
    if wanted is None:
        return True
    lists = wanted if isinstance(wanted, dict) else {"include": wanted}
    include, exclude = (as_list(lists.get(key)) for key in ("include", "exclude"))
    found = list(found)
    if any(_glob(str(pattern)).fullmatch(text) for pattern in exclude for text in found):
        return False
    return not include or any(_glob(str(pattern)).fullmatch(text) for pattern in include for text in found)


def _paths_match(wanted: Any, trigger: Trigger) -> bool:
    if isinstance(wanted, dict):
        ignore = str(wanted.get("ignore_message") or "")
        if ignore and ignore.lower() in trigger.message.lower():
            return True
        if not trigger.changed_files:
            return bool(wanted.get("on_empty", True))
    return _matches(wanted, trigger.changed_files)


@lru_cache(maxsize=256)
def _glob(pattern: str) -> re.Pattern[str]:
    """Compile a doublestar pattern: `*` stays within one part of a path, `**` does not, `{a,b}` is either."""
    translated = ""
    for part in re.findall(r"\*\*/|\*\*|\*|\?|\{[^}]*\}|.", pattern, flags=re.DOTALL):
        if part.startswith("{"):
            translated += "(?:" + "|".join(re.escape(word) for word in part[1:-1].split(",")) + ")"
        else:
            wildcards = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
            translated += wildcards.get(part) or re.escape(part)
    return re.compile(translated)
