"""What a rollout on a cluster ends with."""

import pytest

from homelab_tasks.model.events import Note, Phase, Rollout
from homelab_tasks.model.verdict import Word
from tests.integration.kubernetes.lab import Lab, later

A, B, C = "aaaaaaa", "bbbbbbb", "ccccccc"


def test_a_complete_rollout_is_told_at_once(lab: Lab) -> None:
    lab.apply(tag=A)
    lab.wait(A)

    again = lab.wait(A)

    assert again.verdict is Word.ROLLED_OUT
    assert again.seconds is not None
    assert again.seconds < 2


def test_the_image_is_waited_for_and_then_its_rollout(lab: Lab) -> None:
    lab.apply(tag=A, replicas=2)
    lab.wait(A)

    with later(0.7, lambda: lab.apply(tag=B, replicas=2)):
        events, verdict = lab.events(B)

    phases = [event.phase for event in events if isinstance(event, Rollout)]
    assert verdict.verdict is Word.ROLLED_OUT
    assert phases[0] is Phase.IMAGE
    assert phases[-1] is Phase.ROLLOUT
    images = {pod["spec"]["containers"][0]["image"] for pod in lab.pods()}
    assert images == {"reg/app:bbbbbbb"}


def test_a_target_that_does_not_exist_yet_is_waited_for(lab: Lab) -> None:
    with later(0.7, lambda: lab.apply(tag=A)):
        verdict = lab.wait(A)

    assert verdict.verdict is Word.ROLLED_OUT


def test_old_pods_that_linger_are_waited_for(lab: Lab) -> None:
    lab.apply(tag=A, term="3")
    lab.wait(A)
    lab.apply(tag=B, term="3")

    verdict = lab.wait(B)

    assert verdict.verdict is Word.ROLLED_OUT
    assert len(lab.pods()) == 1


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_other_kinds_are_waited_for_too(lab: Lab, kind: str) -> None:
    lab.apply(kind, tag=A)
    target = {"StatefulSet": "sts/web", "DaemonSet": "ds/web"}[kind]
    assert lab.wait(A, target).verdict is Word.ROLLED_OUT
    lab.apply(kind, tag=B)

    verdict = lab.wait(B, target)

    assert verdict.verdict is Word.ROLLED_OUT
    assert {pod["spec"]["containers"][0]["image"] for pod in lab.pods()} == {"reg/app:bbbbbbb"}


def test_a_crash_loop_fails_with_the_containers_last_words(lab: Lab) -> None:
    lab.apply(tag=A)
    lab.wait(A)
    lab.apply(tag=B, run="crash", log="KeyError: 'DATABASE_URL'\n")

    verdict = lab.wait(B)

    assert verdict.verdict is Word.FAILED
    assert "CrashLoopBackOff" in verdict.reason
    assert verdict.failures[0].exit_code == 1
    assert verdict.failures[0].container == "app"
    assert verdict.failures[0].tail[-1] == "KeyError: 'DATABASE_URL'"
    assert "rollout undo deployment/web" in (verdict.hint or "")


def test_a_container_out_of_memory_is_called_that(lab: Lab) -> None:
    lab.apply(tag=A, run="oom")

    verdict = lab.wait(A)

    assert verdict.verdict is Word.FAILED
    assert "OOMKilled" in verdict.reason


def test_an_init_container_that_crashes_is_called_that(lab: Lab) -> None:
    lab.apply(tag=A, run="initcrash", init=True)

    verdict = lab.wait(A)

    assert verdict.verdict is Word.FAILED
    assert "init container migrate" in verdict.reason


def test_a_crash_or_two_fail_nothing(lab: Lab) -> None:
    lab.apply(tag=A, run="flaky:2")

    assert lab.wait(A).verdict is Word.ROLLED_OUT


def test_a_bad_image_name_fails_at_once(lab: Lab) -> None:
    lab.apply(tag=A, run="name")

    verdict = lab.wait(A)

    assert verdict.verdict is Word.FAILED
    assert "InvalidImageName" in verdict.reason
    assert verdict.seconds is not None
    assert verdict.seconds < 3


