"""How a landing can end, in words."""

from homelab_tasks.model.events import Failure, Verdict
from homelab_tasks.model.landing.landing import Conflict, Trunk
from homelab_tasks.model.landing.refusal import Kind, Refusal
from homelab_tasks.model.verdict import Word

AGAIN = "inv work.land goes on"


def landed(commit: str, trunk: str, *, interrupted: bool = False) -> Verdict:
    """Say that *commit* is on the trunk."""
    before = ", landed by the run that was interrupted" if interrupted else ""
    return Verdict(verdict=Word.LANDED, reason=f"{commit[:7]} is on {trunk}{before}", commit=commit)


def nothing(topic: str, trunk: str) -> Verdict:
    """Say that every commit of *topic* is on the trunk already."""
    reason = f"nothing to land: every commit of {topic!r} is on {trunk}"
    return Verdict(
        verdict=Word.MISSING, reason=reason, hint="commit the change first, or inv work.clean removes the topic"
    )


def no_change(topic: str, trunk: str) -> Verdict:
    """Say that the commits of *topic* change nothing any more."""
    reason = f"nothing to land: {trunk} holds what the commits of {topic!r} change"
    return Verdict(verdict=Word.MISSING, reason=reason, hint="inv work.clean removes the topic")


def would_land(topic: str, trunk: Trunk, verify: str | None, *, propose: bool) -> Verdict:
    """Say what a landing would do next."""
    way = "open a pull request" if propose else f"push it to {trunk.name} at {trunk.base[:7]}"
    checked = f"verify it with {verify}" if verify is not None else "not verify it"
    reason = f"{topic!r} merges cleanly into {trunk.name}; a landing would {checked}, then {way}"
    return Verdict(verdict=Word.OK, reason=reason, hint="without --dry-run it is done")


def conflict(found: Conflict, trunk: Trunk, remote: str) -> Verdict:
    """Say which files do not merge."""
    reason = f"{found.text} not merge with {trunk.name} ({trunk.base[:7]}); nothing was changed"
    hint = f"merge by hand: git fetch {remote}, git merge {remote}/{trunk.name}, then inv work.land"
    failures = tuple(Failure(error=f"{file} does not merge") for file in found.files)
    return Verdict(verdict=Word.CONFLICT, reason=reason, hint=hint, failures=failures)


def contended(trunk: str, lost: int) -> Verdict:
    """Say that others were faster every time."""
    reason = f"lost {lost} races for {trunk}; nothing was landed"
    return Verdict(
        verdict=Word.CONTENDED, reason=reason, hint=f"{AGAIN}; homelab.work.queue: train is for a busy trunk"
    )


def late(reason: str) -> Verdict:
    """Say that the time for landing was up before anything landed."""
    return Verdict(verdict=Word.TIMEOUT, reason=f"{reason}; nothing was landed", hint="raise homelab.work.timeout")


def refused(refusal: Refusal, trunk: str) -> Verdict:
    """Say why the candidate is not on the trunk, in the server's words."""
    match refusal.kind:
        case Kind.AUTH:
            reason = f"the push to {trunk} was denied: {refusal.text}"
            return Verdict(verdict=Word.DENIED, reason=reason, hint="may this user push there? git push says the same")
        case Kind.NETWORK:
            reason = f"the push to {trunk} did not get through: {refusal.text}"
            return Verdict(verdict=Word.UNAVAILABLE, reason=reason, hint=f"{AGAIN} where it stopped")
        case Kind.UNTRUSTED:
            reason = f"the server of {trunk} is not trusted: {refusal.text}"
            return Verdict(verdict=Word.UNAVAILABLE, reason=reason, hint="homelab.load_balancer.ca_file is trusted too")
        case Kind.UNPUSHED:
            reason = f"submodules are at commits that are on no remote: {', '.join(refusal.words)}"
            hint = "push them first: git push in each of them, then inv work.land"
            return Verdict(verdict=Word.USAGE, reason=reason, hint=hint)
        case Kind.HOOK:
            reason = f"the local pre-push hook refused: {refusal.text}"
            return _failed(reason, refusal, "mend what it names; nothing was landed")
        case _:
            reason = f"the server refused the push to {trunk}: {refusal.text}"
            return _failed(reason, refusal, "mend what it names; a pull request would not get around it")


def _failed(reason: str, refusal: Refusal, hint: str) -> Verdict:
    failure = Failure(error=refusal.text, tail=refusal.words)
    return Verdict(verdict=Word.FAILED, reason=reason, hint=hint, failures=(failure,))


def too_late(commit: str, trunk: str) -> Verdict:
    """Say that an abort came after the landing."""
    reason = f"too late to abort: {commit[:7]} is on {trunk}"
    return Verdict(
        verdict=Word.FAILED,
        reason=reason,
        commit=commit,
        hint=f"git revert -m 1 {commit[:12]} on a topic, then inv work.land",
    )
