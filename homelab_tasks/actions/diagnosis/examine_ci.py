"""The CI server: is it there, whose token is it, which rights on the repository, does it tell what a watch needs."""

from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from typing import Protocol

from homelab_tasks.actions.diagnosis.diagnose import failed, from_error, good, skipped, warning
from homelab_tasks.actions.diagnosis.examine_pipelines import Archive, examine_pipelines
from homelab_tasks.actions.diagnosis.tries import Tries
from homelab_tasks.actions.diagnosis.weather import Weather, remedy
from homelab_tasks.actions.waiting import Clock
from homelab_tasks.durations import format_duration
from homelab_tasks.errors import DeniedError, HomelabError, MissingError, UsageError
from homelab_tasks.model.events import Check
from homelab_tasks.model.pipelines.pipeline import About, Permissions, Repository
from homelab_tasks.model.verdict import Word

SERVER, TOKEN, REPOSITORY, CLOCK = "woodpecker", "woodpecker token", "repository", "clock"
SKEW_SECONDS, SKEW_MOST_SECONDS = 5.0, 300.0  # beyond five minutes, tokens and certificates are refused


class Office(Archive, Protocol):
    """What is asked of the CI server as the token's user."""

    def permissions(self, repository_id: int) -> Permissions:
        """What the user may do."""


class Front(Protocol):
    """What the CI server tells everybody."""

    def about(self) -> About:
        """Its version and its time of day."""


def examine_ci(front: Front, office: Office, clock: Clock, repository: Callable[[], str]) -> Iterator[Check]:
    """Ask what every task asks; *repository* says OWNER/NAME, or raises UsageError where nothing says it."""
    weather = Weather()
    about = yield from _server(front, clock, weather)
    if about is None:
        return
    yield _clock(*about)
    login = yield from _token(office, clock, weather)
    if login is None:
        return
    found = yield from _repository(office, clock, weather, login, repository)
    if found is not None:
        yield examine_pipelines(office, clock, weather, found)


def _server(front: Front, clock: Clock, weather: Weather) -> Generator[Check, None, tuple[About, datetime] | None]:
    """Ask what the server is; returns that, with the time here when it came: other tries may hang on."""
    tries = Tries(clock)
    try:
        about, came = weather.ask(tries, lambda: (front.about(), clock.wall()))
    except HomelabError as error:
        advice = remedy(error.problem) or "is homelab.woodpecker.url right, and is the server up?"
        yield from_error(SERVER, error, hint=advice)
        return None
    yield weather.found(SERVER, f"version {about.version}, answers in {tries.quickest * 1000:.0f} ms", tries)
    return about, came


def _clock(about: About, wall: datetime) -> Check:
    if about.date is None:
        return skipped(CLOCK, "the server does not tell the time of day")
    skew = (wall - about.date).total_seconds()
    ahead = "ahead of" if skew > 0 else "behind"
    text = f"this machine is {format_duration(abs(skew))} {ahead} the server"
    hint = "set the clock: timedatectl set-ntp true, here or there"
    if abs(skew) > SKEW_MOST_SECONDS:
        return failed(CLOCK, text, hint=hint)
    if abs(skew) > SKEW_SECONDS:
        return warning(CLOCK, text, hint=hint)
    return good(CLOCK, "agrees with the server's")


def _token(office: Office, clock: Clock, weather: Weather) -> Generator[Check, None, str | None]:
    tries = Tries(clock)
    try:
        user = tries.ask(office.user)
    except DeniedError:
        text = f"the token is not valid on {office.server}"
        hint = "make a new one in Woodpecker's user settings, and put it where homelab.woodpecker.token says"
        yield failed(TOKEN, text, hint=hint, word=Word.DENIED)
        return None
    except HomelabError as error:
        hint = "make one in Woodpecker's user settings, and put it where homelab.woodpecker.token says"
        yield from_error(TOKEN, error, hint=hint)
        return None
    yield weather.found(TOKEN, f"is {user.login}'s", tries)
    return user.login


def _repository(
    office: Office, clock: Clock, weather: Weather, login: str, repository: Callable[[], str]
) -> Generator[Check, None, Repository | None]:
    tries = Tries(clock)
    try:
        name = repository()
    except UsageError as error:
        yield skipped(REPOSITORY, f"{error.problem}, and homelab.ci.repository is not set")
        return None
    try:
        found = tries.ask(lambda: office.repository(name))
        rights = tries.ask(lambda: office.permissions(found.id))
    except MissingError:
        text = f"{name} does not exist on {office.server}, or {login} may not see it"
        yield failed(REPOSITORY, text, hint="check homelab.ci.repository, and the user's rights on the forge")
        return None
    except HomelabError as error:
        yield from_error(REPOSITORY, error)
        return None
    if not found.active:
        text = f"{found.full_name} is not active in CI: no push makes a pipeline"
        yield failed(REPOSITORY, text, hint="enable it in Woodpecker: Add repository")
        return None
    if not rights.push:
        text = f"{found.full_name} is active, but {login} may only read: no restart, cancel, approve or run"
        yield warning(REPOSITORY, text, hint=f"grant {login} write access to {found.full_name} on the forge")
    else:
        yield weather.found(REPOSITORY, f"{found.full_name} is active, and {login} may push", tries)
    return found
