"""The cluster: does it answer, may this user see what a rollout is made of, and how do the targets stand there."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from homelab_tasks.actions.diagnosis.diagnose import failed, from_error, good, warning
from homelab_tasks.actions.diagnosis.tries import Tries
from homelab_tasks.actions.diagnosis.weather import Weather
from homelab_tasks.actions.waiting import Clock
from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Check, CheckState
from homelab_tasks.model.rollouts.target import Kind, Target
from homelab_tasks.model.verdict import Word

CLUSTER = "kubernetes"
HELPFUL = (
    ("list", "", "pods"),
    ("watch", "", "pods"),
    ("list", "apps", "replicasets"),
    ("get", "", "pods/log"),
    ("list", "", "events"),
)
"""Without these a wait is right too: it polls, and says less about why."""

Right = tuple[str, str, str]
"""Verb, API group (empty for the core) and resource."""


class Review(Protocol):
    """What is asked of the cluster."""

    server: str

    def version(self) -> str:
        """The API server's version."""

    def may(self, verb: str, group: str, resource: str, namespace: str) -> bool:
        """May the user do that?"""


class Context(Protocol):
    """A context of the kubeconfig."""

    @property
    def context(self) -> str: ...
    @property
    def namespace(self) -> str: ...


def examine_cluster(
    cluster: Context,
    review: Review,
    targets: tuple[Target, ...],
    clock: Clock,
    look_at: Callable[[str, tuple[Target, ...]], Iterator[Check]],
) -> Iterator[Check]:
    """Reach the server of *cluster*, ask for rights in each namespace of *targets*, and *look_at* what may be seen."""
    tries = Tries(clock)
    try:
        version = tries.ask(review.version)
    except HomelabError as error:
        hint = f"try it by hand: kubectl --context {cluster.context} version"
        yield from_error(CLUSTER, error, hint=hint)
        return
    text = f"context {cluster.context or 'in-cluster'}: {version} at {review.server}"
    yield Weather().found(CLUSTER, text, tries)
    for namespace, needed in _wanted(targets, cluster.namespace).items():
        rights = _rights(review, cluster.context, namespace, needed)
        yield rights
        if rights.state is not CheckState.FAILED:
            yield from look_at(namespace, tuple(target for target in targets if target.namespace == namespace))


def _wanted(targets: Iterable[Target], namespace: str) -> dict[str, tuple[Right, ...]]:
    """The rights that each namespace of *targets* needs; those for a Deployment where there is no target."""
    needed: dict[str, dict[Right, None]] = {}
    for where, kind in [(target.namespace, target.kind) for target in targets] or [(namespace, None)]:
        needed.setdefault(where, {})["get", "apps", (kind or Kind.DEPLOYMENT).resource] = None
    return {where: tuple(rights) for where, rights in needed.items()}


def _rights(review: Review, context: str, namespace: str, needed: Iterable[Right]) -> Check:
    name = f"rights in {namespace}"
    missing = [right for right in needed if not review.may(*right, namespace)]
    lacking = [right for right in HELPFUL if not missing and not review.may(*right, namespace)]
    by_hand = f"kubectl --context {context} -n {namespace} auth can-i --list"
    if missing:
        text = f"the user of context {context} may not {_listed(missing)}"
        return failed(name, text, hint=f"grant it with a Role and RoleBinding; {by_hand}", word=Word.DENIED)
    if lacking:
        text = f"enough to wait, but not to {_listed(lacking)}: waits are slower, and say less about why"
        return warning(name, text, hint=f"grant it with a Role and RoleBinding; {by_hand}")
    return good(name, "enough to wait for rollouts")


def _listed(rights: Iterable[Right]) -> str:
    return ", ".join(f"{verb} {resource}" for verb, _, resource in rights)
