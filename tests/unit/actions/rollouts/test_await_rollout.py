"""How a wait ends, on a cluster whose controllers run on a fake clock."""

from collections.abc import Callable
from typing import Any

import pytest

from homelab_tasks.actions.rollouts.await_rollout import await_rollout
from homelab_tasks.actions.rollouts.look_at_rollout import look_at_rollout
from homelab_tasks.actions.rollouts.request import Request
from homelab_tasks.clients.kubernetes.workload_objects import decode_workload
from homelab_tasks.model.events import Event, Note, NoteKind, Phase, Rollout, Verdict
from homelab_tasks.model.rollouts.image import Wanted, parse_reference
from homelab_tasks.model.rollouts.target import Kind, parse_targets
from homelab_tasks.model.verdict import Word
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import Watching
from tests.fakes.simulated import NAMESPACE, SimulatedCluster, workload

A, B, C = "aaaaaaa", "bbbbbbb", "ccccccc"
ZEROS = "0" * 33


def cluster(watching: Watching = Watching.OPEN) -> SimulatedCluster:
    return SimulatedCluster(FakeClock(), watching)


def wait(
    on: SimulatedCluster,
    tag: str,
    target: str = "web",
    *,
    timeout: float = 120,
    stable_for: float = 0,
    wanted: Wanted | None = None,
    commits: Callable[[str], tuple[str, ...]] | None = None,
) -> list[Event]:
    request = Request(
        targets=parse_targets(target, namespace=NAMESPACE),
        wanted=wanted or Wanted(sha=tag + ZEROS),
        timeout=timeout,
        stable_for=stable_for,
    )
    return list(await_rollout(on, request, clock=on.clock, retry_for=30, commits=commits))


def end(events: list[Event]) -> Verdict:
    assert isinstance(events[-1], Verdict)
    assert not any(isinstance(event, Verdict) for event in events[:-1])
    return events[-1]


def notes(events: list[Event], kind: NoteKind = NoteKind.WARNING) -> list[str]:
    return [event.text for event in events if isinstance(event, Note) and event.kind is kind]


def rolled(on: SimulatedCluster, tag: str = A, resource: str = "deployments", **spec: Any) -> SimulatedCluster:
    """A cluster on which *tag* has been rolled out."""
    on.apply(workload(tag, **spec), resource)
    on.live(10)
    return on


def test_the_old_replica_set_is_no_success_while_the_image_has_not_changed() -> None:
    on = rolled(cluster())

    events = wait(on, B, timeout=10)

    first = next(event for event in events if isinstance(event, Rollout))
    assert first.image == "reg/app:aaaaaaa"
    assert end(events).verdict is Word.MISSING
    assert "reg/app:aaaaaaa" in end(events).reason


@pytest.mark.parametrize("image", ["reg/app", "reg/app:latest", "reg/app@sha256:" + "3" * 64])
def test_an_image_that_can_name_no_commit_is_said_at_once_and_waited_on(image: str) -> None:
    on = cluster()
    written = workload(A)
    written["spec"]["template"]["spec"]["containers"][0]["image"] = image
    on.apply(written)
    on.live(5)
    on.at(3, lambda: on.apply(workload(B)))

    events = wait(on, B)

    assert "can name no commit" in notes(events)[0]
    assert end(events).verdict is Word.ROLLED_OUT


def test_it_is_missing_with_the_option_to_use_when_the_image_never_names_a_commit() -> None:
    on = rolled(cluster())
    written = workload(A)
    written["spec"]["template"]["spec"]["containers"][0]["image"] = "reg/app:latest"
    on.apply(written)

    verdict = end(wait(on, B, timeout=10))

    assert verdict.verdict is Word.MISSING
    assert "--image" in (verdict.hint or "")


def test_an_ambiguous_tag_names_nothing_and_both_commits_are_told() -> None:
    on = rolled(cluster())
    both = (A + ZEROS, A + "1" * 33)

    events = wait(on, A, timeout=5, commits=lambda prefix: both)

    assert end(events).verdict is Word.MISSING
    assert "aaaaaaa00000" in notes(events)[0]
    assert "aaaaaaa11111" in notes(events)[0]


def test_what_is_renewed_and_what_is_old_is_told() -> None:
    on = rolled(cluster(), replicas=2)
    on.at(1, lambda: on.apply(workload(B, replicas=2)))

    shown = [event for event in wait(on, B) if isinstance(event, Rollout)]

    assert (shown[0].renewed, shown[0].old) == (None, None)
    rolling = [event for event in shown if event.phase is Phase.ROLLOUT]
    assert any((event.renewed, event.old) == (0, 2) for event in rolling)
    assert (rolling[-1].renewed, rolling[-1].old) == (2, 0)


