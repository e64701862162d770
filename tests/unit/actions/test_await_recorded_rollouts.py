"""Every recorded rollout, waited for: the verdict, the moment it is known, and the same with watches that fail."""

import pytest

from homelab_tasks.actions.rollouts.await_rollout import await_rollout
from homelab_tasks.actions.rollouts.request import Request
from homelab_tasks.model.events import Event, Verdict
from homelab_tasks.model.rollouts.image import Wanted
from homelab_tasks.model.rollouts.target import parse_targets
from homelab_tasks.model.verdict import Word
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster, Watching
from tests.recorded_rollouts import lines

NAMES = {"sts": "s", "ds_": "x"}
LATEST_SECONDS = 6.0  # by polling, a decided verdict is due within this
# Recording, tag, verdict, the moment that it is certain, and words of its reason.
STORIES = [
    ("rolling_update", "aaaaaaa", Word.ROLLED_OUT, 1.453, "4 of 4 available"),
    ("rolling_update", "bbbbbbb", Word.ROLLED_OUT, 5.673, "4 of 4 available"),
    ("rolling_update", "ccccccc", Word.ROLLED_OUT, 8.883, "4 of 4 available"),
    ("recreate_strategy", "bbbbbbb", Word.ROLLED_OUT, 5.159, "2 of 2 available"),
    ("paused", "bbbbbbb", Word.BLOCKED, 1.844, "it is paused"),
    ("quota", "bbbbbbb", Word.ROLLED_OUT, 10.227, "3 of 3 available"),
    ("superseded", "bbbbbbb", Word.SUPERSEDED, 2.368, "changed to reg/app:ccccccc"),
    ("superseded", "ccccccc", Word.SUPERSEDED, 4.762, "changed to reg/app:aaaaaaa"),
    ("sts_roll", "bbbbbbb", Word.ROLLED_OUT, 15.603, "3 of 3 available"),
    ("sts_stuck", "bad0000", Word.SUPERSEDED, 5.930, "changed to reg/app:aaaaaaa"),
    ("sts_ondelete", "bbbbbbb", Word.BLOCKED, 1.900, "OnDelete: s-0, s-1 are old"),
    ("sts_scaledown", "aaaaaaa", Word.ROLLED_OUT, 2.659, "3 of 3 available"),
    ("ds_roll", "bbbbbbb", Word.ROLLED_OUT, 3.775, "2 of 2 available"),
    ("ds_roll", "ccccccc", Word.ROLLED_OUT, 5.691, "no node matches: nothing runs"),
    ("pde_undo", "bad0000", Word.FAILED, 6.765, "progress deadline exceeded"),
    ("pde_scale", "bad0000", Word.FAILED, 5.828, "progress deadline exceeded"),
    ("denied", "ccccccc", Word.ROLLED_OUT, 7.107, "2 of 2 available"),
    ("denied", "bbbbbbb", Word.SUPERSEDED, 6.101, "changed to reg/app:ccccccc"),
    ("podsecurity", "bbbbbbb", Word.FAILED, 11.088, "violates PodSecurity"),
]
# What stands there from the second on (waiting begins then), where the tag was there before too.
LATER = [
    ("sts_stuck", "aaaaaaa", 5.925, Word.BLOCKED, 7.061, "s-1 is broken"),
    ("sts_scaledown", "aaaaaaa", 2.715, Word.ROLLED_OUT, 6.983, "1 of 1 available"),
    ("pde_undo", "aaaaaaa", 7.285, Word.ROLLED_OUT, 7.703, "2 of 2 available"),
    ("pde_scale", "aaaaaaa", 6.364, Word.ROLLED_OUT, 7.484, "1 of 1 available"),
    ("paused", "bbbbbbb", 3.351, Word.ROLLED_OUT, 5.318, "2 of 2 available"),
    ("sts_ondelete", "bbbbbbb", 3.921, Word.ROLLED_OUT, 5.911, "2 of 2 available"),
]


def wait(
    recording: str, tag: str, *, start: float = 0.0, watching: Watching = Watching.OPEN, until: float = 1e9
) -> tuple[Verdict, float, FakeCluster, list[Event]]:
    clock = FakeClock()
    clock.seconds = start
    cluster = FakeCluster([line for line in lines(recording) if line.t <= until], clock, watching)
    target = NAMES.get(recording[:3], "d")
    sha = tag + "0" * 33 if tag != "bad0000" else tag + "1" * 33
    request = Request(targets=parse_targets(f"e/{target}", namespace="e"), wanted=Wanted(sha=sha), timeout=60.0)
    events = list(await_rollout(cluster, request, clock=clock, retry_for=30))
    assert isinstance(events[-1], Verdict)
    return events[-1], clock.now(), cluster, events


@pytest.mark.parametrize(("recording", "tag", "word", "moment", "reason"), STORIES)
def test_the_verdict_comes_at_the_moment_it_is_certain_when_the_rollout_is_watched(
    recording: str, tag: str, word: Word, moment: float, reason: str
) -> None:
    verdict, ended, _, _ = wait(recording, tag)

    assert verdict.verdict is word
    assert reason in verdict.reason
    assert moment <= ended <= moment + 1.0


@pytest.mark.parametrize(("recording", "tag", "start", "word", "moment", "reason"), LATER)
def test_the_verdict_is_of_what_stands_there_when_the_wait_begins_later(
    *, recording: str, tag: str, start: float, word: Word, moment: float, reason: str
) -> None:
    verdict, ended, _, _ = wait(recording, tag, start=start)

    assert verdict.verdict is word
    assert reason in verdict.reason
    assert moment <= ended <= moment + 1.0


@pytest.mark.parametrize("watching", [Watching.DUPLICATED, Watching.CUT, Watching.SILENT, Watching.FORBIDDEN])
@pytest.mark.parametrize(("recording", "tag", "word", "moment", "reason"), STORIES)
def test_the_verdict_is_no_other_and_hardly_later_when_watches_fail(
    *, recording: str, tag: str, word: Word, moment: float, reason: str, watching: Watching
) -> None:
    # Nothing follows the decisive moment, for a state that comes and goes between two looks is never seen.
    begin = 0.0 if recording == "podsecurity" else moment - 0.4
    verdict, ended, _, _ = wait(recording, tag, start=begin, watching=watching, until=moment)

    assert verdict.verdict is word
    assert reason in verdict.reason
    assert moment <= ended <= moment + LATEST_SECONDS


@pytest.mark.parametrize("watching", list(Watching))
@pytest.mark.parametrize("recording", sorted({story[0] for story in STORIES}))
def test_requests_stay_within_the_budget(recording: str, watching: Watching) -> None:
    tag = next(story[1] for story in reversed(STORIES) if story[0] == recording)

    _, ended, cluster, _ = wait(recording, tag, watching=watching)

    per_second = 12 if watching is Watching.FORBIDDEN else 6
    assert cluster.requests <= 60 + per_second * ended
