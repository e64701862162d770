"""Look once at what targets run."""

from collections.abc import Iterator

from homelab_tasks.actions.rollouts.journey import Ending, Journey
from homelab_tasks.actions.rollouts.reader import Cluster, Reader
from homelab_tasks.actions.rollouts.recognition import Commits
from homelab_tasks.actions.rollouts.request import Request, verdict_of
from homelab_tasks.actions.waiting import Clock, Patience
from homelab_tasks.errors import DeniedError, MissingError, UnavailableError
from homelab_tasks.model.events import Event
from homelab_tasks.model.verdict import Word


def look_at_rollout(
    cluster: Cluster, request: Request, *, clock: Clock, retry_for: float, commits: Commits | None = None
) -> Iterator[Event]:
    """
    Look once at each of the targets of *request*; ends with the verdict.

    Pending is what is neither complete nor certain to fail. A cluster that is away is ridden out for *retry_for* s.
    """
    started, journeys = clock.now(), list[Journey]()
    patience = Patience(clock, server=cluster.server, retry_for=retry_for)
    for target in request.targets:
        journey = Journey(target, request.wanted, commits=commits)
        journeys.append(journey)
        reader = Reader(cluster, patience, target, journey.names_it)
        try:
            yield from reader.read()
        except (UnavailableError, DeniedError, MissingError) as error:
            journey.ending = Ending(word=Word(error.word), reason=error.problem, hint=error.hint)
            continue
        yield from journey.observe(reader.view, clock.now())
        if journey.ending is None:
            hint = journey.found.hint if journey.found is not None else None
            word = Word.PENDING if journey.is_named else Word.MISSING
            journey.ending = Ending(word=word, reason=journey.state_text(), hint=hint, cause=journey.top_cause())
    yield verdict_of(journeys, request, cluster, seconds=clock.now() - started)
