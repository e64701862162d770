"""Find the repository on the CI server, and the pipelines of a commit among its list."""

from collections.abc import Generator
from typing import Protocol

from homelab_tasks.actions.waiting import Patience
from homelab_tasks.errors import DeniedError, MissingError, UsageError
from homelab_tasks.model.commit import SHORT_SHA_LENGTH, Commit
from homelab_tasks.model.events import Event, Note, NoteKind
from homelab_tasks.model.pipelines.pipeline import Pipeline, Repository, User

PAGE_SIZE = 50  # the most that the server gives (server/router/middleware/session/pagination.go)
SMALL_PAGE_SIZE = 10  # 8 kB instead of 37 kB, for looks that only want what is new
PAGES_MOST = 20
"""How far back a first look goes when nothing says that it may stop sooner."""
PAGES_MOST_TO_END = 400  # a number that was asked for, or the day of the commit, is looked for further
DAY_SECONDS = 86400


class PipelineList(Protocol):
    """What finding asks of the CI server."""

    server: str

    def user(self) -> User:
        """Tell whose token it is; DeniedError where it is nobody's."""

    def repository(self, full_name: str) -> Repository:
        """Look OWNER/NAME up."""

    def pipelines(self, repository_id: int, *, page: int = 1, per_page: int = PAGE_SIZE) -> tuple[Pipeline, ...]:
        """One page of the list, newest number first, without workflows."""


def find_repository(ci: PipelineList, patience: Patience, full_name: str) -> Generator[Event, None, Repository]:
    """
    Look up *full_name* as the token's user, and make sure that it is active in CI.

    Raises DeniedError when the token is no good and the repository not public, MissingError when there is no such
    repository, it is not active, or this user may not see it.
    """
    user: User | None = None
    try:
        user = yield from patience.ask("user", ci.user)
    except DeniedError:
        text = f"the token is not valid on {ci.server}: reading as anonymous, which sees public repositories only"
        yield Note(kind=NoteKind.WARNING, text=text)
    except MissingError as error:  # every Woodpecker answers this question
        raise MissingError(f"no Woodpecker: {error.problem}", hint="check homelab.woodpecker.url") from error
    who = f"user {user.login}" if user else "an anonymous user"
    try:
        repository = yield from patience.ask("repository", lambda: ci.repository(full_name))
    except MissingError as error:
        problem = f"{full_name} does not exist on {ci.server}, or {who} may not see it"
        raise MissingError(problem, hint="check homelab.ci.repository and the user's rights") from error
    except DeniedError as error:
        if user is not None:
            raise
        problem = f"the token is not valid on {ci.server}, and {full_name} is not public"
        raise DeniedError(problem, hint="make a new token in Woodpecker's user settings") from error
    if not repository.active:
        problem = f"{full_name} is not active in CI on {ci.server} (asked as {who})"
        raise MissingError(problem, hint="enable it in Woodpecker: Add repository")
    return repository


class PipelineDetails(Protocol):
    """What reading one pipeline asks of the CI server."""

    def pipeline(self, repository_id: int, number: int) -> Pipeline:
        """One pipeline with its workflows."""


def find_pipeline(  # noqa: PLR0913 - all but the question are given by name
    ci: PipelineDetails,
    patience: Patience,
    repository: Repository,
    number: int,
    *,
    of: Commit | None,
    hint: str = "leave out --sha or --pipeline",
) -> Generator[Event, None, Pipeline]:
    """
    Read pipeline *number*, with its workflows.

    Raises MissingError when there is none, UsageError with *hint* when it is not *of* that commit.
    """
    try:
        pipeline = yield from patience.ask("detail", lambda: ci.pipeline(repository.id, number))
    except MissingError as error:
        raise MissingError(f"{repository.full_name} has no pipeline #{number}") from error
    if of is not None and pipeline.commit != of.sha:
        problem = f"pipeline #{number} is of commit {pipeline.commit[:SHORT_SHA_LENGTH]}, not of {of.short}"
        raise UsageError(problem, hint=hint)
    return pipeline


class Survey:
    """
    Reads the list of a repository's pipelines: deep at first, then only as far as something can be new.

    Offsets shift when rows appear or vanish, so rows are kept by id; rows that a page covers and lacks are gone.
    """

    def __init__(self, ci: PipelineList, patience: Patience, repository_id: int, *, not_before: float | None) -> None:
        """Survey *repository_id*; no pipeline of interest is older than *not_before* (unix seconds)."""
        self._ci = ci
        self._patience = patience
        self._repository_id = repository_id
        self._not_before = not_before
        self._covered: int | None = None  # the number from which on everything is known
        self.rows: dict[int, Pipeline] = {}

    def read(self, commit: str, *, down_to: int | None = None) -> Generator[Event, None, None]:
        """Bring *rows* up to date from the newest down to the number *down_to*, and to what was never covered."""
        floor = min((number for number in (self._covered, down_to) if number is not None), default=None)
        has_end = floor is not None or self._not_before is not None
        seen: dict[int, Pipeline] = {}
        for page in range(1, (PAGES_MOST_TO_END if has_end else PAGES_MOST) + 1):
            size = SMALL_PAGE_SIZE if self._is_near(floor) else PAGE_SIZE
            got = yield from self._page(page, size)
            found_before = tuple(row for row in seen.values() if row.commit == commit)
            seen |= {row.id: row for row in got}
            if len(got) < size or self._is_enough(got, floor, commit, found_before):
                break
        self._merge(seen, reached_end=len(got) < size)

    def _page(self, page: int, size: int) -> Generator[Event, None, tuple[Pipeline, ...]]:
        return (
            yield from self._patience.ask(
                "list", lambda: self._ci.pipelines(self._repository_id, page=page, per_page=size)
            )
        )

    def _is_near(self, floor: int | None) -> bool:
        newest = max((row.number for row in self.rows.values()), default=None)
        return floor is not None and newest is not None and newest - floor < SMALL_PAGE_SIZE // 2

    def _is_enough(
        self, got: tuple[Pipeline, ...], floor: int | None, commit: str, found_before: tuple[Pipeline, ...]
    ) -> bool:
        """
        May a page that ends with *got* be the last?

        The pipelines of a commit stand together, but for restarts, which know their parents, and for what a day can
        bring: by the commit's own date nothing is missed.
        """
        lowest = got[-1].number
        if floor is not None:
            return lowest <= floor
        if self._not_before is not None:
            return got[-1].created < self._not_before - DAY_SECONDS
        parents = [row.parent for row in (*found_before, *got) if row.commit == commit and row.parent]
        return (
            bool(found_before)
            and lowest <= min(parents, default=lowest)
            and not any(row.commit == commit for row in got)
        )

    def _merge(self, seen: dict[int, Pipeline], *, reached_end: bool) -> None:
        lowest = 0 if reached_end else min((row.number for row in seen.values()), default=0)
        self.rows = {key: row for key, row in self.rows.items() if row.number < lowest} | seen
        newest = max((row.number for row in seen.values()), default=0)
        self._covered = newest
