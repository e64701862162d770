"""When a Deployment is complete."""

import pytest
from msgspec import structs

from homelab_tasks.model.rollouts.progress import progress_of
from homelab_tasks.model.rollouts.rollout import State, counts_are_final
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
