"""The CI server: is it there, whose token is it, which rights on the repository, does it tell what a watch needs."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import datetime
from typing import Protocol

from msgspec import structs

from homelab_tasks.actions.diagnosis.diagnose import failed, from_error, good, skipped, warning
from homelab_tasks.actions.diagnosis.tries import Tries
from homelab_tasks.actions.pipelines.find_pipelines import PipelineList
from homelab_tasks.actions.pipelines.stream_trust import Changes
from homelab_tasks.actions.waiting import Clock
from homelab_tasks.durations import format_duration
from homelab_tasks.errors import DeniedError, HomelabError, MissingError, UsageError
from homelab_tasks.model.events import Check
from homelab_tasks.model.pipelines.hints import HintKind
from homelab_tasks.model.pipelines.pipeline import About, LogLine, Permissions, Pipeline, Repository
from homelab_tasks.model.verdict import Word

SERVER, TOKEN, REPOSITORY, PIPELINES = "woodpecker", "woodpecker token", "repository", "pipelines"
STREAM, CLOCK = "event stream", "clock"
SAMPLES, SAMPLE_SECONDS = 8, 0.8
"""So many tries show a balancer that fails one in three, and a second is what they may take."""
SLOW_SECONDS = 1.0
STREAM_SECONDS = 2.0  # Woodpecker pings at once (server/api/stream.go)
SKEW_SECONDS, SKEW_MOST_SECONDS = 5.0, 300.0  # beyond five minutes, tokens and certificates are refused


class Office(PipelineList, Protocol):
    """What is asked of the CI server as the token's user."""

    def permissions(self, repository_id: int) -> Permissions:
        """What the user may do."""

    def pipeline(self, repository_id: int, number: int) -> Pipeline:
        """One pipeline with its workflows."""

    def log(self, repository_id: int, number: int, step_id: int) -> Iterable[LogLine]:
        """The log of a step."""


class Front(Protocol):
    """What the CI server tells everybody."""

    def about(self) -> About:
        """Its version and its time of day."""


def examine_ci(front: Front, office: Office, clock: Clock, repository: Callable[[], str]) -> Iterator[Check]:
    """Ask what every task asks; *repository* says OWNER/NAME, or raises UsageError where nothing says it."""
    about = yield from _server(front, clock)
    if about is None:
        return
    yield _clock(about, clock.wall())
    login = yield from _token(office, clock)
    if login is None:
        return
    found = yield from _repository(office, clock, login, repository)
    if found is not None:
        yield _pipelines(office, clock, found)


def _server(front: Front, clock: Clock) -> Generator[Check, None, About | None]:
    tries = Tries(clock)
    try:
        about = tries.sample(front.about, times=SAMPLES, seconds=SAMPLE_SECONDS)
    except HomelabError as error:
        yield from_error(SERVER, error, hint="is homelab.woodpecker.url right, and is the server up?")
        return None
    if tries.slowest >= SLOW_SECONDS and not tries.trouble:
        hint = "every wait is that much longer; look at the server's load and its database"
        yield warning(SERVER, f"version {about.version}, but it takes {tries.slowest:.1f}s to answer", hint=hint)
    else:
        text = f"version {about.version}, answers in {tries.slowest * 1000:.0f} ms"
        yield _weathered(SERVER, text, tries)
    return about


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


def _token(office: Office, clock: Clock) -> Generator[Check, None, str | None]:
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
    yield _weathered(TOKEN, f"is {user.login}'s", tries)
    return user.login


def _repository(
    office: Office, clock: Clock, login: str, repository: Callable[[], str]
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
        yield _weathered(REPOSITORY, f"{found.full_name} is active, and {login} may push", tries)
    return found


def _pipelines(office: Office, clock: Clock, repository: Repository) -> Check:
    """Read what a watch reads: the list, the newest pipeline, and the log of one of its steps."""
    tries, asked = Tries(clock), "the list"
    try:
        rows = tries.sample(lambda: office.pipelines(repository.id, per_page=1), times=SAMPLES, seconds=SAMPLE_SECONDS)
        if not rows:
            return good(PIPELINES, "none yet")
        asked = f"the workflows of #{rows[0].number}"
        newest = tries.ask(lambda: office.pipeline(repository.id, rows[0].number))
        ran = [step for workflow in newest.workflows or () for step in workflow.steps if step.started]
        asked = f"the logs of #{newest.number}"
        if ran:
            tries.ask(lambda: deque(office.log(repository.id, newest.number, ran[-1].id), maxlen=0))
    except HomelabError as error:
        hint = "a watch judges by the list alone where it has to; look at the server's log"
        return structs.replace(from_error(PIPELINES, error, hint=hint), text=f"{asked} cannot be read: {error.problem}")
    return _weathered(PIPELINES, f"#{newest.number} is the newest, {newest.status}; its logs can be read", tries)


def examine_stream(listen: Callable[[], Changes]) -> Iterator[Check]:
    """Open the event stream: without it every wait is right too, only later."""
    hint = "verdicts come some seconds later; the proxy must not buffer text/event-stream (nginx: proxy_buffering off)"
    stream = listen()
    try:
        hints = stream.wait(STREAM_SECONDS)
    finally:
        stream.close()
    lost = [told.text for told in hints if told.kind is HintKind.LOST]
    if any(told.kind is HintKind.OPENED for told in hints) and not lost:
        yield good(STREAM, "opens, and pings")
    elif lost:
        yield warning(STREAM, f"is lost at once: {lost[0]}", hint=hint)
    else:
        yield warning(STREAM, f"stays silent for {STREAM_SECONDS:.0f}s after it was opened", hint=hint)


def _weathered(name: str, text: str, tries: Tries) -> Check:
    """Find it good, unless some of the tries failed."""
    if tries.trouble is None:
        return good(name, text)
    hint = "that is ridden out, and makes waits longer: look at the load balancer and the server behind it"
    return warning(name, f"{text}, but {tries.trouble}", hint=hint)
