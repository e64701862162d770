"""Whoever operates CI: as which user, on which repository, and what it means when the server refuses."""

from collections.abc import Callable, Generator
from typing import Protocol, TypeVar

from homelab_tasks.actions.pipelines.find_pipelines import PipelineList, find_repository
from homelab_tasks.actions.waiting import Patience
from homelab_tasks.errors import DeniedError, HomelabError, MissingError, RejectedError, TransientError, UsageError
from homelab_tasks.model.events import Event
from homelab_tasks.model.pipelines.pipeline import Permissions, Pipeline, Repository

T = TypeVar("T")

LATE_SECONDS = 3.0
"""How long an order whose answer was lost may still take effect, before it is looked for and given again."""


class Office(PipelineList, Protocol):
    """What every operation asks of the CI server."""

    def pipeline(self, repository_id: int, number: int) -> Pipeline:
        """One pipeline with its workflows."""

    def permissions(self, repository_id: int) -> Permissions:
        """What the token's user may do with a repository."""

    def url(self, repository_id: int, number: int | None = None) -> str:
        """The page of a repository, or of a pipeline, for people."""


class Operator:
    """A user whose token is good, and the repository that the orders are for."""

    def __init__(self, ci: Office, patience: Patience, repository: Repository, login: str) -> None:
        """Operate on *repository* as *login*; see `admit`."""
        self.ci = ci
        self.patience = patience
        self.repository = repository
        self.login = login

    def give(self, doing: str, order: Callable[[], T]) -> T:
        """
        Give an order once; *doing* names it in errors: `restart`.

        Raises DeniedError naming the right that is missing, UsageError where the server will not do it as things
        stand, TransientError for what may be tried again once it was read whether the order was carried out.
        """
        try:
            return order()
        except (MissingError, DeniedError) as refusal:
            raise self._explained(refusal, doing) from refusal
        except RejectedError as rejection:
            raise UsageError(f"{doing}: {rejection.problem}") from rejection
        except TransientError as error:
            if not error.sent or error.answered:
                raise
            late = max(LATE_SECONDS, error.retry_after or 0.0)
            raise TransientError(error.problem, hint=error.hint, retry_after=late) from error

    def _explained(self, refusal: HomelabError, doing: str) -> HomelabError:
        """
        Tell a right that is missing (HTTP 404 for a user, server/router/middleware/session/repo.go) from weather.

        Woodpecker answers 404 and 401 for any database error too; that the right is there is proof enough.
        """
        try:
            may_push = self.ci.permissions(self.repository.id).push
        except HomelabError:
            may_push = False
        if may_push:
            return TransientError(refusal.problem, answered=True)
        name = self.repository.full_name
        problem = f"{self.login} may not {doing} pipelines of {name}: that needs the push right on {name}"
        return DeniedError(problem, hint=f"Whoever owns {name} on the forge can grant write access to {self.login}")

    def read(self, number: int) -> Generator[Event, None, Pipeline]:
        """Read a pipeline, however long that takes."""
        return (yield from self.patience.ask("detail", lambda: self.ci.pipeline(self.repository.id, number)))


def admit(ci: Office, patience: Patience, full_name: str) -> Generator[Event, None, Operator]:
    """
    Find out who we are, and the repository *full_name*.

    Raises DeniedError for a token that is no good (nobody operates anonymously), and what `find_repository` raises.
    """
    try:
        user = yield from patience.ask("user", ci.user)
    except DeniedError as error:
        hint = "make a new token in Woodpecker's user settings"
        raise DeniedError(f"the token is not valid on {ci.server}", hint=hint) from error
    repository = yield from find_repository(ci, patience, full_name)
    return Operator(ci, patience, repository, user.login)
