"""What the status alone says, where ReplicaSets and pods may not be read."""

import pytest
from msgspec import structs

from homelab_tasks.model.rollouts.progress import progress_of
from homelab_tasks.model.rollouts.rollout import Snapshot, State
from tests.recorded_rollouts import RECORDINGS, snapshots


def blind(snapshot: Snapshot) -> Snapshot:
    return structs.replace(snapshot, replica_sets=None, pods=None)


@pytest.mark.parametrize("recording", sorted(path.stem for path in RECORDINGS.glob("*.jsonl")))
def test_the_status_alone_is_never_complete_before_the_pods_are(recording: str) -> None:
    for t, snapshot in snapshots(recording):
        if progress_of(blind(snapshot)).state is State.COMPLETE:
            live = [pod for pod in snapshot.pods or () if pod.is_live]
            assert len(live) == snapshot.workload.desired, t
            assert all(pod.ready and not pod.deleting for pod in live), t


@pytest.mark.parametrize("recording", sorted(path.stem for path in RECORDINGS.glob("*.jsonl")))
def test_the_status_alone_is_not_complete_before_the_controller_has_seen_the_change(recording: str) -> None:
    for t, snapshot in snapshots(recording):
        if not snapshot.workload.is_observed:
            assert progress_of(blind(snapshot)).state is State.PROGRESSING, t
