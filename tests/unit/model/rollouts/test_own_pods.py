"""What counts for workloads that make their pods themselves."""

import pytest
from msgspec import structs

from homelab_tasks.model.rollouts.pod import Occurrence
from homelab_tasks.model.rollouts.progress import progress_of
from homelab_tasks.model.rollouts.rollout import Snapshot, State
from tests.recorded_rollouts import snapshots


def complete(recording: str) -> Snapshot:
    """The last moment of *recording* at which its workload runs, complete."""
    found = [
        each
        for _, each in snapshots(recording)
        if each.workload.desired and progress_of(each).state is State.COMPLETE and each.pods
    ]
    return found[-1]


@pytest.mark.parametrize("recording", ["ds_roll", "sts_roll"])
def test_a_pod_that_still_runs_is_waited_for_when_nothing_is_wanted(recording: str) -> None:
    running = complete(recording)
    nothing = {"desired": 0, "replicas": 0, "updated": 0, "ready": 0, "available": 0}
    workload = structs.replace(running.workload, **nothing)

    assert progress_of(structs.replace(running, workload=workload)).state is not State.COMPLETE
    assert progress_of(structs.replace(running, workload=workload, pods=())).state is State.COMPLETE


@pytest.mark.parametrize("recording", ["ds_roll", "sts_roll"])
def test_a_refusal_of_before_is_no_cause_once_all_pods_are_made(recording: str) -> None:
    refused = (Occurrence(reason="FailedCreate", message="denied by PodSecurity", time="9"),)
    running = structs.replace(complete(recording), occurrences=refused)
    unready = structs.replace(running.workload, ready=0, available=0)
    lacking = structs.replace(unready, replicas=unready.desired - 1)

    assert progress_of(structs.replace(running, workload=unready)).causes == ()
    assert [each.pod for each in progress_of(structs.replace(running, workload=lacking)).causes] == [None]


@pytest.mark.parametrize("recording", ["ds_roll", "sts_roll", "rolling_update"])
def test_a_pod_of_somebody_elses_counts_for_nothing_when_the_selector_finds_it(recording: str) -> None:
    running = complete(recording)
    pods = running.pods or ()
    stranger = structs.replace(pods[0], name="stranger-0", uid="other", owner_uid="other", revision="old", ready=False)
    stranger = structs.replace(stranger, owner_name="stranger", template_generation="0")

    assert progress_of(structs.replace(running, pods=(*pods, stranger))).state is State.COMPLETE


def test_pods_are_not_new_before_the_controller_has_seen_the_change() -> None:
    """status.updateRevision is that of the template before: its pods may crash for what was given up."""
    running = complete("sts_roll")
    unseen = structs.replace(running.workload, observed_generation=running.workload.generation - 1)

    progress = progress_of(structs.replace(running, workload=unseen))

    assert progress.state is State.PROGRESSING
    assert progress.new_pods == ()
