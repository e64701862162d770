"""What a watch makes of one server, where a wrong verdict would be easy."""

from collections.abc import Callable

import pytest
from msgspec import structs

from homelab_tasks.actions.watch_pipelines import watch_pipelines
from homelab_tasks.actions.watch_request import WatchRequest
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Verdict
from homelab_tasks.model.pipeline import CancelInfo
from homelab_tasks.model.verdict import Word
from tests.fakes.clock import FakeClock
from tests.fakes.server import COMMIT, ROW, Life, ServerModel, started, states, with_cancel_info, workflow

GREEN, RED = (workflow("success", "success", "success"),), (workflow("failure", "success", "failure"),)
STOPPED = (workflow("killed", "success", "killed"),)
NEWER = "a7710bd" + "0" * 33
NO_HINTS = frozenset(range(100))


def watch(
    *lives: Life,
    contains: Callable[[str, str], bool | None] = lambda ancestor, descendant: True,
    clock: FakeClock | None = None,
) -> Verdict:
    model = ServerModel(clock or FakeClock(), lives, lost_hints=NO_HINTS)
    request = WatchRequest(repository="lab/app", commit=Commit(sha=COMMIT))
    *_, verdict = watch_pipelines(model, model.clock, request, contains=contains)
    assert isinstance(verdict, Verdict)
    return verdict


@pytest.mark.parametrize("appears", [1.0, 4.0, 7.9])
def test_a_pipeline_that_only_the_last_list_shows_is_waited_for(appears: float) -> None:
    first = structs.replace(ROW, id=1, number=1, ref="refs/heads/main")
    second = structs.replace(ROW, id=2, number=2, ref="refs/heads/topic")
    green = states(first, *started(first, 0.0, 8.0), (8.0, "success", GREEN))
    red = states(second, *started(second, appears, 30.0), (appears + 30.0, "failure", RED))

    verdict = watch(green, red)

    assert verdict.verdict is Word.FAILED
    assert [summary.number for summary in verdict.pipelines] == [1, 2]


@pytest.mark.parametrize(
    ("contained", "word"), [(True, Word.PASSED), (None, Word.PASSED), (False, Word.SUPERSEDED)], ids=str
)
def test_a_successor_that_does_not_contain_the_commit_is_not_followed(contained: bool | None, word: Word) -> None:
    old = structs.replace(ROW, id=1, number=1)
    new = structs.replace(ROW, id=2, number=2, commit=NEWER)
    stopped = states(old, *started(old, 0.0, 5.0), (5.0, "killed", STOPPED))
    replaced = with_cancel_info(stopped, 5.0, CancelInfo(superseded_by=2))
    green = states(new, *started(new, 4.9, 10.0), (15.0, "success", GREEN))
    asked: list[tuple[str, str]] = []

    def contains(ancestor: str, descendant: str) -> bool | None:
        asked.append((ancestor, descendant))
        return contained

    verdict = watch(replaced, green, contains=contains)

    assert verdict.verdict is word
    assert set(asked) == {(COMMIT, NEWER)}


@pytest.mark.parametrize("end", [10.0, 61.0, 200.0])
def test_the_verdict_comes_seconds_later_when_the_stream_is_dead(end: float) -> None:
    clock = FakeClock()
    life = states(structs.replace(ROW, id=1, number=1), *started(ROW, 0.0, end), (end, "success", GREEN))

    verdict = watch(life, clock=clock)

    assert verdict.verdict is Word.PASSED
    assert clock.now() <= end + 6
