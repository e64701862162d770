"""Every recorded rollout: when each template is complete, and never before."""

import pytest

from homelab_tasks.model.rollouts.image import Wanted, answer
from homelab_tasks.model.rollouts.progress import progress_of
from homelab_tasks.model.rollouts.rollout import State
from homelab_tasks.model.rollouts.workload import Workload
from tests.recorded_rollouts import RECORDINGS, snapshots

# The moment (seconds of the recording) at which a tag is complete for the first time; None is never.
FIRST_COMPLETE = [
    ("rolling_update", "aaaaaaa", 1.453),
    ("rolling_update", "bbbbbbb", 5.673),
    ("recreate_strategy", "bbbbbbb", 5.159),
    ("paused", "bbbbbbb", 5.318),
    ("quota", "bbbbbbb", 10.227),
    ("superseded", "bbbbbbb", None),
    ("superseded", "ccccccc", None),
    ("sts_roll", "aaaaaaa", 6.606),
    ("sts_roll", "bbbbbbb", 15.603),
    ("sts_stuck", "bad0000", None),
    ("sts_ondelete", "bbbbbbb", 5.911),
    ("ds_roll", "bbbbbbb", 3.775),
    ("ds_roll", "ccccccc", 5.691),
    ("pde_undo", "bad0000", None),
    ("pde_scale", "bad0000", None),
    ("denied", "bbbbbbb", None),
    ("denied", "ccccccc", 7.107),
    ("podsecurity", "bbbbbbb", None),
]


def names(workload: Workload, tag: str) -> bool:
    return answer(workload.template.containers, Wanted(sha=tag)).named


@pytest.mark.parametrize(("recording", "tag", "moment"), FIRST_COMPLETE)
def test_a_template_is_complete_at_its_moment_and_not_before(recording: str, tag: str, moment: float | None) -> None:
    complete = [
        t
        for t, snapshot in snapshots(recording)
        if names(snapshot.workload, tag) and progress_of(snapshot).state is State.COMPLETE
    ]

    assert (complete[0] if complete else None) == moment


@pytest.mark.parametrize("recording", sorted(path.stem for path in RECORDINGS.glob("*.jsonl")))
def test_no_complete_state_is_contradicted_by_the_pods(recording: str) -> None:
    for t, snapshot in snapshots(recording):
        if progress_of(snapshot).state is not State.COMPLETE:
            continue
        live = [pod for pod in snapshot.pods or () if pod.is_live]
        assert all(pod.ready and not pod.deleting for pod in live), t
        assert len(live) == snapshot.workload.desired, t
        assert len({pod.revision for pod in live}) <= 1, t


@pytest.mark.parametrize("recording", ["pde_undo", "pde_scale"])
def test_a_stale_deadline_is_no_cause_when_the_good_image_is_back(recording: str) -> None:
    seen = [
        (t, [cause.key for cause in progress_of(snapshot).causes])
        for t, snapshot in snapshots(recording)
        if names(snapshot.workload, "aaaaaaa")
    ]

    assert all("deadline" not in keys for _, keys in seen)


@pytest.mark.parametrize(("recording", "moment"), [("pde_undo", 6.765), ("pde_scale", 5.828)])
def test_the_deadline_is_certain_at_once_when_it_is_the_new_replica_sets(recording: str, moment: float) -> None:
    certain = [
        t
        for t, snapshot in snapshots(recording)
        for cause in progress_of(snapshot).causes
        if cause.key == "deadline" and cause.fatal_after == 0
    ]

    assert certain[0] == moment


@pytest.mark.parametrize(
    ("recording", "words", "window"),
    [
        ("quota", "exceeded quota", None),
        ("denied", "image is not signed", 10.0),
        ("podsecurity", 'violates PodSecurity "restricted:latest"', 10.0),
    ],
)
def test_a_refused_creation_is_named_with_its_window(recording: str, words: str, window: float | None) -> None:
    causes = [cause for _, snapshot in snapshots(recording) for cause in progress_of(snapshot).causes]

    assert causes
    assert all(words in cause.text and cause.fatal_after == window for cause in causes)


def test_the_old_replica_sets_denial_is_no_cause_when_the_template_was_changed_again() -> None:
    causes = [
        cause.text
        for _, snapshot in snapshots("denied")
        if names(snapshot.workload, "ccccccc")
        for cause in progress_of(snapshot).causes
    ]

    assert causes == []


def test_a_paused_deployment_is_blocked_with_the_command_to_resume_it() -> None:
    blocked = [(t, progress_of(s)) for t, s in snapshots("paused") if progress_of(s).state is State.BLOCKED]

    assert blocked[0][0] == 1.844
    assert blocked[0][1].hint == "kubectl -n paused rollout resume deployment/d"
    assert blocked[-1][0] < 3.350


def test_on_delete_is_blocked_and_names_the_old_pods() -> None:
    blocked = [(t, progress_of(s)) for t, s in snapshots("sts_ondelete") if progress_of(s).state is State.BLOCKED]

    assert blocked[0][0] == 1.900
    assert "s-0, s-1 are old" in blocked[0][1].text
    assert blocked[0][1].hint == "kubectl -n sts-ondelete delete pod s-0 s-1"


def test_a_stateful_set_that_is_stuck_after_a_revert_names_the_pod_to_delete() -> None:
    stuck = [
        (t, cause)
        for t, snapshot in snapshots("sts_stuck")
        if t > 5.9
        for cause in progress_of(snapshot).causes
        if cause.blocks
    ]

    assert stuck[0][0] == 5.941
    assert stuck[-1][1].fatal_after == 1.0
    assert stuck[-1][1].hint == "kubectl -n sts-stuck delete pod s-1"


def test_a_daemon_set_that_matches_no_node_says_that_nothing_runs() -> None:
    *_, (_, last) = snapshots("ds_roll")

    assert progress_of(last).text == "no node matches: nothing runs"
