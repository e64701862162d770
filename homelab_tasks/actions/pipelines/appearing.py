"""What is said while, and when, a commit has no pipeline."""

from collections.abc import Iterable

from homelab_tasks.actions.pipelines.sight import Sight
from homelab_tasks.durations import format_duration
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Verdict
from homelab_tasks.model.pipelines.pipeline import Pipeline, Status
from homelab_tasks.model.pipelines.selection import Selection
from homelab_tasks.model.verdict import Word

EVENTS_WITH_MARKER = frozenset({"push", "pull_request", "pull_request_closed", "pull_request_metadata"})
"""Events that a `[ci skip]` in the commit message keeps from making a pipeline (server >= 2.5)."""


def skipped_by_message(commit: Commit, selection: Selection) -> Verdict | None:
    """Say so when the commit's message told Woodpecker to make no pipeline."""
    if commit.skip_marker is None or not EVENTS_WITH_MARKER.issuperset(selection.events):
        return None
    events = " and ".join(selection.events)
    reason = f'the commit message holds "{commit.skip_marker}", so Woodpecker makes no pipeline for {events}'
    return Verdict(verdict=Word.SKIPPED, reason=reason, hint="Run it all the same: inv ci.run --branch BRANCH")


def vanished(sights: Iterable[Sight]) -> Verdict | None:
    """
    Say what became of pipelines that are not in the list any more.

    A row is made before its configuration is read, and deleted when nothing is left to run
    (server/pipeline/create.go:80-131); a row that had begun was deleted by somebody.
    """
    last = max(sights, key=lambda sight: sight.pipeline.id, default=None)
    if last is None:
        return None
    number = last.pipeline.number
    if last.pipeline.state in {Status.CREATED, Status.PENDING} and not last.pipeline.workflows:
        reason = f"#{number} appeared and vanished: there is no configuration, or every workflow was filtered out"
        return Verdict(verdict=Word.SKIPPED, reason=reason, hint="Check `when:` in the workflows")
    reason = f"#{number} was deleted on the server; it was {last.pipeline.status} when last seen"
    return Verdict(verdict=Word.MISSING, reason=reason, hint="Run it again: inv ci.run --branch BRANCH")


def never_appeared(commit: Commit, selection: Selection, others: tuple[Pipeline, ...], waited: float) -> Verdict:
    """Say that no pipeline of *commit* is there after *waited* seconds, and what is there instead."""
    events = "/".join(selection.events)
    within = f" within {format_duration(waited)}" if waited else ""
    branch = f" on branch {selection.branch}" if selection.branch else ""
    reason = f"no {events} pipeline for {commit.short}{branch}{within}"
    if others:
        seen = ", ".join(f"{row.event} on {row.branch or row.ref} (#{row.number})" for row in others)
        hint = f"Judge these with --events: inv ci.watch --events {others[0].event}"
        return Verdict(verdict=Word.MISSING, reason=f"{reason}. Events seen: {seen}", hint=hint)
    hint = "Is it pushed, and does the repository's webhook deliver? inv doctor"
    return Verdict(verdict=Word.MISSING, reason=reason, hint=hint)
