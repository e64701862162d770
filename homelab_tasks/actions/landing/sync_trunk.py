"""Look at the trunk as it is now, and refuse to build on one that something is wrong with."""

from collections.abc import Generator

from homelab_tasks.actions.landing.site import Order, Site
from homelab_tasks.errors import UsageError
from homelab_tasks.model.events import Event
from homelab_tasks.model.landing.landing import HEADS, RemoteState, Trunk, lock_ref


def name_trunk(site: Site, order: Order) -> Generator[Event, None, tuple[str, RemoteState | None]]:
    """
    Name the branch to land on: the setting's, or what the remote's HEAD names now; never a guess.

    What was likely is asked for at the same time; where it is the trunk, the look at it is returned, too.
    """
    if order.trunk is not None:
        return order.trunk, None
    likely = site.clone.likely_trunk()
    refs = () if likely is None else (HEADS + likely, lock_ref(likely))
    state = yield from site.patience.ask("head", lambda: site.remote.look(*refs))
    if state.head is None:
        hint = "set homelab.work.trunk to the branch to land on"
        raise UsageError(f"the HEAD of remote {order.remote!r} names no branch", hint=hint)
    return state.head, state if state.head == likely else None


def sync_trunk(site: Site, name: str, seen: RemoteState | None) -> Generator[Event, None, Trunk]:
    """
    Fetch trunk *name*, after a look at it where it was not *seen* just now.

    Raises UsageError when it is not on the remote, where it is never created.
    """
    state = seen
    if state is None:
        state = yield from site.patience.ask("trunk", lambda: site.remote.look(HEADS + name, lock_ref(name)))
    if state.branch(name) is None:
        hint = "was it renamed or deleted? homelab.work.trunk names the branch to land on; it is never created"
        raise UsageError(f"there is no branch {name!r} on the remote", hint=hint)
    base = yield from site.patience.ask("fetch", lambda: site.remote.fetch(HEADS + name, "base"))
    return Trunk(name=name, base=base, lock=state.refs.get(lock_ref(name)))


def require_mergeable(
    site: Site, trunk: Trunk, tip: str, formers: tuple[str | None, ...]
) -> Generator[Event, None, str]:
    """
    Check that *tip* can be merged into the trunk without bringing back what was taken off it.

    *formers* are older values of the trunk that are known here. Returns the commit that both have in common, which is
    *tip* itself where the trunk holds it. Raises UsageError.
    """
    shared = site.merger.merge_base(trunk.base, tip)
    if shared is None and site.clone.is_shallow:
        yield from site.patience.ask("deepen", lambda: site.remote.deepen(HEADS + trunk.name))
        shared = site.merger.merge_base(trunk.base, tip)
    if shared is None:
        hint = "is this the right remote, and the right trunk?"
        raise UsageError(f"the topic and {trunk.name!r} have no commit in common", hint=hint)
    if shared == tip:
        return shared
    for former in formers:
        if former is None or former == trunk.base or site.clone.contains(former, trunk.base) is not False:
            continue
        dropped = site.merger.taken_off(former, trunk.base, tip)
        if dropped:
            raise UsageError(
                f"{trunk.name!r} was rewound: {dropped} commits that were taken off it are in this topic",
                hint=f"leave them out: git rebase --onto {trunk.base[:12]} {former[:12]}, then inv work.land",
            )
    return shared
