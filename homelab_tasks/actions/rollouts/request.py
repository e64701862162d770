"""What is asked of a rollout, and how the ends of several targets become one."""

from collections.abc import Sequence

from msgspec import Struct

from homelab_tasks.actions.rollouts.journey import Journey
from homelab_tasks.actions.rollouts.report import Witness, failures_of, next_command
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import TargetVerdict, Verdict
from homelab_tasks.model.rollouts.image import Wanted
from homelab_tasks.model.rollouts.target import Target
from homelab_tasks.model.verdict import TARGETS_WORST_FIRST, worst


class Request(Struct, frozen=True, kw_only=True):
    """What is waited for: *wanted* on every one of *targets*. Durations are seconds; *commit* is for the verdict."""

    targets: tuple[Target, ...]
    wanted: Wanted
    timeout: float
    stable_for: float = 0.0
    commit: Commit | None = None


def verdict_of(journeys: Sequence[Journey], request: Request, witness: Witness, *, seconds: float) -> Verdict:
    """Join how *journeys* ended: the worst decides, and gives the reason and the hint."""
    ended = [(journey, journey.ending) for journey in journeys if journey.ending is not None]
    word = worst((ending.word for _, ending in ended), TARGETS_WORST_FIRST)
    journey, ending = next(pair for pair in ended if pair[1].word is word)
    same = sum(each.word is word for _, each in ended)
    others = f" (and {same - 1} more)" if same > 1 else ""
    return Verdict(
        verdict=word,
        reason=f"{journey.label}: {ending.reason}{others}",
        hint=next_command(journey),
        commit=request.commit.sha if request.commit is not None else None,
        failures=tuple(failure for each, _ in ended for failure in failures_of(each, witness)),
        targets=tuple(TargetVerdict(target=each.label, verdict=end.word, reason=end.reason) for each, end in ended),
        seconds=seconds,
    )
