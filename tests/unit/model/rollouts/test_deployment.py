"""When a Deployment is complete."""

import pytest
from msgspec import structs

from homelab_tasks.model.rollouts.progress import progress_of
from homelab_tasks.model.rollouts.rollout import State, counts_are_final
from homelab_tasks.model.rollouts.workload import Condition
from tests.recorded_rollouts import snapshots


@pytest.mark.parametrize("recording", ["rolling_update", "paused"])
def test_an_old_pod_is_waited_for_when_the_server_does_not_count_what_terminates(recording: str) -> None:
    moments = []
    for t, snapshot in snapshots(recording):
        workload = structs.replace(snapshot.workload, terminating=None)  # as servers before 1.35 tell it
        stopping = [pod.name for pod in snapshot.pods or () if pod.is_live and pod.deleting]
        if counts_are_final(workload) and stopping:
            moments.append(t)
            assert progress_of(structs.replace(snapshot, workload=workload)).state is not State.COMPLETE, t
    assert moments


@pytest.mark.parametrize("replica_sets_can_be_read", [True, False])
def test_a_deadline_that_names_no_replica_set_is_nobodys(replica_sets_can_be_read: bool) -> None:
    """As with Recreate, while old pods do not stop; it stands there still when the template is another already."""
    message = 'Deployment "d" has timed out progressing.'
    late = Condition(type="Progressing", status="False", reason="ProgressDeadlineExceeded", message=message)
    seen = 0
    for _, snapshot in snapshots("rolling_update"):
        workload = structs.replace(snapshot.workload, conditions=(late,))
        sets = snapshot.replica_sets if replica_sets_can_be_read else None
        progress = progress_of(structs.replace(snapshot, workload=workload, replica_sets=sets))
        seen += progress.state is State.PROGRESSING
        assert "deadline" not in {cause.key for cause in progress.causes}
    assert seen


def test_a_deployment_that_is_paused_in_mid_rollout_is_blocked() -> None:
    moments = 0
    for _, snapshot in snapshots("rolling_update"):
        workload, sets = snapshot.workload, snapshot.replica_sets or ()
        running = [each for each in sets if each.desired]
        if workload.is_observed and len(running) > 1:
            paused = structs.replace(snapshot, workload=structs.replace(workload, paused=True))
            moments += 1
            assert progress_of(paused).state is State.BLOCKED
    assert moments
