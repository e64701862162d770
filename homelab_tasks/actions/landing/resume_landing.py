"""Take up, or give up, a landing that was interrupted: the remote says how far it came."""

from collections.abc import Generator, Iterator

import msgspec

from homelab_tasks.actions.landing.site import Site
from homelab_tasks.actions.landing.train_refs import Car
from homelab_tasks.errors import HomelabError, UsageError
from homelab_tasks.model.events import Event, Note, NoteKind, Verdict
from homelab_tasks.model.landing import verdicts
from homelab_tasks.model.landing.landing import HEADS, Record, RefChange, Step, lock_ref
from homelab_tasks.model.verdict import Word

PUSH_SECONDS = 30.0


def landed_before(site: Site, left: Record) -> Generator[Event, None, Verdict | None]:
    """
    Find out whether the interrupted landing *left* had landed: its verdict when it did, and nothing came after it.

    Ends what it left running here, and takes it out of the train: nobody may wait for it, we the least.
    """
    if left.verify_group is not None:
        site.checkout.end_orphans(left.verify_group)
    if left.car is not None:
        car = Car(site, left.trunk, left.car)
        yield from site.patience.ask("leave", lambda: car.leave(left.base))
    landed = (yield from _find_landed(site, left)) if left.pushed else None
    if landed is None:
        return None
    state = site.clone.state()
    if (state.branch, state.tip) != (left.topic, left.tip):
        text = f"the interrupted landing of {left.topic!r} had landed: {landed[:7]} is on {left.trunk}"
        yield Note(kind=NoteKind.WARNING, text=text)
        site.journal.clear()
        return None
    site.journal.write(msgspec.structs.replace(left, step=Step.LANDED, landed=landed))
    return verdicts.landed(landed, left.trunk, interrupted=True)


def already_there(site: Site, record: Record, base: str) -> Verdict:
    """Tell a candidate of *record* that landed on *base* unseen from a topic that has nothing to land."""
    for candidate in record.pushed:
        if site.clone.contains(candidate, base):
            return verdicts.landed(candidate, record.trunk)
    return verdicts.nothing(record.topic, record.trunk)


def _find_landed(site: Site, left: Record) -> Generator[Event, None, str | None]:
    state = yield from site.patience.ask("trunk", lambda: site.remote.look(HEADS + left.trunk))
    if state.branch(left.trunk) is None:
        return None
    trunk = yield from site.patience.ask("fetch", lambda: site.remote.fetch(HEADS + left.trunk, "base"))
    return next((candidate for candidate in left.pushed if site.clone.contains(candidate, trunk)), None)


def require_interrupted(site: Site) -> None:
    """Raise UsageError when there is no landing to resume in this worktree."""
    if site.journal.load() is None:
        raise UsageError("there is no interrupted landing in this worktree", hint="inv work.land begins one")


def abort_landing(site: Site) -> Iterator[Event]:
    """Forget an interrupted landing, here and on the remote; the last event is the verdict."""
    with site.journal.exclusive():
        try:
            left = site.journal.load()
        except UsageError:  # unreadable: there is nothing in it that could be taken back
            left = None
        landed = None
        if left is not None:
            if left.verify_group is not None:
                site.checkout.end_orphans(left.verify_group)
            landed = (yield from _find_landed(site, left)) if left.pushed else None
            yield from _give_lock_back(site, left)
            yield from _leave_train(site, left)
        site.remote.forget()
        site.journal.clear()
        if left is None:
            yield Verdict(verdict=Word.OK, reason="no landing was in progress here")
        elif landed is not None:
            yield verdicts.too_late(landed, left.trunk)
        else:
            yield Verdict(verdict=Word.OK, reason=f"the landing of {left.topic!r} is given up; nothing was landed")


def _give_lock_back(site: Site, left: Record) -> Iterator[Event]:
    """Delete the lock, where it is still the one that the killed landing held or renewed."""
    if left.lock is None:
        return
    ref = lock_ref(left.trunk)
    try:
        value = site.remote.look(ref).refs.get(ref)
        if value is not None and site.clone.contains(left.lock, site.remote.fetch(ref, "lock")):
            change = RefChange(source=None, target=ref, expected=value)
            site.remote.push(change, timeout=PUSH_SECONDS, hooks=False)
    except HomelabError as error:
        text = f"{ref} could not be given back ({error}); others take it over soon"
        yield Note(kind=NoteKind.WARNING, text=text)


def _leave_train(site: Site, left: Record) -> Iterator[Event]:
    """Take the candidate of the killed landing out of the train, where it is still in it."""
    if left.car is None:
        return
    try:
        Car(site, left.trunk, left.car).leave(left.base)
    except HomelabError as error:
        text = f"the place in the train could not be given back ({error}); others pass over it soon"
        yield Note(kind=NoteKind.WARNING, text=text)
