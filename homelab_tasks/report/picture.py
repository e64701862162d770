"""What the live view knows: the stream of events so far, put together. Pure; times are seconds of one clock."""

from msgspec import Struct
from msgspec.structs import replace

from homelab_tasks.model.events import (
    Event,
    Land,
    Log,
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
    """A deployment target; *elapsed* is its current phase's."""

    seen: Rollout
    elapsed: Elapsed
    ended: TargetVerdict | None = None

    @property
    def fraction(self) -> float | None:
        """How much is done, 0 to 1: new pods, and pods that serve, each count half."""
        if not self.seen.desired:
            return None
        return ((self.seen.updated or 0) + (self.seen.available or 0)) / (2 * self.seen.desired)


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
        if known is not None and known.seen.phase is event.phase:
            return replace(known, seen=event)
        return TargetRow(seen=event, elapsed=started(now))

    def _ended(self, verdict: Verdict, now: float) -> "Picture":
        """Stop the clocks: nothing is looked at any more, though pipelines may go on."""
        ends = {target.target: target for target in verdict.targets}
        return replace(
            self,
            pipelines={
                number: replace(row, elapsed=row.elapsed.stopped(now)) for number, row in self.pipelines.items()
            },
            targets={
                name: replace(row, ended=ends.get(name), elapsed=row.elapsed.stopped(now))
                for name, row in self.targets.items()
            },
            landing=landing_picture.settled(self.landing, now, good=verdict.verdict.is_good),
        )
