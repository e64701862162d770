"""
Land a topic on the trunk: sync, build the merge, verify it, push it by compare-and-swap, and look where it is.

What has landed is decided by the remote's state alone. Every step is in the journal before it is done, so that a kill
at any moment is resumed.
"""

from collections.abc import Generator, Iterator

from homelab_tasks.actions.landing.fall_back import Proposer, fall_back, open_proposal
from homelab_tasks.actions.landing.logbook import Logbook
from homelab_tasks.actions.landing.preflight import preflight
from homelab_tasks.actions.landing.race import Race
from homelab_tasks.actions.landing.resume_landing import landed_before
from homelab_tasks.actions.landing.ride_train import Train
from homelab_tasks.actions.landing.site import Order, Site
from homelab_tasks.model.events import Event, Note, NoteKind, Verdict
from homelab_tasks.model.landing.landing import Record
from homelab_tasks.model.landing.refusal import Refusal


def land(order: Order, site: Site, propose: Proposer) -> Iterator[Event]:
    """
    Land the topic that is checked out, as *order* says; the last event is the verdict.

    Raises UsageError for a clone that cannot be landed from, and UnavailableError when the remote stays away.
    """
    with site.journal.exclusive():
        left = site.journal.load()
        try:
            verdict = (yield from landed_before(site, left)) if left is not None else None
            if verdict is None:
                verdict = yield from _begin(order, site, propose, left)
            yield verdict
        finally:
            site.remote.forget()


def _begin(order: Order, site: Site, propose: Proposer, left: Record | None) -> Generator[Event, None, Verdict]:
    record, seen = yield from preflight(order, site, left)
    logbook = Logbook(site.journal, record)
    race = Race(site, order, logbook, seen=seen, former=left.base if left is not None else None)
    try:
        verdict = yield from _go(order, site, propose, logbook, race)
        yield from _tell_of_later_commits(site, record.tip)
        return verdict
    finally:
        race.give_back()
        logbook.close()


def _go(order: Order, site: Site, propose: Proposer, logbook: Logbook, race: Race) -> Generator[Event, None, Verdict]:
    """Take the way that was ordered, and the other one where the remote takes no refs of a train."""
    if order.propose:
        prepared = yield from race.prepare()
        if isinstance(prepared, Verdict):
            return prepared
        return (yield from open_proposal(logbook, propose, "as asked"))
    ended = (yield from Train(site, order, logbook).ride()) if order.train else None
    if ended is None:
        ended = yield from race.run()
    return (yield from fall_back(logbook, propose, ended)) if isinstance(ended, Refusal) else ended


def _tell_of_later_commits(site: Site, tip: str) -> Iterator[Event]:
    now = site.clone.tip()
    if now is not None and now != tip:
        text = f"the topic moved to {now[:7]} meanwhile; {tip[:7]} is what this landing was about"
        yield Note(kind=NoteKind.WARNING, text=text)
