"""Push a candidate by compare-and-swap, and let the remote's state say whether it landed."""

from collections.abc import Generator

from homelab_tasks.actions.landing.site import Site
from homelab_tasks.actions.waiting import BELIEF_SECONDS, Outage
from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Event, Land, LandPhase
from homelab_tasks.model.landing.landing import HEADS, Candidate, RefChange, RemoteState
from homelab_tasks.model.landing.push_result import PushResult
from homelab_tasks.model.landing.refusal import Kind, Refusal, classify_push

PAUSE_FIRST_SECONDS = 0.5
PAUSE_MOST_SECONDS = 5.0
LEAST_PUSH_SECONDS = 5.0  # a push that is begun at the deadline gets this long, for its outcome must be known


def push_candidate(
    site: Site, trunk: str, candidate: Candidate, beside: tuple[RefChange, ...]
) -> Generator[Event, None, Refusal | None]:
    """
    Push *candidate* to *trunk* if that is still its base, together with the changes *beside* it.

    Returns None when the candidate is on the trunk, whatever git said; otherwise why it is not. A network that fails
    is ridden out, and a refusal of who we are believed when it lasts, as long as the trunk has not moved.
    """
    _require_fast_forward(site, candidate)
    source = site.remote.keep("candidate", candidate.commit)
    change = RefChange(source=source, target=HEADS + trunk, expected=candidate.base)
    yield _told(LandPhase.PUSH, candidate, f"{trunk} {candidate.base[:7]} -> {candidate.commit[:7]}")
    outage = Outage(site.clock, site.patience.server)  # of pushing: what is only read may be answered meanwhile
    pause, denied_since = PAUSE_FIRST_SECONDS, None
    while True:
        away = site.patience.outage.total_seconds
        result = site.remote.push(
            change,
            *beside,
            timeout=max(site.time_left, LEAST_PUSH_SECONDS),
            submodules=site.merger.has_submodules(candidate.commit),
        )
        landed = yield from confirm(site, trunk, candidate)
        if landed is None:
            yield from outage.answered()
            yield _told(LandPhase.CONFIRM, candidate, f"{trunk} holds {candidate.commit[:7]}")
            return None
        if beside and "does not support --atomic" in result.errors:
            beside = ()  # what would have been given back with the landing is given back after it
            continue
        refusal = _explain(result, candidate, trunk, landed)
        denied_since = (denied_since or site.clock.now()) if refusal.kind is Kind.AUTH else None
        believed = denied_since is not None and site.clock.now() - denied_since >= BELIEF_SECONDS
        if refusal.kind not in {Kind.NETWORK, Kind.AUTH} or believed or site.time_left <= 0:
            return refusal
        if site.patience.outage.total_seconds == away:  # otherwise that was the outage, and it has been told
            yield from outage.failed(f"the push did not get through: {refusal.text}")
        site.clock.sleep(min(pause, site.time_left))
        pause = min(pause * 2, PAUSE_MOST_SECONDS)


def _require_fast_forward(site: Site, candidate: Candidate) -> None:
    """
    Raise an internal error for a candidate that would throw away commits: the lease alone would let it through.

    The old trunk must be on its first-parent line, directly or with candidates of a train between them.
    """
    line = site.merger.first_parents(candidate.commit, candidate.base)
    if not line or line[0][1] != candidate.base:
        raise HomelabError(f"{candidate.commit} does not follow {candidate.base}, and was not pushed")


def confirm(site: Site, trunk: str, candidate: Candidate) -> Generator[Event, None, RemoteState | None]:
    """Ask the remote whether *candidate* is on *trunk*: None when it is, otherwise what is there."""
    state = yield from site.patience.ask("trunk", lambda: site.remote.look(HEADS + trunk))
    value = state.branch(trunk)
    if value == candidate.commit:
        return None
    if value is None or value == candidate.base:
        return state
    fetched = yield from site.patience.ask("fetch", lambda: site.remote.fetch(HEADS + trunk, "seen"))
    return None if site.clone.contains(candidate.commit, fetched) else state


def _explain(result: PushResult, candidate: Candidate, trunk: str, seen: RemoteState) -> Refusal:
    refusal = classify_push(result, HEADS + trunk)
    firm = {Kind.PROTECTED, Kind.POLICY, Kind.HOOK}
    if seen.branch(trunk) != candidate.base and refusal.kind not in firm:
        return Refusal(kind=Kind.MOVED, words=refusal.words)
    return refusal


def _told(phase: LandPhase, candidate: Candidate, text: str) -> Land:
    return Land(phase=phase, attempt=candidate.attempt, trunk=candidate.base, candidate=candidate.commit, text=text)
