"""Whatever happens to a cluster while it is waited for, in whatever order: no verdict is false."""

import random
from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from homelab_tasks.actions.rollouts.await_rollout import await_rollout
from homelab_tasks.actions.rollouts.request import Request
from homelab_tasks.model.events import Verdict
from homelab_tasks.model.rollouts.image import Wanted
from homelab_tasks.model.rollouts.target import parse_targets
from homelab_tasks.model.verdict import Word
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import Watching
from tests.fakes.simulated import NAMESPACE, SimulatedCluster, workload

if TYPE_CHECKING:
    from collections.abc import Callable

TAGS = {"a": "aaaaaaa", "b": "bbbbbbb", "c": "ccccccc"}
WANTED = TAGS["b"]
NODES = 2
TIMEOUT_SECONDS = 30.0
TERMINATING = "terminatingReplicas"  # of a Deployment, where the server counts them (from 1.35 on)


class World:
    """A workload that somebody changes, scales and starves, on a cluster that is away now and then."""

    def __init__(self, seed: int, resource: str, watching: Watching, strategy: str) -> None:
        self.chance = random.Random(seed)
        self.cluster = SimulatedCluster(FakeClock(), watching, chance=self.chance)
        self.resource, self.strategy = resource, strategy
        self.replicas = 2
        self.deeds: dict[str, Callable[[], None]] = {
            "scale": self.scale,
            "away": self.go_away,
            "quota": self.starve,
            "free": self.feed,
            **{letter: partial(self.set_image, tag) for letter, tag in TAGS.items()},
        }

    def set_image(self, tag: str) -> None:
        spec: dict[str, Any] = {"strategy": {"type": self.strategy}} if self.resource == "deployments" else {}
        run = f"ready:{self.chance.uniform(0.1, 3):.1f}"
        self.cluster.apply(workload(tag, run=run, term="1", replicas=self.replicas, **spec), self.resource)

    def scale(self) -> None:
        self.replicas = self.chance.randint(0, 3)
        there = self.there()
        there["spec"]["replicas"] = self.replicas
        self.cluster.cluster.store.update(self.resource, there)

    def go_away(self) -> None:
        self.cluster.is_away = True
        self.cluster.at(self.chance.uniform(0.1, 8), lambda: setattr(self.cluster, "is_away", False))

    def starve(self) -> None:
        self.cluster.cluster.admission.quota = self.chance.randint(0, 3)
        self.cluster.at(self.chance.uniform(1, 20), self.feed)

    def feed(self) -> None:
        self.cluster.cluster.admission.quota = None

    def there(self) -> dict[str, Any]:
        found = self.cluster.cluster.store.get(self.resource, NAMESPACE, "web")
        assert found is not None
        return found

    @property
    def image(self) -> str:
        return str(self.there()["spec"]["template"]["spec"]["containers"][0]["image"])

    @property
    def runs_it(self) -> bool:
        """Does the cluster run the commit, nothing else, and all of it?"""
        pods = self.cluster.running()
        desired = NODES if self.resource == "daemonsets" else self.there()["spec"]["replicas"]
        template = self.there()["spec"]["template"]
        return len(pods) == desired and all(_is_of(template, pod) and _is_new_and_ready(pod) for pod in pods)

    @property
    def says_so(self) -> bool:
        """Does the status say so, too? Controllers count what their pods do a moment later."""
        there = self.there()
        status: dict[str, Any] = there["status"]
        if self.resource == "daemonsets":
            desired, names = NODES, ("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable")
        else:
            desired, names = there["spec"]["replicas"], ("replicas", "updatedReplicas", "availableReplicas")
        is_current = status.get("observedGeneration") == there["metadata"]["generation"]
        return is_current and {status.get(name, 0) for name in names} == {desired} and not status.get(TERMINATING)


def _is_of(template: dict[str, Any], pod: dict[str, Any]) -> bool:
    """Was *pod* made from *template*? The same image may stand in two, and a pod of the other is an old one."""
    made_from: dict[str, str] = template["metadata"]["annotations"]
    return bool(made_from.items() <= pod["metadata"].get("annotations", {}).items())


def _is_new_and_ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", ())
    return (
        pod["spec"]["containers"][0]["image"] == f"reg/app:{WANTED}"
        and "deletionTimestamp" not in pod["metadata"]
        and any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    )


@given(
    seed=st.integers(0, 2**32),
    resource=st.sampled_from(["deployments", "deployments", "statefulsets", "daemonsets"]),
    deeds=st.lists(
        st.tuples(st.floats(0, 12), st.sampled_from(["a", "b", "b", "c", "scale", "away", "quota", "free"])), max_size=5
    ),
    watching=st.sampled_from(list(Watching)),
    strategy=st.sampled_from(["RollingUpdate", "Recreate"]),
)
def test_no_success_and_no_failure_is_ever_false(
    seed: int, resource: str, deeds: list[tuple[float, str]], watching: Watching, strategy: str
) -> None:
    world = World(seed, resource, watching, strategy)
    world.set_image(TAGS["a"])
    world.cluster.live(world.chance.uniform(0, 8))
    for moment, deed in deeds:
        world.cluster.at(moment, world.deeds[deed])
    request = Request(
        targets=parse_targets(f"{resource[:-1]}/web", namespace=NAMESPACE),
        wanted=Wanted(sha=WANTED + "0" * 33),
        timeout=TIMEOUT_SECONDS,
    )

    *_, verdict = await_rollout(world.cluster, request, clock=world.cluster.clock, retry_for=30)

    assert isinstance(verdict, Verdict)
    match verdict.verdict:
        case Word.ROLLED_OUT:
            assert world.runs_it
        case Word.SUPERSEDED:
            assert world.image != f"reg/app:{WANTED}"
        case Word.MISSING:
            assert world.image != f"reg/app:{WANTED}"
        case word:  # nothing here can fail for good
            assert word in {Word.TIMEOUT, Word.UNAVAILABLE}
            assert world.cluster.is_away or not (world.runs_it and world.says_so)
