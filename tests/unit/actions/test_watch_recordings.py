"""Every recording of a real server ends in the right verdict, whatever becomes of the event stream."""

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from homelab_tasks.actions.pipelines.board import Rules
from homelab_tasks.actions.pipelines.watch_pipelines import watch_pipelines
from homelab_tasks.actions.pipelines.watch_request import WatchRequest
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Event, Note, Verdict
from homelab_tasks.model.pipelines.hints import Hint
from homelab_tasks.model.verdict import Word
from tests.fakes.clock import FakeClock
from tests.fakes.recording import Rearrange, RecordedCi

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Case:
    """A recording, the push in it that is watched, and how that ends."""

    name: str
    word: Word
    reason: str
    push: int = 0
    begin: float | None = None  # of the watch, in seconds of the recording; None is when the push was done
    rules: Rules = field(default_factory=Rules)

    def __str__(self) -> str:
        return f"{self.name}-{self.push}-{self.word}"


CASES = [
    Case("success_2x2", Word.PASSED, "#2 passed"),
    Case("failing_step", Word.FAILED, "exited with 3"),
    Case("failure_ignore", Word.PASSED, "passed"),
    Case("failure_cancel", Word.FAILED, "exited with"),
    Case("config_error", Word.FAILED, "could not run"),
    Case("config_error", Word.FAILED, "could not run", push=1),
    Case("filtered", Word.SKIPPED, "vanished", begin=3.06),
    Case("filtered", Word.MISSING, "no push pipeline"),  # the row lived for 130 ms, between two polls
    Case("filtered", Word.PASSED, "passed", push=1),
    Case("ci_skip", Word.SKIPPED, "so Woodpecker makes no pipeline"),
    Case("no_config", Word.SKIPPED, "vanished", begin=3.6),
    Case("superseded", Word.PASSED, "#12 passed"),
    Case("superseded", Word.SUPERSEDED, "#11 was replaced by #12", rules=Rules(follow=False)),
    Case("superseded", Word.PASSED, "#12 passed", push=1),
    Case("cancelled_running", Word.CANCELLED, "cancelled by lab"),
    Case("cancelled_pending", Word.CANCELLED, "cancelled by lab"),
    Case("agent_absent", Word.PASSED, "passed"),
    Case("agent_absent", Word.STUCK, "nothing else moves", rules=Rules(stuck_after=2)),
    Case("label_no_match", Word.CANCELLED, "cancelled by lab"),
    Case("blocked_approved", Word.BLOCKED, "waits for approval"),
    Case("blocked_approved", Word.PASSED, "passed", rules=Rules(wait_for_approval=True)),
    Case("blocked_declined", Word.BLOCKED, "waits for approval"),
    Case("blocked_declined", Word.CANCELLED, "declined by lab", rules=Rules(wait_for_approval=True)),
    Case("restart_failed", Word.FAILED, "exited with"),
    Case("matrix3", Word.PASSED, "passed"),
    Case("depends_on_skip", Word.FAILED, "exited with"),
    Case("step_when_status", Word.FAILED, "exited with"),
    Case("tag_and_push", Word.PASSED, "passed"),
    Case("server_killed", Word.PASSED, "passed"),
    Case("cancelled_then_success", Word.PASSED, "passed"),
    Case("cancelled_after_restart", Word.CANCELLED, "cancelled by lab"),
    Case("server_down", Word.MISSING, "no push pipeline"),
    Case("log_timing", Word.PASSED, "passed"),
]


def _silent(stream: list[tuple[float, Hint]]) -> list[tuple[float, Hint]]:
    return []


def _doubled(stream: list[tuple[float, Hint]]) -> list[tuple[float, Hint]]:
    return stream + [(at + 0.3, hint) for at, hint in stream]


def _shuffled(seed: int) -> Rearrange:
    def shuffle(stream: list[tuple[float, Hint]]) -> list[tuple[float, Hint]]:
        hints = [hint for _, hint in stream]
        random.Random(seed).shuffle(hints)
        return [(at, hint) for (at, _), hint in zip(stream, hints, strict=True)]

    return shuffle


def _lossy(seed: int) -> Rearrange:
    def lose(stream: list[tuple[float, Hint]]) -> list[tuple[float, Hint]]:
        dice = random.Random(seed)
        return [item for item in stream if dice.random() < 0.5]

    return lose


STREAMS: dict[str, Rearrange] = {
    "as-sent": list,
    "silent": _silent,
    "doubled": _doubled,
    "shuffled-1": _shuffled(1),
    "shuffled-2": _shuffled(2),
    "lossy-1": _lossy(1),
    "lossy-2": _lossy(2),
}


def watch(case: Case, *, rearrange: Rearrange = list, **ci: bool) -> tuple[list[Event], FakeClock]:
    clock = FakeClock()
    server = RecordedCi(case.name, clock, rearrange=rearrange, **ci)
    sha, message, pushed = server.recording.pushed(case.push)
    clock.sleep(pushed if case.begin is None else case.begin)
    request = WatchRequest(
        repository=server.recording.meta["repo"], commit=Commit(sha=sha, message=message), rules=case.rules
    )
    contains: Callable[[str, str], bool | None] = lambda ancestor, descendant: True  # noqa: E731
    return list(watch_pipelines(server, clock, request, contains=contains)), clock


def verdict_of(events: list[Event]) -> Verdict:
    verdicts = [event for event in events if isinstance(event, Verdict)]
    assert verdicts == events[-1:], "the verdict comes once, and last"
    return verdicts[0]


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_recorded_server_ends_in_the_right_verdict(case: Case, stream: str) -> None:
    events, _ = watch(case, rearrange=STREAMS[stream])

    verdict = verdict_of(events)
    assert (verdict.verdict, case.reason in verdict.reason) == (case.word, True), verdict


@pytest.mark.parametrize("case", [case for case in CASES if case.word is not Word.STUCK], ids=str)
def test_list_alone_gives_the_right_verdict_when_every_detail_is_empty(case: Case) -> None:
    events, _ = watch(case, blind=True)

    verdict = verdict_of(events)
    assert verdict.verdict is case.word, verdict


@pytest.mark.parametrize("case", [case for case in CASES if case.word is Word.FAILED], ids=str)
def test_verdict_is_right_and_the_tail_is_named_as_missing_when_logs_cannot_be_read(case: Case) -> None:
    events, _ = watch(case, mute_logs=True)

    verdict = verdict_of(events)
    assert verdict.verdict is Word.FAILED
    steps = [failure for failure in verdict.failures if failure.step]
    warnings = [event.text for event in events if isinstance(event, Note) and "could not be shown" in event.text]
    assert len(warnings) == len(steps)


def test_failing_step_is_told_with_its_exit_code_and_the_end_of_its_log() -> None:
    events, _ = watch(Case("failing_step", Word.FAILED, ""))

    [failure] = verdict_of(events).failures
    assert (failure.workflow, failure.step, failure.exit_code) == ("build", "unit", 3)
    assert "echo unit two" in failure.tail
