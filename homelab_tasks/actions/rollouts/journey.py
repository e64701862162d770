"""One target on its way: waiting for the image, then for the rollout, then for it to stay that way."""

from collections.abc import Iterator

from msgspec import Struct

from homelab_tasks.actions.rollouts.recognition import Commits, Recognition
from homelab_tasks.actions.rollouts.stability import Stability
from homelab_tasks.actions.rollouts.view import View
from homelab_tasks.durations import format_duration
from homelab_tasks.model.events import Event, Note, NoteKind, Phase, Rollout
from homelab_tasks.model.rollouts.cause import Cause, Sightings, next_ripening, ripe
from homelab_tasks.model.rollouts.image import Answer, Wanted
from homelab_tasks.model.rollouts.progress import progress_of
from homelab_tasks.model.rollouts.rollout import Progress, State
from homelab_tasks.model.rollouts.target import Target
from homelab_tasks.model.rollouts.workload import Workload
from homelab_tasks.model.verdict import Word

ABSENT_SECONDS = 0.6
"""How long a workload must be gone before it is deleted, and not about to be made anew (kubectl replace --force)."""


class Ending(Struct, frozen=True, kw_only=True):
    """How a target ended; *cause* is what was wrong with it, where something was."""

    word: Word
    reason: str
    hint: str | None = None
    cause: Cause | None = None


