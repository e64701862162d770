"""Which pipeline an operation is for: the one that was named, or the only one of a commit that it fits."""

from collections.abc import Generator, Iterable
from typing import Protocol

from msgspec import Struct

from homelab_tasks.actions.pipelines.find_pipelines import PipelineDetails, PipelineList, Survey, find_pipeline
from homelab_tasks.actions.waiting import Patience
from homelab_tasks.errors import MissingError, UsageError
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Event
from homelab_tasks.model.pipelines.operation import Operation
from homelab_tasks.model.pipelines.pipeline import Pipeline, Repository
from homelab_tasks.model.pipelines.selection import Selection


class Ci(PipelineList, PipelineDetails, Protocol):
    """What choosing asks of the CI server."""


class Choice(Struct, frozen=True, kw_only=True):
    """
    What was asked for: pipeline *number*, or one of *commit*, those triggered by *events* first.

    A *number* of another commit than *commit* is refused, unless *any_commit*.
    """

    commit: Commit | None = None
    number: int | None = None
    events: tuple[str, ...] = ("push",)
    any_commit: bool = False


def choose_pipeline(
    ci: Ci, patience: Patience, repository: Repository, choice: Choice, operation: Operation
) -> Generator[Event, None, Pipeline]:
    """
    Find the pipeline, with its workflows.

    Raises MissingError when there is none, UsageError when it is another commit's, when there is none of which
    *operation* is possible, or more than one.
    """
    number = choice.number
    if number is None:
        if choice.commit is None:
            raise UsageError(f"neither a commit nor a pipeline to {operation}", hint="give --sha or --pipeline")
        number = yield from _number_of(ci, patience, repository, choice.commit, choice.events, operation)
    required = None if choice.any_commit else choice.commit
    restarted = operation is Operation.RESTART
    hint = "--any-commit restarts it all the same" if restarted else "leave out --sha or --pipeline"
    return (yield from find_pipeline(ci, patience, repository, number, of=required, hint=hint))


def _number_of(  # noqa: PLR0913, PLR0917 - what the choice is made of, taken apart
    ci: Ci,
    patience: Patience,
    repository: Repository,
    commit: Commit,
    events: tuple[str, ...],
    operation: Operation,
) -> Generator[Event, None, int]:
    survey = Survey(ci, patience, repository.id, not_before=commit.committed)
    yield from survey.read(commit.sha)
    everything = tuple(row for row in survey.rows.values() if row.commit == commit.sha)
    selection = Selection(commit=commit.sha, events=events)
    others = Selection(commit=commit.sha, events=tuple({row.event for row in everything}))
    for candidates in (selection.judged(everything), others.judged(everything)):
        fitting = [row for row in candidates if operation.is_possible(row)]
        if len(fitting) > 1:
            raise _ambiguous(commit, fitting, operation)
        if fitting:
            return fitting[0].number
    if not everything:
        raise MissingError(f"no pipeline for {commit.short} on {ci.server}", hint="Is it pushed? inv ci.status")
    newest = max(everything, key=lambda row: row.id)
    raise UsageError(operation.refusal(newest), hint="give --pipeline for an older one")


def _ambiguous(commit: Commit, rows: Iterable[Pipeline], operation: Operation) -> UsageError:
    named = ", ".join(f"#{row.number} ({row.event} on {row.branch or row.ref}, {row.status})" for row in rows)
    problem = f"{commit.short} has more than one pipeline that can be {operation.done}: {named}"
    return UsageError(problem, hint="say which: --pipeline NUMBER")
