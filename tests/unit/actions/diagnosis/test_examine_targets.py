"""How the deploy targets stand, and what is said to help, on a cluster that lives."""

from typing import Any

import pytest

from homelab_tasks.actions.diagnosis.examine_targets import examine_quotas, examine_target
from homelab_tasks.errors import DeniedError, HomelabError, TransientError
from homelab_tasks.model.events import Check, CheckState
from homelab_tasks.model.rollouts.quota import Quota
from homelab_tasks.model.rollouts.target import parse_target
from homelab_tasks.model.verdict import Word
from tests.fakes.clock import FakeClock
from tests.fakes.simulated import NAMESPACE, STEP_SECONDS, SimulatedCluster, workload

KUBECTL = "kubectl --context home"


def cluster() -> SimulatedCluster:
    return SimulatedCluster(FakeClock())


def live(simulated: SimulatedCluster, seconds: float) -> None:
    """Let *seconds* pass, step by step: pods grow older."""
    for _ in range(round(seconds / STEP_SECONDS)):
        simulated.live(STEP_SECONDS)


def looked_at(simulated: SimulatedCluster, written: str = "web") -> Check:
    target = parse_target(written, namespace=NAMESPACE)
    return examine_target(simulated, simulated.clock, target, kubectl=KUBECTL)


def test_a_target_that_runs_is_good_and_shows_what_it_runs() -> None:
    simulated = cluster()
    simulated.apply(workload("aaaaaaa", replicas=2))
    live(simulated, 5)

    check = looked_at(simulated)

    assert (check.name, check.state) == ("target e/web", CheckState.OK)
    assert check.text == "deployment/web, reg/app:aaaaaaa: 2 of 2 available"


TROUBLES = [
    ("crash", 3.0, "CrashLoopBackOff", f"its last words say why it crashed: {KUBECTL} -n e logs web-"),
    (
        "crash",
        1.4,
        "crashed 1x, and runs again just now",
        f"its last words say why it crashed: {KUBECTL} -n e logs web-",
    ),
    ("pull", 1.0, "ImagePullBackOff", f"and that the cluster may pull it: {KUBECTL} -n e describe pod web-"),
    ("pending", 1.0, "is Unschedulable", f"give it a node with room, or let it request less: {KUBECTL} -n e describe"),
    ("config", 1.0, "CreateContainerConfigError", f"{KUBECTL} -n e describe pod web-"),
]


@pytest.mark.parametrize(("run", "seconds", "text", "hint"), TROUBLES)
def test_what_keeps_pods_from_running_is_a_failure_with_its_fix(run: str, seconds: float, text: str, hint: str) -> None:
    simulated = cluster()
    simulated.apply(workload("aaaaaaa", run=run))
    live(simulated, seconds)

    check = looked_at(simulated)

    assert (check.state, check.verdict) == (CheckState.FAILED, Word.FAILED)
    assert text in check.text
    assert hint in (check.hint or "")


def test_the_last_words_of_a_container_that_crashes_are_quoted() -> None:
    simulated = cluster()
    log = {"fake/log": "starting\nKeyError: 'DATABASE_URL'\n\n"}
    simulated.apply(workload("aaaaaaa", run="crash", annotations=log))
    live(simulated, 1.0)

    assert "exit 1; last words: KeyError: 'DATABASE_URL' (deployment/web" in looked_at(simulated).text


class Mute(SimulatedCluster):
    """Tells no log."""

    def log(self, namespace: str, pod: str, container: str, *, previous: bool, lines: int) -> tuple[str, ...]:
        raise DeniedError("pods/log is forbidden")


def test_a_log_that_may_not_be_read_is_left_out() -> None:
    simulated = Mute(FakeClock())
    simulated.apply(workload("aaaaaaa", run="crash"))
    live(simulated, 1.0)

    assert "restarted once, exit 1 (deployment/web" in looked_at(simulated).text


def test_several_causes_are_counted() -> None:
    simulated = cluster()
    simulated.apply(workload("aaaaaaa", run="pending", replicas=3))
    live(simulated, 1)

    assert "Insufficient memory, and 2 more (deployment/web" in looked_at(simulated).text


