"""
Run a branch by hand.

The server answers 500 without a word for a branch that it does not know, so that the forge's list of branches is
asked before that is taken for an outage. A run is not ordered twice before it was read whether the first one is there.
"""

import difflib
from collections.abc import Iterator, Mapping
from typing import Protocol

from msgspec import Struct

from homelab_tasks.actions.pipelines.operate_pipeline import Watch, tell
from homelab_tasks.actions.pipelines.operator import Office, Operator, admit
from homelab_tasks.actions.waiting import Clock, Patience
from homelab_tasks.errors import HomelabError, TransientError, UsageError
from homelab_tasks.model.events import Event, Verdict
from homelab_tasks.model.pipelines.pipeline import Pipeline
from homelab_tasks.model.verdict import Word

BRANCHES_PER_PAGE = 50  # the most that the server gives
PAGES_MOST = 40


class Desk(Office, Protocol):
    """What running asks of the CI server."""

    def branches(self, repository_id: int, *, page: int = 1) -> tuple[str, ...]:
        """A page of the forge's branches."""

    def create(self, repository_id: int, branch: str, variables: dict[str, str]) -> Pipeline | None:
        """Make a pipeline of a branch, in a single try; None when all of it was filtered out."""


class RunRequest(Struct, frozen=True, kw_only=True):
    """Which branch to run, the repository's default one without *branch*; *variables* are shown to every step."""

    repository: str
    branch: str | None = None
    variables: Mapping[str, str] = {}
    task: str = "ci.run"
    retry_for: float = 30.0


def run_pipeline(ci: Desk, clock: Clock, request: RunRequest, *, watch: Watch | None = None) -> Iterator[Event]:
    """
    Make a pipeline; the last event is the verdict: `ok`, or with *watch* the verdict of the watch.

    The verdict is `skipped` when nothing in the configuration is for a manual run, `failed` when the pipeline could
    not run. Raises UsageError for a branch that is not there, DeniedError naming the right, and UnavailableError.
    """
    patience = Patience(clock, server=ci.server, retry_for=request.retry_for)
    operator = yield from admit(ci, patience, request.repository)
    branch = request.branch or operator.repository.default_branch or "main"
    known = yield from patience.ask("list", lambda: ci.pipelines(operator.repository.id))
    run = _Run(ci, operator, branch, request.variables, newest=max((row.id for row in known), default=0))
    made = yield from patience.ask("run", run.attempt)
    if made is None:
        yield _nothing_to_run(ci, operator, branch, request.task)
        return
    pipeline = yield from operator.read(made.number)
    reason = f"#{pipeline.number} runs {branch} at {pipeline.commit[:7]} and is {pipeline.status}"
    yield from tell(operator, pipeline, reason, task=request.task, watch=watch)


def _nothing_to_run(ci: Desk, operator: Operator, branch: str, task: str) -> Verdict:
    reason = f"nothing on {branch} is for a manual run: there is no configuration, or every workflow was filtered out"
    hint = "Check `when:` in the workflows: it needs event manual"
    return Verdict(verdict=Word.SKIPPED, reason=reason, hint=hint, task=task, url=ci.url(operator.repository.id))


class _Run:
    """One run of a branch, which is made at most once."""

    def __init__(self, ci: Desk, operator: Operator, branch: str, variables: Mapping[str, str], *, newest: int) -> None:
        self._ci = ci
        self._operator = operator
        self._repository_id = operator.repository.id
        self._branch = branch
        self._variables = dict(variables)
        self._newest = newest  # the highest pipeline id before
        self._is_known = False  # the forge's list holds the branch
        self._given = False

    def attempt(self) -> Pipeline | None:
        """Look for what an earlier try made, or make it; None when there is nothing to run."""
        if self._given and (made := self._made()) is not None:
            return made
        self._given = True
        try:
            created = self._operator.give("run", self._create)
        except TransientError as error:
            if error.answered:
                self._require_branch()
            raise
        return created or self._made()  # a configuration that cannot be read: 204, and a row that is in error

    def _create(self) -> Pipeline | None:
        return self._ci.create(self._repository_id, self._branch, self._variables)

    def _made(self) -> Pipeline | None:
        rows = self._ci.pipelines(self._repository_id)
        ours = [row for row in rows if row.id > self._newest and row.event == "manual" and row.branch == self._branch]
        return next((row for row in ours if row.author == self._operator.login), None)

    def _require_branch(self) -> None:
        """Raise UsageError when the forge does not know the branch; what cannot be known is no reason."""
        if self._is_known:
            return
        try:
            branches = self._branches()
        except HomelabError:
            return
        if self._branch in branches or not branches:
            self._is_known = True
            return
        near = difflib.get_close_matches(self._branch, branches, n=1)
        hint = f"did you mean {near[0]}?" if near else "push it first"
        raise UsageError(f"{self._operator.repository.full_name} has no branch {self._branch!r}", hint=hint)

    def _branches(self) -> set[str]:
        names: set[str] = set()
        for page in range(1, PAGES_MOST + 1):
            got = self._ci.branches(self._repository_id, page=page)
            names |= set(got)
            if self._branch in names or len(got) < BRANCHES_PER_PAGE:
                return names
        return set()  # too many to say that it is not among them
