"""Carry a change all the way: land it, follow its CI, wait for its rollout; what is not good ends it."""

from collections.abc import Callable, Generator, Iterator

from msgspec import Struct, structs

from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Event, Stage, Verdict
from homelab_tasks.model.verdict import Word

Watch = Callable[[str], Iterator[Event]]
"""Follows the commit with the given sha; ends in a verdict."""


class Journey(Struct, frozen=True, kw_only=True):
    """The stages of a delivery; those that were not asked for are None."""

    land: Callable[[], Iterator[Event]]
    watch: Watch | None
    wait: Watch | None


def deliver(journey: Journey) -> Iterator[Event]:
    """Go through the stages; the last event is the verdict of the whole, which names the stage that decided it."""
    landing = yield from _stage("land", journey.land)
    if landing.verdict is not Word.LANDED or landing.commit is None:
        yield landing
        return
    done = landing
    for name, follow, good in (("ci", journey.watch, "its CI passed"), ("deploy", journey.wait, "it is rolled out")):
        if follow is None:
            continue
        verdict = yield from _stage(name, lambda follow=follow: follow(landing.commit or ""))  # type: ignore[misc]
        if not verdict.verdict.is_good:
            yield _but(landing, verdict)
            return
        done = _and(done, verdict, good)
    yield done


def _stage(name: str, start: Callable[[], Iterator[Event]]) -> Generator[Event, None, Verdict]:
    """Pass the events of a stage on, and tell how it ended; an error that it raises is its end, too."""
    verdict: Verdict | None = None
    try:
        for event in start():
            if isinstance(event, Verdict):
                verdict = event
                break
            yield event
    except HomelabError as error:
        verdict = Verdict(verdict=Word(error.word), reason=error.problem, hint=error.hint)
    if verdict is None:
        raise HomelabError(f"stage {name} ended without a verdict")
    verdict = structs.replace(verdict, stage=name)
    yield Stage(stage=name, verdict=verdict.verdict, reason=verdict.reason)
    return verdict


def _but(landing: Verdict, verdict: Verdict) -> Verdict:
    """Say that the change is on the trunk although a later stage is not good."""
    what = {"ci": "CI", "deploy": "its rollout"}[verdict.stage or "ci"]
    state = "is red" if verdict.verdict is Word.FAILED and verdict.stage == "ci" else f"ended with {verdict.verdict}"
    commit = (landing.commit or "")[:12]
    hint = verdict.hint
    if verdict.verdict is Word.FAILED:
        revert = f"git revert -m 1 {commit} on a topic, then inv work.land"
        hint = f"{hint}. Revert: {revert}" if hint else f"revert: {revert}"
    return structs.replace(
        verdict,
        reason=f"landed, but {what} {state}: {landing.reason}; {verdict.reason}",
        commit=landing.commit,
        hint=hint,
    )


def _and(done: Verdict, verdict: Verdict, good: str) -> Verdict:
    return structs.replace(
        done,
        reason=f"{done.reason}, {good}",
        url=verdict.url or done.url,
        pipelines=verdict.pipelines or done.pipelines,
        targets=verdict.targets or done.targets,
        stage=verdict.stage,
    )