class Journey:
    """What was seen of one target, and what follows from it. It asks nobody: it is shown a View."""

    def __init__(
        self, target: Target, wanted: Wanted, *, stable_for: float = 0.0, commits: Commits | None = None
    ) -> None:
        """Wait for *wanted* on *target*; *commits* says which commits an abbreviated sha may mean."""
        self.target, self.wanted = target, wanted
        self.phase = Phase.IMAGE
        self.ending: Ending | None = None
        self.progress: Progress | None = None
        self.found: Answer | None = None
        self.workload: Workload | None = None
        self._recognition = Recognition(wanted, pinned=target.container, commits=commits)
        self._stability = Stability(stable_for)
        self._uid: str | None = None
        self._sightings = Sightings(since={})
        self._absent_since: float | None = None
        self._said: set[str] = set()
        self._shown: Rollout | None = None

    @property
    def label(self) -> str:
        """The target as it is named in events: with its kind, once that is known."""
        container = f":{self.target.container}" if self.target.container else ""
        return f"{self.workload}{container}" if self.workload is not None else str(self.target)

    @property
    def is_named(self) -> bool:
        """Has it named the image?"""
        return self._uid is not None

    def names_it(self, workload: Workload) -> bool:
        """Does *workload* name the image, so that its pods are worth reading?"""
        return self.is_named or self._recognition.answer(workload).named

    def observe(self, view: View, now: float) -> Iterator[Event]:
        """Take *view* in at time *now*; yields what changed, and sets the ending when there is one."""
        workload = view.workload
        if workload is None:
            yield from self._absent(now)
            return
        self.workload = workload
        if not workload.deleting:
            self._absent_since = None
        self.found = self._recognition.answer(workload)
        if self._uid is None and (not self.found.named or workload.deleting):
            yield from self._waits_for_image(workload, self.found)
            return
        if self._uid is None:
            self._uid, self.phase = workload.uid, Phase.ROLLOUT
        if workload.uid != self._uid:
            self._superseded(workload, "it was deleted and made anew while it was waited for")
        elif workload.deleting:
            yield from self._absent(now)
        elif not self.found.named:
            self._superseded(workload, self._recognition.changed_text(workload, self.found))
        else:
            yield from self._follow(view, now)

    def state_text(self) -> str:
        """Where it stands, with what is wrong first."""
        if not self.is_named or self.progress is None:
            return self.image_text()
        cause = self.top_cause()
        return f"{self.progress.text}{f'; {cause.text}' if cause is not None else ''}"

    def top_cause(self) -> Cause | None:
        """What is wrong, the surest of it."""
        return self.progress.causes[0] if self.progress is not None and self.progress.causes else None

    def next_time(self) -> float | None:
        """The time at which something follows from what is known already."""
        times = [
            next_ripening(self.progress.causes if self.progress else (), self._sightings.since),
            self._stability.reached_at,
            None if self._absent_since is None else self._absent_since + ABSENT_SECONDS,
        ]
        return min((time for time in times if time is not None), default=None)

    def _absent(self, now: float) -> Iterator[Event]:
        if not self.is_named:
            self.found = None
            yield from self._show(Rollout(target=self.label, phase=self.phase, text="it does not exist yet"))
            return
        self._absent_since = now if self._absent_since is None else self._absent_since
        if now - self._absent_since >= ABSENT_SECONDS:
            self._end(Word.FAILED, "it was deleted while it was waited for", hint="apply it again, and wait anew")

    def _waits_for_image(self, workload: Workload, found: Answer) -> Iterator[Event]:
        yield from self._show(self._rollout(workload, self._recognition.waiting_text(workload, found)))
        if found.warning is not None:
            yield from self._say(f"{self.label}: {found.warning}", found.hint)

    def image_text(self) -> str:
        """What stands there instead of the image, and since when."""
        if self.workload is None or self.found is None:
            return "it does not exist"
        if self.found.image is None:
            return self.found.warning or "it names no image"
        return f"{self.found.image} {self._recognition.waiting_text(self.workload, self.found)}"

    def _follow(self, view: View, now: float) -> Iterator[Event]:
        snapshot = view.snapshot()
        if snapshot is None:
            return
        progress = self.progress = progress_of(snapshot)
        if progress.state is State.COMPLETE:
            yield from self._complete(snapshot.workload, progress, now)
            return
        self._stability.interrupt()
        self.phase = Phase.ROLLOUT
        yield from self._show(self._rollout(snapshot.workload, progress.text))
        for cause in self._sightings.update(progress.causes, now):
            yield from self._say(f"{self.label}: {cause.text}", None)
        self._judge(progress, now)

    def _judge(self, progress: Progress, now: float) -> None:
        certain = ripe(progress.causes, self._sightings.since, now)
        if certain is not None and certain.blocks:
            self._end(Word.BLOCKED, certain.text, hint=certain.hint, cause=certain)
        elif certain is not None:
            about_a_pod = next((cause for cause in progress.causes if cause.pod and not cause.blocks), None)
            also = f"; {about_a_pod.text}" if about_a_pod is not None and certain.pod is None else ""
            self._end(Word.FAILED, f"{certain.text}{also}", cause=certain if certain.pod else about_a_pod or certain)
        elif progress.state is State.BLOCKED:
            self._end(Word.BLOCKED, progress.text, hint=progress.hint)

    def _complete(self, workload: Workload, progress: Progress, now: float) -> Iterator[Event]:
        self._sightings.update((), now)
        done = f"{self.found.image if self.found else self.wanted.text}: {progress.text}"
        seconds = self._stability.seconds
        if not seconds:
            yield from self._show(self._rollout(workload, progress.text))
            self._end(Word.ROLLED_OUT, done)
            return
        self.phase, restart = Phase.STABLE, self._stability.restart(progress, now)
        yield from self._show(self._rollout(workload, f"{progress.text}, watched for {format_duration(seconds)}"))
        if restart is not None:
            self._end(Word.FAILED, restart.text, cause=restart)
        elif self._stability.reached_at is not None and now >= self._stability.reached_at:
            self._end(Word.ROLLED_OUT, f"{done}, stable for {format_duration(seconds)}")

    def _rollout(self, workload: Workload, text: str) -> Rollout:
        progress = self.progress
        return Rollout(
            target=self.label,
            phase=self.phase,
            image=self.found.image if self.found is not None else None,
            desired=workload.desired,
            updated=workload.updated,
            ready=workload.ready,
            available=workload.available,
            renewed=progress.renewed if progress is not None else None,
            old=progress.old if progress is not None else None,
            revision=progress.revision if progress is not None else None,
            text=text,
            trouble=tuple(cause.text for cause in progress.causes) if progress is not None else (),
        )

    def _show(self, event: Rollout) -> Iterator[Event]:
        if event != self._shown:
            self._shown = event
            yield event

    def _say(self, text: str, hint: str | None) -> Iterator[Event]:
        if text not in self._said:
            self._said.add(text)
            yield Note(kind=NoteKind.WARNING, text=f"{text}. {hint}" if hint else text)

    def _superseded(self, workload: Workload, reason: str) -> None:
        hint = f"kubectl -n {workload.namespace} rollout history {workload.reference}"
        self._end(Word.SUPERSEDED, reason, hint=hint)

    def _end(self, word: Word, reason: str, *, hint: str | None = None, cause: Cause | None = None) -> None:
        self.ending = Ending(word=word, reason=reason, hint=hint, cause=cause)