def test_only_what_ended_alike_is_counted_when_there_are_several_targets() -> None:
    on = cluster()
    for name, run in (("web", "name"), ("api", "ready"), ("cron", "ready")):
        on.apply(workload(B, name=name, run=run))

    red, green = end(wait(on, B, "web,api,cron")), end(wait(on, B, "api,cron"))

    assert (red.verdict, green.verdict) == (Word.FAILED, Word.ROLLED_OUT)
    assert "more)" not in red.reason
    assert green.reason.endswith("(and 1 more)")


def test_the_trouble_of_pods_is_told_with_their_target() -> None:
    on = rolled(cluster())
    on.apply(workload(B, run="crash"))

    shown = [event for event in wait(on, B) if isinstance(event, Rollout)]

    assert any(
        "container app of web-" in text and "CrashLoopBackOff" in text for event in shown for text in event.trouble
    )


def test_the_event_of_a_pull_that_failed_is_not_told_a_second_time() -> None:
    on = rolled(cluster())
    on.apply(workload(B, run="pull"))

    (failure,) = end(wait(on, B)).failures

    assert (failure.error or "").count("not found") == 1


def test_a_template_that_is_half_updated_is_waited_on() -> None:
    on = rolled(cluster())
    half = workload(B)
    half["spec"]["template"]["spec"]["initContainers"] = [{"name": "migrate", "image": "reg/app:aaaaaaa"}]
    on.at(2, lambda: on.apply(half))

    events = wait(on, B, timeout=10)

    assert end(events).verdict is Word.MISSING
    assert "migrate (reg/app:aaaaaaa)" in end(events).reason


def test_an_exact_image_is_waited_for_without_a_commit() -> None:
    on = rolled(cluster(), "v2")

    assert end(wait(on, "", wanted=Wanted(exact=parse_reference("reg/app:v2")))).verdict is Word.ROLLED_OUT


@pytest.mark.parametrize(
    ("run", "words", "least", "most"),
    [
        ("crash", "CrashLoopBackOff", 1, 10),
        ("oom", "OOMKilled", 1, 10),
        ("name", "InvalidImageName", 0, 2),
        ("config", 'secret "db" not found', 14, 18),
        ("pull", "not found", 19, 24),
    ],
)
def test_a_pod_that_cannot_start_fails_the_rollout_within_its_window(
    run: str, words: str, least: float, most: float
) -> None:
    on = rolled(cluster())
    on.apply(workload(B, run=run, annotations={"fake/log": "last words\n"}))

    verdict = end(wait(on, B))

    assert verdict.verdict is Word.FAILED
    assert words in verdict.reason
    assert verdict.seconds is not None
    assert least <= verdict.seconds <= most
    assert verdict.failures[0].tail == ("last words",)


@pytest.mark.parametrize(("resource", "target"), [("statefulsets", "sts/web"), ("daemonsets", "ds/web")])
def test_a_kind_without_a_deadline_fails_with_the_pods_cause(resource: str, target: str) -> None:
    on = rolled(cluster(), resource=resource)
    on.apply(workload(B, run="crash"), resource)

    verdict = end(wait(on, B, target))

    assert verdict.verdict is Word.FAILED
    assert "CrashLoopBackOff" in verdict.reason


def test_scaling_up_from_nothing_fails_without_a_deadline() -> None:
    on = rolled(cluster(), replicas=0)
    on.apply(workload(A, run="name", replicas=1))

    assert end(wait(on, A)).verdict is Word.FAILED


@pytest.mark.parametrize("run", ["pull429", "pending"])
def test_what_may_heal_is_named_at_once_and_names_the_timeout(run: str) -> None:
    on = rolled(cluster())
    on.apply(workload(B, run=run))

    events = wait(on, B, timeout=90)

    assert end(events).verdict is Word.TIMEOUT
    assert notes(events)
    assert notes(events)[0].partition(": ")[2][:20] in end(events).reason


def test_old_pods_that_crash_fail_nothing() -> None:
    on = cluster()
    on.apply(workload(A, run="crash"))
    on.live(30)
    on.apply(workload(B))

    assert end(wait(on, B)).verdict is Word.ROLLED_OUT


@pytest.mark.parametrize("crashes", [1, 2])
def test_an_early_crash_fails_nothing(crashes: int) -> None:
    on = rolled(cluster())
    on.apply(workload(B, run=f"flaky:{crashes}"))

    assert end(wait(on, B)).verdict is Word.ROLLED_OUT


