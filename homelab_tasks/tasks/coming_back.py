"""What goes on when a task is stopped, and the command that comes back to it."""

import shlex
from typing import Any

from msgspec import structs

from homelab_tasks.model.commit import SHORT_SHA_LENGTH
from homelab_tasks.model.events import Event, PipelineSeen, PipelineSummary, Verdict, Watching
from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.model.verdict import Word

POSITIONAL = frozenset({"target", "topic"})
NOT_REPEATED = frozenset({"ci.restart", "ci.cancel", "ci.approve", "ci.decline", "ci.run"})
"""Tasks that would do it again: to come back to them is to look."""


class Progress:
    """What a task told so far, to complete the verdict of one that ended in mid-work."""

    def __init__(self, task: str, flags: dict[str, Any]) -> None:
        """Begin *task*, which was called with *flags*."""
        self._task = task
        self._flags = flags
        self._watching: Watching | None = None
        self._pipelines: dict[int, PipelineSeen] = {}

    def notice(self, event: Event) -> None:
        """Remember what a verdict will want to name."""
        if isinstance(event, Watching):
            self._watching = event
        elif isinstance(event, PipelineSeen) and event.judged:
            self._pipelines[event.id] = event

    def complete(self, verdict: Verdict, *, seconds: float) -> Verdict:
        """Fill in what *verdict* does not say itself."""
        watching = self._watching or Watching(task=self._task)
        commit = verdict.commit or watching.commit
        is_away = verdict.verdict is Word.UNAVAILABLE
        nothing = f". This says nothing about {commit[:SHORT_SHA_LENGTH]}" if is_away and commit else ""
        return structs.replace(
            verdict,
            reason=verdict.reason + nothing,
            hint=verdict.hint or (f"Try again: {self._command()}" if is_away else None),
            task=verdict.task or self._task,
            commit=commit,
            url=verdict.url or watching.url,
            pipelines=verdict.pipelines or self._summaries(),
            seconds=round(seconds, 3) if verdict.seconds is None else verdict.seconds,
        )

    def interrupted(self, signal_name: str) -> Verdict:
        """Say what goes on without us, and how to come back."""
        going = [seen for seen in self._pipelines.values() if not Status(seen.status).is_final]
        goes_on = ", ".join(f"#{seen.number} goes on ({seen.status})" for seen in going)
        reason = f"stopped by {signal_name}" + (f"; {goes_on}" if goes_on else "")
        return Verdict(verdict=Word.INTERRUPTED, reason=reason, hint=f"Come back: {self._command()}")

    def _command(self) -> str:
        """Write the command line that does the same again, for the same commit."""
        if self._task == "work.land":
            return "inv work.land --resume"
        if self._task in NOT_REPEATED:
            newest = max(self._pipelines, default=None)
            return f"inv ci.watch --pipeline {self._pipelines[newest].number}" if newest else "inv ci.status"
        line = ["inv", self._task]
        for name, value in self._flags.items():
            flag = "--" + name.replace("_", "-")
            if name in POSITIONAL and value:
                line.insert(2, str(value))
            elif value is True:
                line.append(flag)
            elif value and name != "sha":
                line += [flag, str(value)]
        commit = self._watching.commit if self._watching else None
        if commit and not self._flags.get("pipeline"):
            line += ["--sha", commit]
        return shlex.join(line)

    def _summaries(self) -> tuple[PipelineSummary, ...]:
        return tuple(
            PipelineSummary(number=seen.number, status=seen.status, url=seen.url)
            for _, seen in sorted(self._pipelines.items())
        )
