"""Deployment targets as people write them: `[NAMESPACE/][KIND/]NAME[:CONTAINER]`."""

import re
from enum import StrEnum

from msgspec import Struct

from homelab_tasks.errors import UsageError

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_FORMS = "write it as NAME, NAMESPACE/NAME, KIND/NAME or NAMESPACE/KIND/NAME, each with an optional :CONTAINER"
LONGEST_NAME = 253


class Kind(StrEnum):
    """The kinds that have a rollout."""

    DEPLOYMENT = "Deployment"
    STATEFUL_SET = "StatefulSet"
    DAEMON_SET = "DaemonSet"

    @property
    def resource(self) -> str:
        """The name in paths of the API, in the plural."""
        return f"{self.value.lower()}s"


_WORDS = {
    Kind.DEPLOYMENT: ("deployment", "deployments", "deploy"),
    Kind.STATEFUL_SET: ("statefulset", "statefulsets", "sts"),
    Kind.DAEMON_SET: ("daemonset", "daemonsets", "ds"),
}
_KINDS = {
    f"{word}{suffix}": kind
    for kind, words in _WORDS.items()
    for word in words
    for suffix in ("", ".apps", ".v1.apps")
    if suffix == "" or word not in {"deploy", "sts", "ds"}
}
_WITHOUT_ROLLOUT = frozenset(
    {
        "pod",
        "pods",
        "po",
        "replicaset",
        "replicasets",
        "rs",
        "job",
        "jobs",
        "cronjob",
        "cronjobs",
        "cj",
        "service",
        "svc",
    }
)


class Target(Struct, frozen=True, kw_only=True):
    """
    What is waited for. Without a *kind*, *name* is a Deployment, or else whatever has a rollout by that name.

    Without a *container*, every container of the commit's repository must name the commit.
    """

    name: str
    namespace: str
    kind: Kind | None = None
    container: str | None = None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds that are looked for, in this order."""
        return (self.kind,) if self.kind is not None else tuple(Kind)

    def __str__(self) -> str:
        """Write it so that it can be given again."""
        kind = f"{self.kind.value.lower()}/" if self.kind is not None else ""
        container = f":{self.container}" if self.container is not None else ""
        return f"{self.namespace}/{kind}{self.name}{container}"


def parse_targets(written: str, *, namespace: str) -> tuple[Target, ...]:
    """
    Read comma-separated targets; *namespace* is where those are that name none. The same one twice is once.

    Raises UsageError for an empty part, a name or namespace that no server would take, and a kind without a rollout.
    """
    parts = [part.strip() for part in written.split(",")]
    return tuple(dict.fromkeys(parse_target(part, namespace=namespace) for part in parts))


def parse_target(written: str, *, namespace: str) -> Target:
    """Read one target; *namespace* is where it is unless it says so itself."""
    place, colon, container = written.partition(":")
    words = place.split("/")
    for name in [*words, *([container] if colon else [])]:
        if not _is_name(name) and name.lower() not in _KINDS:
            raise UsageError(f"{written!r} is not a target", hint=_FORMS)
    kind, where = _kind_and_namespace(words[:-1], written)
    if not _is_name(where or namespace):
        raise UsageError(f"{where or namespace!r} is not a namespace", hint="kubectl get namespaces")
    if not _is_name(words[-1]):
        raise UsageError(f"{words[-1]!r} in target {written!r} is not a name", hint=_FORMS)
    return Target(name=words[-1], namespace=where or namespace, kind=kind, container=container or None)


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None and len(text) <= LONGEST_NAME


def _kind_and_namespace(words: list[str], written: str) -> tuple[Kind | None, str | None]:
    match words:
        case []:
            return None, None
        case [word] if word.lower() in _KINDS:
            return _KINDS[word.lower()], None
        case [word] if word.lower() in _WITHOUT_ROLLOUT:
            hint = f"deployment, statefulset and daemonset have one; is it a namespace? {word}/deployment/NAME"
            raise UsageError(f"kind {word!r} in target {written!r} has no rollout", hint=hint)
        case [namespace]:
            return None, namespace
        case [namespace, kind] if kind.lower() in _KINDS:
            return _KINDS[kind.lower()], namespace
        case [_, kind]:
            problem = f"kind {kind!r} in target {written!r} has no rollout"
            raise UsageError(problem, hint="known kinds: deployment, statefulset, daemonset")
        case _:
            raise UsageError(f"{written!r} is not a target", hint=_FORMS)
