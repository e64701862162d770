"""Say what a landing would do, and do nothing: no commit, no word on the remote, none in the journal."""

from collections.abc import Generator, Iterator

from homelab_tasks.actions.landing.build_candidate import merge_topic
from homelab_tasks.actions.landing.preflight import preflight
from homelab_tasks.actions.landing.resume_landing import already_there
from homelab_tasks.actions.landing.site import Order, Site
from homelab_tasks.actions.landing.sync_trunk import require_mergeable, sync_trunk
from homelab_tasks.model.events import Event, Land, LandPhase, Verdict
from homelab_tasks.model.landing import verdicts
from homelab_tasks.model.landing.landing import Record


def rehearse_landing(order: Order, site: Site) -> Iterator[Event]:
    """
    Tell how far the topic that is checked out would come; the last event is the verdict.

    An interrupted landing is left as it is, to be resumed. Raises UsageError for a clone that cannot be landed from.
    """
    with site.journal.exclusive():
        left = site.journal.load()
        try:
            yield (yield from _rehearse(order, site, left))
        finally:
            if left is None:
                site.remote.forget()


def _rehearse(order: Order, site: Site, left: Record | None) -> Generator[Event, None, Verdict]:
    record, seen = yield from preflight(order, site, left)
    trunk = yield from sync_trunk(site, record.trunk, seen)
    yield Land(phase=LandPhase.SYNC, attempt=1, trunk=trunk.base, text=f"{record.trunk} is at {trunk.base[:7]}")
    former = left.base if left is not None else None
    shared = yield from require_mergeable(site, trunk, record.tip, (former, site.clone.former_trunk(record.trunk)))
    if shared == record.tip:
        return already_there(site, record, trunk.base)
    merged = merge_topic(site, order, record, trunk.base)
    if isinstance(merged, Verdict):
        return merged
    text = f"merges cleanly (tree {merged.tree[:7]})"
    yield Land(phase=LandPhase.CANDIDATE, attempt=1, trunk=trunk.base, text=text)
    return verdicts.would_land(record.topic, trunk, order.verify, propose=order.propose)