@pytest.mark.parametrize(
    ("resource", "target"), [("deployments", "web"), ("statefulsets", "sts/web"), ("daemonsets", "ds/web")]
)
def test_a_denial_of_ten_seconds_fails_whoever_makes_the_pods(resource: str, target: str) -> None:
    on = rolled(cluster(), resource=resource)
    on.cluster.admission.denial = 'violates PodSecurity "restricted:latest"'
    on.apply(workload(B), resource)

    verdict = end(wait(on, B, target))

    assert verdict.verdict is Word.FAILED
    assert "violates PodSecurity" in verdict.reason
    assert verdict.seconds is not None
    assert 10 <= verdict.seconds <= 12


@pytest.mark.parametrize(
    ("resource", "target"), [("deployments", "web"), ("statefulsets", "sts/web"), ("daemonsets", "ds/web")]
)
def test_a_quota_is_waited_on_until_it_is_raised(resource: str, target: str) -> None:
    on = rolled(cluster(), resource=resource)
    on.cluster.admission.quota = 0
    on.apply(workload(B, strategy={"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}), resource)
    on.at(40, lambda: setattr(on.cluster.admission, "quota", None))

    events = wait(on, B, target)

    assert end(events).verdict is Word.ROLLED_OUT
    assert any("exceeded quota" in text for text in notes(events))


def test_a_pod_that_was_refused_in_an_earlier_rollout_fails_nothing() -> None:
    on = rolled(cluster(), resource="statefulsets", term="30")
    on.cluster.admission.denial = "denied"
    on.cluster.store.mark_deleted(on.running()[0])
    on.live(40)
    on.cluster.admission.denial = None
    on.live(5)
    on.apply(workload(B, term="30"), "statefulsets")

    assert end(wait(on, B, "sts/web")).verdict is Word.ROLLED_OUT


def test_a_deleted_target_failed_and_one_made_anew_superseded() -> None:
    for replace, word in ((False, Word.FAILED), (True, Word.SUPERSEDED)):
        on = cluster()
        on.apply(workload(A, run="ready:60"))

        def act(on: SimulatedCluster = on, replace: bool = replace) -> None:
            on.cluster.store.remove("deployments", NAMESPACE, "web")
            if replace:
                on.at(0.2, lambda: on.apply(workload(A)))

        on.at(5, act)
        verdict = end(wait(on, A))
        assert verdict.verdict is word
        assert verdict.hint
        assert "undo" not in verdict.hint  # there is nothing to undo
        assert verdict.seconds is not None
        assert verdict.seconds < 6.5


def test_a_target_that_is_going_to_be_deleted_is_deleted() -> None:
    """As with --cascade=foreground: it stands there until its pods have stopped."""
    on = cluster()
    on.apply(workload(A, run="ready:60"))

    def begin_to_delete() -> None:
        found = on.cluster.store.get("deployments", NAMESPACE, "web")
        assert found is not None
        found["metadata"]["deletionTimestamp"] = "2026-11-23T19:00:05Z"
        on.cluster.store.update("deployments", found)

    on.at(5, begin_to_delete)
    verdict = end(wait(on, A))

    assert verdict.verdict is Word.FAILED
    assert "deleted" in verdict.reason
    assert verdict.seconds is not None
    assert verdict.seconds < 6.5


@pytest.mark.parametrize("act", ["delete", "replace", "pause"])
def test_what_happens_before_the_image_is_named_is_waited_out(act: str) -> None:
    on = rolled(cluster())

    def happen() -> None:
        if act == "pause":
            on.apply(workload(A, paused=True))
            return
        on.cluster.store.remove("deployments", NAMESPACE, "web")
        if act == "replace":
            on.apply(workload(A))

    on.at(1, happen)
    on.at(20, lambda: on.apply(workload(B)))

    assert end(wait(on, B)).verdict is Word.ROLLED_OUT


def test_a_target_that_was_deleted_before_it_named_the_image_is_said_not_to_exist() -> None:
    on = rolled(cluster())
    on.at(2, lambda: on.cluster.store.remove("deployments", NAMESPACE, "web"))

    verdict = end(wait(on, B, timeout=5))

    assert verdict.verdict is Word.MISSING
    assert "it does not exist" in verdict.reason
    assert verdict.hint == f"kubectl -n {NAMESPACE} get deployments,statefulsets,daemonsets"


def test_a_later_image_ends_it_within_a_second() -> None:
    on = rolled(cluster())
    on.apply(workload(B, run="ready:60"))
    on.at(5, lambda: on.apply(workload(C)))

    verdict = end(wait(on, B))

    assert verdict.verdict is Word.SUPERSEDED
    assert "reg/app:ccccccc" in verdict.reason
    assert verdict.seconds is not None
    assert 5 <= verdict.seconds <= 6


def test_an_outage_is_ridden_out_and_told_once() -> None:
    on = rolled(cluster())
    on.apply(workload(B))
    on.at(0.5, lambda: setattr(on, "is_away", True))
    on.at(40, lambda: setattr(on, "is_away", False))

    events = wait(on, B)

    assert end(events).verdict is Word.ROLLED_OUT
    assert len(notes(events, NoteKind.RETRYING)) == 1
    assert len(notes(events, NoteKind.RECOVERED)) == 1
    assert notes(events, NoteKind.STREAM_LOST) == []


def test_watches_that_an_outage_took_along_are_not_told_of_when_they_come_back_soon_after_it() -> None:
    on = rolled(cluster())
    on.apply(workload(B, run="ready:60"))
    on.at(5, lambda: setattr(on, "is_away", True))
    on.at(40, lambda: setattr(on, "is_away", False))

    events = wait(on, B)

    assert end(events).verdict is Word.ROLLED_OUT
    assert len(notes(events, NoteKind.RECOVERED)) == 1
    assert notes(events, NoteKind.STREAM_LOST) == []


def test_it_is_unavailable_when_the_cluster_is_away_at_the_deadline() -> None:
    on = rolled(cluster())
    on.at(5, lambda: setattr(on, "is_away", True))

    assert end(wait(on, B, timeout=20)).verdict is Word.UNAVAILABLE


def test_a_restart_in_the_stable_time_fails() -> None:
    on = rolled(cluster())

    def restart() -> None:
        pod = on.running()[0]
        pod["status"]["containerStatuses"][0] |= {"restartCount": 1}
        on.cluster.store.update("pods", pod)
        del on.cluster.turns["kubelet"]  # it would write the count back

    on.at(3, restart)

    verdict = end(wait(on, A, stable_for=10))

    assert verdict.verdict is Word.FAILED
    assert "restarted after the rollout was complete" in verdict.reason


def test_the_stable_time_begins_anew_when_a_pod_was_not_ready() -> None:
    on = cluster()
    on.apply(workload(A))

    def replace_the_pod() -> None:
        on.cluster.store.mark_deleted(on.running()[0])

    on.at(15, replace_the_pod)
    verdict = end(wait(on, A, stable_for=20))

    assert verdict.verdict is Word.ROLLED_OUT
    assert verdict.seconds is not None
    assert verdict.seconds >= 35


def test_it_is_rolled_out_only_after_the_stable_time() -> None:
    verdict = end(wait(rolled(cluster()), A, stable_for=10))

    assert verdict.verdict is Word.ROLLED_OUT
    assert verdict.seconds is not None
    assert 10 <= verdict.seconds <= 11


def test_a_blocked_target_ends_the_wait_and_the_others_are_pending() -> None:
    on = rolled(cluster())
    on.apply(workload(B, paused=True))
    on.apply(workload(B, name="slow", run="ready:60"))

    verdict = end(wait(on, B, "web,slow"))

    assert verdict.verdict is Word.BLOCKED
    assert [each.verdict for each in verdict.targets] == [Word.BLOCKED, Word.PENDING]


def test_a_failed_target_lets_the_others_end() -> None:
    on = cluster()
    on.apply(workload(A, run="name"))
    on.apply(workload(A, name="slow", run="ready:20"))

    verdict = end(wait(on, A, "web,slow"))

    assert verdict.verdict is Word.FAILED
    assert [each.verdict for each in verdict.targets] == [Word.FAILED, Word.ROLLED_OUT]


def test_a_name_without_a_kind_is_found_among_all_kinds() -> None:
    on = rolled(cluster(), resource="statefulsets")

    verdict = end(wait(on, A))

    assert verdict.verdict is Word.ROLLED_OUT
    assert verdict.targets[0].target == "e/statefulset/web"


@pytest.mark.parametrize("watching", [Watching.FORBIDDEN, Watching.CUT])
def test_reads_are_at_most_two_seconds_apart_when_nothing_is_watched(watching: Watching) -> None:
    on = rolled(cluster(watching))

    wait(on, B, "deploy/web", timeout=30)

    gaps = [after - before for before, after in zip(on.read_at, on.read_at[1:], strict=False)]
    assert max(gaps) <= 2


def test_a_target_of_a_known_kind_is_watched_before_it_exists() -> None:
    on = cluster()
    on.at(40, lambda: on.apply(workload(A)))

    verdict = end(wait(on, A, "deploy/web"))

    assert verdict.verdict is Word.ROLLED_OUT
    assert on.requests < 30  # by polling it would be one a second


def test_a_kind_that_may_not_be_read_is_told_of_once_and_looked_for_again() -> None:
    on = cluster()
    on.forbidden.add("statefulsets")
    on.at(20, lambda: on.apply(workload(A, serviceName="web"), "statefulsets"))
    on.at(30, lambda: on.forbidden.discard("statefulsets"))

    events = wait(on, A)

    assert end(events).verdict is Word.ROLLED_OUT
    assert len(notes(events, NoteKind.RETRYING)) == 1
    assert notes(events) == ["whether web is a StatefulSet cannot be seen: statefulsets are forbidden"]


def test_a_container_that_does_not_exist_is_said_with_those_that_do() -> None:
    on = rolled(cluster())

    events = wait(on, A, "web:nosuch", timeout=5)

    assert end(events).verdict is Word.MISSING
    assert "containers there: app" in notes(events)[0]


def test_a_heartbeat_comes_each_minute() -> None:
    on = rolled(cluster())

    events = wait(on, B, timeout=150)

    assert len(notes(events, NoteKind.HEARTBEAT)) == 2


def look(on: SimulatedCluster, tag: str) -> Verdict:
    request = Request(targets=parse_targets("web", namespace=NAMESPACE), wanted=Wanted(sha=tag + ZEROS), timeout=1)
    return end(list(look_at_rollout(on, request, clock=on.clock, retry_for=5)))


def test_every_look_that_is_not_good_says_what_to_do_next() -> None:
    on = cluster()
    assert look(on, A).hint == f"kubectl -n {NAMESPACE} get deployments,statefulsets,daemonsets"

    on.apply(workload(A, run="ready:60"))
    on.live(1)

    assert look(on, A).hint == f"Wait for it: inv deploy.wait {NAMESPACE}/deployment/web"
    assert look(on, B).hint == f"kubectl -n {NAMESPACE} rollout history deployment/web"
    on.forbidden.add("deployments")
    assert look(on, A).hint == "ask for the right"


def test_one_look_is_pending_while_pods_start() -> None:
    on = cluster()
    on.apply(workload(A, run="ready:20"))
    on.live(2)
    request = Request(targets=parse_targets("web", namespace=NAMESPACE), wanted=Wanted(sha=A + ZEROS), timeout=1)

    events = list(look_at_rollout(on, request, clock=on.clock, retry_for=5))

    assert end(events).verdict is Word.PENDING


def test_what_only_a_watch_told_decides_nothing() -> None:
    on = rolled(cluster())
    on.apply(workload(B, run="ready:20"))
    on.live(1)
    there = on.cluster.store.get("deployments", NAMESPACE, "web")
    assert there is not None
    lie = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1, "terminatingReplicas": 0}
    there["status"] |= lie
    there["metadata"]["resourceVersion"] = "999999"
    on.at(2, lambda: on.tell("0", decode_workload(Kind.DEPLOYMENT, there)))

    verdict = end(wait(on, B))

    assert verdict.verdict is Word.ROLLED_OUT
    assert verdict.seconds is not None
    assert verdict.seconds > 15


def test_a_partition_that_keeps_a_pod_is_blocked_and_names_it() -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    on = rolled(cluster(), resource="statefulsets", replicas=2, updateStrategy=strategy)
    on.apply(workload(B, replicas=2, updateStrategy=strategy), "statefulsets")

    verdict = end(wait(on, B, "sts/web"))

    assert verdict.verdict is Word.BLOCKED
    assert "web-0" in (verdict.hint or "")
    assert "web-1" not in (verdict.hint or "")


def test_a_target_that_was_complete_first_is_read_again_when_the_others_have_ended() -> None:
    on = rolled(cluster())
    on.apply(workload(A, name="slow", run="ready:20"))
    on.at(5, lambda: on.apply(workload(B)))

    verdict = end(wait(on, A, "web,slow"))

    assert verdict.verdict is Word.SUPERSEDED
    assert [each.verdict for each in verdict.targets] == [Word.SUPERSEDED, Word.ROLLED_OUT]


def test_it_times_out_as_complete_when_the_stable_time_outlasts_the_deadline() -> None:
    verdict = end(wait(rolled(cluster()), A, stable_for=60, timeout=10))

    assert verdict.verdict is Word.TIMEOUT
    assert "complete, but not yet for 1m00s" in verdict.reason