def test_a_registry_that_limits_its_rate_is_named_and_waited_on(lab: Lab) -> None:
    lab.apply(tag=A, run="pull429")

    events, verdict = lab.events(A, timeout=4)

    assert verdict.verdict is Word.TIMEOUT
    assert "429" in verdict.reason
    assert any("429" in event.text for event in events if isinstance(event, Note))


def test_an_unschedulable_pod_is_named_at_once_and_waited_on(lab: Lab) -> None:
    lab.apply(tag=A, run="pending")

    events, verdict = lab.events(A, timeout=3)

    assert verdict.verdict is Word.TIMEOUT
    assert "Insufficient memory" in verdict.reason
    assert any("Insufficient memory" in event.text for event in events if isinstance(event, Note))


def test_a_quota_is_named_and_waited_on_until_it_is_raised(lab: Lab) -> None:
    lab.apply(tag=A)
    lab.wait(A)
    lab.set_quota(lab.namespace, 1)
    lab.apply(tag=B, strategy={"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}})

    with later(2.5, lambda: lab.set_quota(lab.namespace, None)):
        events, verdict = lab.events(B)

    assert verdict.verdict is Word.ROLLED_OUT
    assert any("exceeded quota" in event.text for event in events if isinstance(event, Note))


def test_the_deadline_fails_the_rollout_with_the_pods_cause(lab: Lab) -> None:
    lab.apply(tag=A, run="unready", progressDeadlineSeconds=2)

    verdict = lab.wait(A)

    assert verdict.verdict is Word.FAILED
    assert "progress deadline exceeded" in verdict.reason


def test_a_paused_deployment_is_blocked_once_it_names_the_image(lab: Lab) -> None:
    lab.apply(tag=A)
    lab.wait(A)
    lab.apply(tag=B, paused=True)

    verdict = lab.wait(B)

    assert verdict.verdict is Word.BLOCKED
    assert "rollout resume deployment/web" in (verdict.hint or "")


def test_on_delete_is_blocked_and_names_the_pods(lab: Lab) -> None:
    strategy = {"type": "OnDelete"}
    lab.apply("StatefulSet", tag=A, updateStrategy=strategy)
    lab.wait(A, "sts/web")
    lab.apply("StatefulSet", tag=B, updateStrategy=strategy)

    verdict = lab.wait(B, "sts/web")

    assert verdict.verdict is Word.BLOCKED
    assert "web-0" in (verdict.hint or "")
    lab.delete_pod("web-0")
    assert lab.wait(B, "sts/web").verdict is Word.ROLLED_OUT


def test_a_partition_that_keeps_a_pod_is_blocked(lab: Lab) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    lab.apply("StatefulSet", tag=A, replicas=2, updateStrategy=strategy)
    lab.wait(A, "sts/web")
    lab.apply("StatefulSet", tag=B, replicas=2, updateStrategy=strategy)

    verdict = lab.wait(B, "sts/web")

    assert verdict.verdict is Word.BLOCKED
    assert "web-0" in (verdict.hint or "")


def test_a_stateful_set_that_is_stuck_after_a_revert_is_blocked(lab: Lab) -> None:
    lab.apply("StatefulSet", tag=A, replicas=2)
    lab.wait(A, "sts/web")
    lab.apply("StatefulSet", tag=B, run="crash", replicas=2)
    lab.wait(B, "sts/web", timeout=5)
    lab.apply("StatefulSet", tag=C, replicas=2)

    verdict = lab.wait(C, "sts/web")

    assert verdict.verdict is Word.BLOCKED
    assert "delete pod web-1" in (verdict.hint or "")


def test_a_later_image_supersedes(lab: Lab) -> None:
    lab.apply(tag=A)
    lab.wait(A)
    lab.apply(tag=B, run="ready:20")

    with later(1.0, lambda: lab.apply(tag=C)):
        verdict = lab.wait(B)

    assert verdict.verdict is Word.SUPERSEDED
    assert "reg/app:ccccccc" in verdict.reason


def test_scaling_supersedes_nothing(lab: Lab) -> None:
    lab.apply(tag=A, run="ready:1.5", replicas=1)

    with later(0.7, lambda: lab.patch({"spec": {"replicas": 3}})):
        verdict = lab.wait(A)

    assert verdict.verdict is Word.ROLLED_OUT
    assert "3 of 3" in verdict.reason


def test_a_target_that_is_deleted_failed(lab: Lab) -> None:
    lab.apply(tag=A, run="ready:20")

    with later(1.0, lab.delete):
        verdict = lab.wait(A)

    assert verdict.verdict is Word.FAILED
    assert "deleted" in verdict.reason


def test_a_target_that_is_made_anew_supersedes(lab: Lab) -> None:
    lab.apply(tag=A, run="ready:20")

    def replace() -> None:
        lab.delete()
        lab.apply(tag=A, run="ready:20")

    with later(1.0, replace):
        verdict = lab.wait(A)

    assert verdict.verdict is Word.SUPERSEDED
    assert "made anew" in verdict.reason


def test_nothing_runs_is_said_when_it_is_scaled_to_nothing(lab: Lab) -> None:
    lab.apply(tag=A, replicas=0)

    verdict = lab.wait(A)

    assert verdict.verdict is Word.ROLLED_OUT
    assert "nothing runs" in verdict.reason


def test_recreate_is_complete_when_the_new_pods_are(lab: Lab) -> None:
    lab.apply(tag=A, strategy={"type": "Recreate"}, term="1")
    lab.wait(A)
    lab.apply(tag=B, strategy={"type": "Recreate"}, term="1")

    verdict = lab.wait(B)

    assert verdict.verdict is Word.ROLLED_OUT
    assert [pod["spec"]["containers"][0]["image"] for pod in lab.pods()] == ["reg/app:bbbbbbb"]


def test_a_rollback_after_the_deadline_is_no_failure(lab: Lab) -> None:
    lab.apply(tag=A, progressDeadlineSeconds=2)
    lab.wait(A)
    lab.apply(tag=B, run="unready", progressDeadlineSeconds=2)
    assert lab.wait(B).verdict is Word.FAILED
    lab.apply(tag=A, progressDeadlineSeconds=2)

    assert lab.wait(A).verdict is Word.ROLLED_OUT


def test_a_restart_after_the_rollout_fails_what_should_be_stable(lab: Lab) -> None:
    lab.apply(tag=A)

    verdict = lab.wait(A, stable_for=1.5)

    assert verdict.verdict is Word.ROLLED_OUT
    assert "stable for" in verdict.reason
    assert verdict.seconds is not None
    assert verdict.seconds >= 1.5


def test_the_worst_of_several_targets_decides(lab: Lab) -> None:
    lab.apply(name="good", tag=A)
    lab.apply(name="bad", tag=A, run="name")

    verdict = lab.wait(A, "good,bad")

    assert verdict.verdict is Word.FAILED
    assert {each.target.rpartition("/")[2]: each.verdict for each in verdict.targets} == {
        "good": Word.ROLLED_OUT,
        "bad": Word.FAILED,
    }


@pytest.mark.parametrize("user", ["viewer", "status", "getonly"])
def test_fewer_rights_are_enough_for_the_verdict(lab: Lab, user: str) -> None:
    lab.apply(tag=A)
    lab.wait(A)

    with later(0.7, lambda: lab.apply(tag=B)):
        verdict = lab.wait(B, user=user)

    assert verdict.verdict is Word.ROLLED_OUT


def test_a_user_without_rights_is_denied_with_verb_and_resource(lab: Lab) -> None:
    lab.apply(tag=A)

    verdict = lab.wait(A, "deploy/web", user="nobody")

    assert verdict.verdict is Word.DENIED
    assert 'cannot get resource "deployments"' in verdict.reason
    assert verdict.hint is not None
    assert "kubectl auth can-i" in verdict.hint


def test_an_image_that_never_comes_is_missing_with_what_runs_instead(lab: Lab) -> None:
    lab.apply(tag=A)
    lab.wait(A)

    verdict = lab.wait(B, timeout=1.5)

    assert verdict.verdict is Word.MISSING
    assert "reg/app:aaaaaaa" in verdict.reason


def test_one_look_tells_each_state(lab: Lab) -> None:
    assert lab.look(A).verdict is Word.MISSING
    lab.apply(tag=A, run="ready:2")
    assert lab.look(A).verdict is Word.PENDING
    lab.wait(A)
    assert lab.look(A).verdict is Word.ROLLED_OUT
    assert lab.look(B).verdict is Word.MISSING
