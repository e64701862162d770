"""A Woodpecker server that can be operated, and whose answers to orders may get lost on the way."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from msgspec import structs

from homelab_tasks.errors import DeniedError, HomelabError, MissingError, RejectedError, TransientError
from homelab_tasks.model.pipelines.pipeline import CancelInfo, Permissions, Pipeline, Repository, Status, User
from tests.fakes.clock import FakeClock
from tests.fakes.server import COMMIT, REPOSITORY, ROW, workflow

T = TypeVar("T")

REQUEST_SECONDS = 0.01
LOST = TransientError("ci.homelab.test hung up without an answer; the request may have been carried out all the same")
BLOCKED = (workflow("blocked", "blocked"),)
RUNNING = (workflow("running", "running"),)


def row(number: int, status: str, **fields: object) -> Pipeline:
    """Pipeline *number* of COMMIT in *status*."""
    made = structs.replace(ROW, id=100 + number, number=number, status=status, workflows=RUNNING)
    return structs.replace(made, **fields)


@dataclass
class OperableCi:
    """
    Does what it is ordered, as the real server does: again, when it is ordered again.

    *weather* is eaten from its front, one for each order: None is fine, an error is raised instead of carrying it
    out, and a pair (error, seconds) is raised after all, the order being carried out that much later.
    """

    clock: FakeClock
    rows: list[Pipeline]
    login: str = "ann"
    may_push: bool = True
    known_user: bool = True
    repository_row: Repository = REPOSITORY
    forge_branches: tuple[str, ...] | HomelabError = ("main",)
    runs_nothing: bool = False
    weather: list[HomelabError | tuple[HomelabError, float] | None] = field(default_factory=list)
    reading: list[HomelabError | None] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    later: list[tuple[float, Callable[[], object]]] = field(default_factory=list)
    server: str = "ci.homelab.test"

    def user(self) -> User:
        if not self.known_user:
            raise DeniedError("ci.homelab.test answers HTTP 401")
        return User(login=self.login)

    def repository(self, full_name: str) -> Repository:
        return self.repository_row

    def permissions(self, repository_id: int) -> Permissions:
        return Permissions(pull=True, push=self.may_push)

    def branches(self, repository_id: int, *, page: int = 1) -> tuple[str, ...]:
        if isinstance(self.forge_branches, HomelabError):
            raise self.forge_branches
        return self.forge_branches[(page - 1) * 50 : page * 50]

    def url(self, repository_id: int, number: int | None = None) -> str:
        return f"https://ci.homelab.test/repos/{repository_id}" + (f"/pipeline/{number}" if number else "")

    def pipelines(self, repository_id: int, *, page: int = 1, per_page: int = 50) -> tuple[Pipeline, ...]:
        self._tick()
        newest_first = sorted(self.rows, key=lambda row: row.number, reverse=True)
        return tuple(structs.replace(row, workflows=None) for row in newest_first[(page - 1) * per_page :][:per_page])

    def pipeline(self, repository_id: int, number: int) -> Pipeline:
        self._tick()
        if self.reading and (error := self.reading.pop(0)) is not None:
            raise error
        for known in self.rows:
            if known.number == number:
                return known
        raise MissingError("ci.homelab.test answers HTTP 404")

    def restart(self, repository_id: int, number: int) -> Pipeline:
        return self._carry_out(f"restart {number}", lambda: self._restarted(number))

    def cancel(self, repository_id: int, number: int) -> None:
        self._carry_out(f"cancel {number}", lambda: self._cancelled(number))

    def approve(self, repository_id: int, number: int) -> Pipeline:
        return self._carry_out(f"approve {number}", lambda: self._reviewed(number, "pending"))

    def decline(self, repository_id: int, number: int) -> Pipeline:
        return self._carry_out(f"decline {number}", lambda: self._reviewed(number, "declined"))

    def create(self, repository_id: int, branch: str, variables: dict[str, str]) -> Pipeline | None:
        return self._carry_out(f"run {branch} {variables}", lambda: self._created(branch))

    def change(self, number: int, **fields: object) -> Pipeline:
        """Change a row from outside, as another person would."""
        changed = structs.replace(self.pipeline(0, number), **fields)
        self.rows = [changed if row.number == number else row for row in self.rows]
        return changed

    def _carry_out(self, order: str, do: Callable[[], T]) -> T:
        self._tick()
        if not self.may_push:
            raise MissingError("ci.homelab.test answers HTTP 404")
        self.orders.append(order)
        trouble = self.weather.pop(0) if self.weather else None
        if isinstance(trouble, tuple):
            self.later.append((self.clock.now() + trouble[1], do))
            self._tick()
            raise trouble[0]
        if trouble is not None:
            raise trouble
        return do()

    def _tick(self) -> None:
        self.clock.sleep(REQUEST_SECONDS)
        due = [do for when, do in self.later if when <= self.clock.now()]
        self.later = [(when, do) for when, do in self.later if when > self.clock.now()]
        for do in due:
            do()

    def _restarted(self, number: int) -> Pipeline:
        old = self.pipeline(0, number)
        made = structs.replace(old, id=self._next(), number=self._next() - 100, status="pending", parent=number)
        self.rows.append(made)
        return made

    def _created(self, branch: str) -> Pipeline | None:
        if branch not in ("main", "topic"):
            raise TransientError("ci.homelab.test answers HTTP 500", answered=True)
        if self.runs_nothing:
            return None
        number = self._next() - 100
        made = row(number, "pending", event="manual", ref=branch, branch=branch, author=self.login)
        self.rows.append(made)
        return made

    def _cancelled(self, number: int) -> None:
        if self.pipeline(0, number).state not in {Status.PENDING, Status.RUNNING, Status.BLOCKED}:
            raise RejectedError("ci.homelab.test answers HTTP 400: Cannot cancel a non-running pipeline", status=400)
        self.change(number, status="killed", cancel_info=CancelInfo(canceled_by_user=self.login))

    def _reviewed(self, number: int, status: str) -> Pipeline:
        known = self.pipeline(0, number)
        if known.state is not Status.BLOCKED and status == "declined":
            raise TransientError("ci.homelab.test answers HTTP 500", answered=True)
        if known.state is not Status.BLOCKED:
            raise RejectedError(f"ci.homelab.test answers HTTP 400: cannot approve {known.status}", status=400)
        assert known.workflows, "approved before its workflows are written, it would wait for ever"
        return self.change(number, status=status, reviewed_by=self.login)

    def _next(self) -> int:
        return max((row.id for row in self.rows), default=100) + 1


__all__ = ["BLOCKED", "COMMIT", "LOST", "RUNNING", "OperableCi", "row"]
