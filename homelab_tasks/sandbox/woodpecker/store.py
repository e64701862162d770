"""The server's database, in memory: numbers and ids are given out as the real one does."""

import itertools
import secrets
from collections import defaultdict
from collections.abc import Sequence

from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.sandbox.woodpecker.plan import WorkflowPlan
from homelab_tasks.sandbox.woodpecker.rows import LogEntry, Pipeline, Repository, Step, User, Workflow

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ULID_LENGTH = 26


class Store:
    """Everything that the server keeps. Used from one event loop only, so it needs no lock."""

    def __init__(self) -> None:
        """Start empty."""
        self.users: list[User] = []
        self.repositories: list[Repository] = []
        self._pipelines: dict[int, list[Pipeline]] = defaultdict(list)
        self._logs: dict[int, list[LogEntry]] = {}
        self._ids: dict[str, itertools.count[int]] = defaultdict(lambda: itertools.count(1))

    def next_id(self, table: str) -> int:
        """Give out the next id of *table*; ids are never used again."""
        return next(self._ids[table])

    def add_pipeline(self, row: Pipeline) -> Pipeline:
        """Insert *row*; its number is the highest of the repository plus one, so a deleted one is used again."""
        rows = self._pipelines[row.repository.id]
        row.id, row.number = self.next_id("pipelines"), max((other.number for other in rows), default=0) + 1
        row.updated = row.created
        rows.append(row)
        return row

    def delete_pipeline(self, row: Pipeline) -> None:
        """Forget *row*: nothing tells of it afterwards."""
        self._pipelines[row.repository.id].remove(row)

    def pipelines(self, repository: Repository) -> list[Pipeline]:
        """Every pipeline of *repository*, the highest number first."""
        return sorted(self._pipelines[repository.id], key=lambda row: row.number, reverse=True)

    def pipeline(self, repository: Repository, number: int) -> Pipeline | None:
        """The pipeline *number* of *repository*, if there is one now."""
        return next((row for row in self._pipelines[repository.id] if row.number == number), None)

    def repository(self, repository_id: int) -> Repository | None:
        """The repository of that id."""
        return next((row for row in self.repositories if row.id == repository_id), None)

    def repository_named(self, full_name: str) -> Repository | None:
        """The repository of that name, whatever its case (server/store/datastore/repo.go:74)."""
        return next((row for row in self.repositories if row.full_name.lower() == full_name.lower()), None)

    def user(self, token: str) -> User | None:
        """Whose *token* it is."""
        return next((row for row in self.users if secrets.compare_digest(row.token, token)), None)

    def new_workflows(self, plans: Sequence[WorkflowPlan], state: Status) -> list[Workflow]:
        """Make rows for *plans*; pids count the workflows first, then the steps."""
        pids = itertools.count(len(plans) + 1)
        workflows = []
        for pid, plan in enumerate(plans, start=1):
            workflow = Workflow(id=self.next_id("workflows"), pid=pid, plan=plan, state=state)
            for step in plan.steps:
                row = Step(id=self.next_id("steps"), uuid=new_ulid(), pid=next(pids), ppid=pid, plan=step, state=state)
                workflow.steps.append(row)
            workflows.append(workflow)
        return workflows

    def append_log(self, step: Step, lines: Sequence[tuple[int, bytes]]) -> list[LogEntry]:
        """Keep *lines* (seconds since the step started, text) at the end of the log of *step*."""
        kept = self._logs.setdefault(step.id, [])
        entries = [
            LogEntry(id=self.next_id("logs"), step_id=step.id, time=time, line=len(kept) + index, data=data)
            for index, (time, data) in enumerate(lines)
        ]
        kept.extend(entries)
        return entries

    def log(self, step: Step) -> list[LogEntry]:
        """The log of *step* as far as it came in; empty when nothing did."""
        return self._logs.get(step.id, [])


def new_ulid() -> str:
    """Make up an identifier of the form that the server gives to steps."""
    return "01" + "".join(secrets.choice(CROCKFORD) for _ in range(ULID_LENGTH - 2))
