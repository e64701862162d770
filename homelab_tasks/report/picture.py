"""What the live view knows: the stream of events so far, put together. Pure; times are seconds of one clock."""

from msgspec import Struct
from msgspec.structs import replace

from homelab_tasks.model.events import (
    Event,
    Land,
    Log,
    Phase,
    PipelineSeen,
    Rollout,
    Stage,
    StepSeen,
    TargetVerdict,
    Verdict,
    Watching,
    WorkflowSeen,
)
from homelab_tasks.report import landing_picture
from homelab_tasks.report.ci_picture import PipelineRow, pipeline_row
from homelab_tasks.report.elapsed import Elapsed, started
from homelab_tasks.report.landing_picture import Landing, LandRow


class TargetRow(Struct, frozen=True, kw_only=True):
    """
    A deployment target; *elapsed* is its current phase's, *before* are the phases before it, with their seconds.

    *reason* is why it *ended* like this, where the end of all does not say it.
    """

    seen: Rollout
    elapsed: Elapsed
    before: tuple[tuple[Phase, float], ...] = ()
    ended: TargetVerdict | None = None
    reason: str = ""

    @property
    def fraction(self) -> float | None:
        """
        How much is done, 0 to 1: the new pods that are ready, of all that are wanted or have yet to go.

        None where nothing has begun, or cannot be told. Where pods may not be read, the counts of the server stand
        in for them, once it has a new revision: before that they are the old one's.
        """
        seen = self.seen
        if seen.phase is Phase.IMAGE or not seen.desired or (seen.renewed is None and seen.revision is None):
            return None
        ready = seen.renewed if seen.renewed is not None else min(seen.updated or 0, seen.available or 0)
        return min(1.0, ready / (seen.desired + (seen.old or 0)))

    def phases(self, now: float) -> tuple[tuple[Phase, float], ...]:
        """All phases until *now*, with their seconds."""
        return (*self.before, (self.seen.phase, self.elapsed.value(now) or 0.0))

    def after(self, event: Rollout, now: float) -> "TargetRow":
        """Return the row with *event*, which was told at *now*."""
        if event.phase is self.seen.phase:
            return replace(self, seen=event)
        return TargetRow(seen=event, elapsed=started(now), before=self.phases(now))

    def stopped(self, verdict: Verdict, now: float, told: tuple[str, ...]) -> "TargetRow":
        """Return the row as it was at *now*, when all ended with *verdict*; its reason may be *told* already."""
        ended = next((each for each in verdict.targets if each.target == self.seen.target), None)
        reason = ended.reason if ended is not None and not any(ended.reason in text for text in told) else ""
        return replace(self, ended=ended, reason=reason, elapsed=self.elapsed.stopped(now))


class Picture(Struct, frozen=True, kw_only=True):
    """Everything that goes on, in the order in which it was first told."""

    began: float | None = None
    pipelines: dict[int, PipelineRow] = {}
    targets: dict[str, TargetRow] = {}
    landing: Landing = ()
    stages: dict[str, LandRow] = {}

    def after(self, event: Event, now: float) -> "Picture":  # noqa: PLR0911 - one for each kind of event
        """Return the picture with *event*, which was told at *now*."""
        match event:
            case Watching() if self.began is None:
                return replace(self, began=now)
            case PipelineSeen():
                row = pipeline_row(event, self.pipelines.get(event.number), now)
                return replace(self, pipelines={**self.pipelines, event.number: row})
            case WorkflowSeen() | StepSeen() | Log():
                return self._with_workflow(event, now)
            case Rollout():
                return replace(self, targets={**self.targets, event.target: self._target(event, now)})
            case Land():
                return replace(self, landing=landing_picture.after_step(self.landing, event, now))
            case Stage():
                landing = landing_picture.settled(self.landing, now, good=event.verdict.is_good)
                stages = {**self.stages, event.stage: landing_picture.stage_row(event)}
                return replace(self, landing=landing, stages=stages)
            case Verdict():
                return self._ended(event, now)
            case _:
                return self

    def fraction(self, now: float) -> float | None:
        """How much of what runs is done, 0 to 1; None where nothing is known of it."""
        running = [pipeline.fraction(now) for pipeline in self.pipelines.values() if pipeline.elapsed.runs]
        known = [part for part in (*running, *(row.fraction for row in self.targets.values())) if part is not None]
        return sum(known) / len(known) if known else None

    def shows(self, text: str) -> bool:
        """Is *text* the trouble of a target, which stands below it for as long as it lasts?"""
        return any(text == f"{name}: {each}" for name, row in self.targets.items() for each in row.seen.trouble)

    def ran(self, now: float) -> dict[int, float]:
        """Tell for each pipeline, by its number, how many seconds it had run at *now*."""
        ran = {number: pipeline.elapsed.value(now) for number, pipeline in self.pipelines.items()}
        return {number: seconds for number, seconds in ran.items() if seconds is not None}

    def _with_workflow(self, event: WorkflowSeen | StepSeen | Log, now: float) -> "Picture":
        pipeline = self.pipelines.get(event.pipeline)
        if pipeline is None:
            return self
        return replace(self, pipelines={**self.pipelines, event.pipeline: pipeline.after(event, now)})

    def _target(self, event: Rollout, now: float) -> TargetRow:
        known = self.targets.get(event.target)
        return known.after(event, now) if known is not None else TargetRow(seen=event, elapsed=started(now))

    def _ended(self, verdict: Verdict, now: float) -> "Picture":
        """Stop the clocks: nothing is looked at any more, though pipelines may go on."""
        told = (verdict.reason, *(stage.text for stage in self.stages.values()))
        return replace(
            self,
            pipelines={
                number: replace(row, elapsed=row.elapsed.stopped(now)) for number, row in self.pipelines.items()
            },
            targets={name: row.stopped(verdict, now, told) for name, row in self.targets.items()},
            landing=landing_picture.settled(self.landing, now, good=verdict.verdict.is_good),
            # The end of all says the same of the stage that decided it.
            stages={name: row for name, row in self.stages.items() if row.good or row.text not in verdict.reason},
        )
