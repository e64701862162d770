"""The verdict over all pipelines of a commit, in words."""

import shlex
from collections.abc import Iterable

from msgspec import Struct

from homelab_tasks.actions.pipelines.sight import Sight
from homelab_tasks.durations import format_duration
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Failure, PipelineSummary, Verdict
from homelab_tasks.model.pipelines.history import expectation
from homelab_tasks.model.pipelines.judgement import Judgement, workflow_name
from homelab_tasks.model.pipelines.pipeline import Pipeline, Status
from homelab_tasks.model.verdict import PIPELINES_WORST_FIRST, Word, worst


class Outcome(Struct, frozen=True):
    """How one judged pipeline ended: the judgement, and the pipeline that decided (its successor, if followed)."""

    judgement: Judgement
    sight: Sight

    @property
    def word(self) -> Word:
        """The word of the judgement."""
        return self.judgement.word


def worst_outcome(outcomes: Iterable[Outcome]) -> Outcome:
    """Pick the outcome that counts: the worst word, and of equals the newest pipeline."""
    newest_first = sorted(outcomes, key=lambda outcome: outcome.sight.pipeline.id, reverse=True)
    word = worst((outcome.word for outcome in newest_first), PIPELINES_WORST_FIRST)
    return next(outcome for outcome in newest_first if outcome.word is word)


def verdict_of(  # noqa: PLR0913 - what a verdict says, it must be told
    outcomes: list[Outcome],
    failures: tuple[Failure, ...],
    sights: Iterable[Sight],
    *,
    commit: Commit,
    task: str,
    seconds: float,
) -> Verdict:
    """
    Say how *outcomes* end together.

    *failures* are theirs, with the tails of their logs; *sights* are all pipelines that were looked at.
    """
    decisive = worst_outcome(outcomes)
    same = sum(outcome.word is decisive.word for outcome in outcomes)
    more = f" (and {same - 1} more)" if same > 1 and not decisive.word.is_good else ""
    return Verdict(
        verdict=decisive.word,
        reason=(_all_passed(outcomes) if decisive.word.is_good else decisive.judgement.reason) + more,
        hint=_hint(decisive),
        task=task,
        commit=commit.sha,
        url=decisive.sight.url,
        pipelines=summaries(sights),
        failures=failures,
        seconds=round(seconds, 3),
    )


def summaries(sights: Iterable[Sight]) -> tuple[PipelineSummary, ...]:
    """Name each pipeline once, in the order of their ids."""
    by_id = {sight.pipeline.id: sight for sight in sights}
    return tuple(
        PipelineSummary(number=sight.pipeline.number, status=sight.pipeline.status, url=sight.url)
        for _, sight in sorted(by_id.items())
    )


def _all_passed(outcomes: list[Outcome]) -> str:
    numbers = sorted({outcome.sight.pipeline.number for outcome in outcomes})
    named = ", ".join(f"#{number}" for number in numbers)
    blind = [outcome.sight for outcome in outcomes if not outcome.sight.is_detailed]
    return f"{named} passed" + (" (by the list alone: its workflows could not be read)" if blind else "")


HINTS = {
    Word.BLOCKED: "Approve: inv ci.approve --pipeline {number} --watch",
    Word.CANCELLED: "Run it again: inv ci.restart --pipeline {number} --watch",
    Word.SUPERSEDED: "See the newer one: inv ci.status --pipeline {successor}",
    Word.STUCK: "Is an agent with these labels connected? inv doctor",
    Word.SKIPPED: "Nothing was tested: check `when:` in the workflows",
}


def _hint(outcome: Outcome) -> str | None:
    pipeline = outcome.sight.pipeline
    if outcome.word is Word.FAILED:
        return _log_hint(outcome.judgement, pipeline.number)
    hint = HINTS.get(outcome.word)
    return hint and hint.format(number=pipeline.number, successor=pipeline.stopped_by.superseded_by)


def _log_hint(judgement: Judgement, number: int) -> str:
    first = judgement.failures[0] if judgement.failures else Failure()
    if first.workflow and first.step:
        return f"Log: inv ci.logs --pipeline {number} --step {shlex.quote(f'{first.workflow}/{first.step}')}"
    if judgement.failing:
        return f"Logs: inv ci.logs --pipeline {number} --all"
    return f"Run it again: inv ci.restart --pipeline {number} --watch"


def state_line(sight: Sight, now: float) -> str:
    """Say how far a pipeline is: `#128 running 1m04s, ~40s left: test > unit`."""
    pipeline = sight.pipeline
    parts = [f"#{pipeline.number} {pipeline.status}"]
    if pipeline.state is Status.RUNNING:
        parts.append(f" {format_duration(sight.running_seconds(now))}")
    elif sight.pending_seconds(now):
        parts.append(f" for {format_duration(sight.pending_seconds(now))}")
    remaining = sight.remaining_seconds(now)
    if remaining is not None and pipeline.state is Status.RUNNING:
        parts.append(f", {expectation(remaining)}")
    running = running_places(pipeline)
    return "".join(parts) + (f": {', '.join(running)}" if running else "")


def running_places(pipeline: Pipeline) -> list[str]:
    """Name what runs right now: `test > unit`, or the workflow where no step does."""
    places = []
    for workflow in pipeline.workflows or ():
        if workflow.status is not Status.RUNNING:
            continue
        name = workflow_name(workflow.name, workflow.environ)
        steps = [step.name for step in workflow.steps if step.status is Status.RUNNING]
        places += [f"{name} > {step}" for step in steps] or [name]
    return places