def test_a_rollout_on_its_way_is_a_warning_that_names_the_pods_that_stop() -> None:
    simulated = cluster()
    simulated.apply(workload("aaaaaaa", term="9"))
    live(simulated, 5)
    simulated.apply(workload("bbbbbbb", term="9"))
    live(simulated, 3)

    check = looked_at(simulated)

    assert check.state is CheckState.WARNING
    assert check.text.startswith("a rollout is on its way (deployment/web, reg/app:bbbbbbb: 1 of 1 updated")
    assert (check.hint or "").startswith("wait for web-")
    assert "is its node gone? kubectl --context home -n e describe pod web-" in (check.hint or "")


def test_a_rollout_that_has_only_begun_is_to_be_waited_for() -> None:
    simulated = cluster()
    simulated.apply(workload("aaaaaaa", run="ready:9"))
    live(simulated, 1)

    assert looked_at(simulated).hint == f"wait for it: {KUBECTL} -n e rollout status deployment/web"


def test_a_rollout_that_waits_for_a_person_is_a_warning_with_the_command() -> None:
    simulated = cluster()
    simulated.apply(workload("aaaaaaa"))
    live(simulated, 5)
    simulated.apply(workload("bbbbbbb", paused=True))
    live(simulated, 1)

    check = looked_at(simulated)

    assert check.state is CheckState.WARNING
    assert check.hint == "kubectl -n e rollout resume deployment/web"


def test_a_target_that_is_not_there_says_where_to_look() -> None:
    check = looked_at(cluster(), "sts/db")

    assert (check.name, check.state, check.verdict) == ("target e/statefulset/db", CheckState.FAILED, Word.FAILED)
    assert check.text == "there is no StatefulSet db in namespace e"
    assert check.hint == f"deploy it, or correct homelab.deploy.targets: {KUBECTL} -n e get statefulset"


def test_a_container_that_is_not_there_is_told_with_those_that_are() -> None:
    simulated = cluster()
    simulated.apply(workload("aaaaaaa"))
    live(simulated, 5)

    check = looked_at(simulated, "web:sidecar")

    assert (check.state, check.hint) == (CheckState.FAILED, "correct homelab.deploy.targets")
    assert check.text == "deployment/web has no container sidecar, but app"


def test_a_cluster_that_is_away_is_unavailable_and_no_fault_of_the_target() -> None:
    simulated = cluster()
    simulated.is_away = True

    assert looked_at(simulated).verdict is Word.UNAVAILABLE


class Quotas:
    """Tells these quotas of every namespace."""

    def __init__(self, told: tuple[Quota, ...] | HomelabError | None) -> None:
        self._told = told

    def quotas(self, namespace: str) -> tuple[Quota, ...] | None:
        if isinstance(self._told, HomelabError):
            raise self._told
        return self._told


def quota(**fields: Any) -> Quota:
    return Quota(name="small", **fields)


def test_a_full_quota_is_a_warning_with_what_helps() -> None:
    (check,) = examine_quotas(Quotas((quota(hard={"pods": 2}, used={"pods": 2}),)), "web", kubectl=KUBECTL)

    assert (check.name, check.state) == ("quota in web", CheckState.WARNING)
    assert check.text == "quota small: 2 of 2 pods: a rollout that needs one more waits until there is room"
    assert check.hint == f"raise the quota, or free some of it: {KUBECTL} -n web describe quota small"


def test_a_quota_with_room_is_good() -> None:
    (check,) = examine_quotas(Quotas((quota(hard={"count/pods": 9}, used={}),)), "web", kubectl=KUBECTL)

    assert (check.state, check.text) == (CheckState.OK, "quota small: 0 of 9 pods")


@pytest.mark.parametrize("told", [None, (), (quota(hard={"requests.cpu": 4}, used={"requests.cpu": 4}),)])
def test_where_pods_are_not_limited_there_is_nothing_to_tell(told: tuple[Quota, ...] | None) -> None:
    assert list(examine_quotas(Quotas(told), "web", kubectl=KUBECTL)) == []


def test_quotas_that_cannot_be_read_are_told() -> None:
    (check,) = examine_quotas(Quotas(TransientError("did not answer in time")), "web", kubectl=KUBECTL)

    assert (check.state, check.verdict) == (CheckState.FAILED, Word.UNAVAILABLE)
