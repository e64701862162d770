"""Build a candidate: the merge of a topic into what it would land on, in the object database only."""

from homelab_tasks.actions.landing.site import Order, Site
from homelab_tasks.errors import UsageError
from homelab_tasks.model.events import Verdict
from homelab_tasks.model.landing import verdicts
from homelab_tasks.model.landing.landing import Candidate, Conflict, Merged, Record, Trunk


def merge_topic(site: Site, order: Order, record: Record, base: str) -> Merged | Verdict:
    """Merge the topic of *record* into *base*; the verdict where it conflicts, or changes nothing."""
    merged = site.merger.merge(base, record.tip)
    if isinstance(merged, Conflict):
        return verdicts.conflict(merged, Trunk(name=record.trunk, base=base), order.remote)
    if merged.tree == site.merger.tree_of(base):
        return verdicts.no_change(record.topic, record.trunk)
    return merged


def build_candidate(site: Site, order: Order, record: Record, base: str, attempt: int) -> Candidate | Verdict:
    """
    Make the commit that would land on *base*; the verdict where there can be none.

    Raises UsageError where git cannot commit, or sign.
    """
    merged = merge_topic(site, order, record, base)
    if isinstance(merged, Verdict):
        return merged
    message = order.message or f"Merge branch '{record.topic}'"
    try:
        commit = site.merger.commit(merged.tree, (base, record.tip), message)
    except UsageError:
        if site.time_left > 0:
            raise
        return verdicts.late("the time for landing was up before the candidate was signed")
    return Candidate(commit=commit, tree=merged.tree, base=base, attempt=attempt)
