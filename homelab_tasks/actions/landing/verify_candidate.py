"""Verify the tree that would land: in its own checkout, with a deadline, told line by line."""

from collections import deque
from collections.abc import Callable, Generator

from homelab_tasks.actions.landing.site import Site
from homelab_tasks.durations import format_duration
from homelab_tasks.model.events import Event, Failure, Land, LandPhase, Note, NoteKind, Verdict
from homelab_tasks.model.landing.landing import Candidate
from homelab_tasks.model.verdict import Word

TAIL_LINES = 40
HEARTBEAT_SECONDS = 60.0


def verify_candidate(
    site: Site, command: str | None, candidate: Candidate, started: Callable[[int], None]
) -> Generator[Event, None, Verdict | None]:
    """
    Run *command* on the tree of *candidate*; *started* is told its process group.

    Returns None when it passed (now, or before in this environment), otherwise the verdict that ends the landing.
    """
    if command is None:
        yield _told(candidate, "not verified, as asked")
        return None
    if site.verified.passed(candidate.tree, command):
        yield _told(candidate, f"{command}: passed before on this very tree")
        return None
    yield _told(candidate, command)
    site.checkout.prepare(candidate.commit)
    began, tail = site.clock.now(), deque[str](maxlen=TAIL_LINES)
    with site.checkout.start(command, timeout=site.time_left) as run:
        started(run.group)
        for line in run.lines_and_silence(HEARTBEAT_SECONDS):
            if line is None:
                went_on = format_duration(site.clock.now() - began)
                yield Note(kind=NoteKind.HEARTBEAT, text=f"{command}: running for {went_on}")
                continue
            tail.append(line)
            yield _told(candidate, line)
    took = format_duration(site.clock.now() - began)
    if run.timed_out:
        reason = f"verify ({command}) was still running after {took}, when the time for landing was up; it was ended"
        return _red(Word.TIMEOUT, reason, tuple(tail), None, "raise homelab.work.timeout, or --timeout")
    if run.exit_code != 0:
        reason = f"verify ({command}) ended with {run.exit_code} on the merged result"
        return _red(
            Word.FAILED, reason, tuple(tail), run.exit_code, "nothing was landed; mend it, commit, inv work.land"
        )
    site.verified.remember(candidate.tree, command)
    yield _told(candidate, f"{command}: passed in {took}")
    return None


def _told(candidate: Candidate, text: str) -> Land:
    return Land(phase=LandPhase.VERIFY, attempt=candidate.attempt, candidate=candidate.commit, text=text)


def _red(word: Word, reason: str, tail: tuple[str, ...], exit_code: int | None, hint: str) -> Verdict:
    failure = Failure(step="verify", exit_code=exit_code, error=reason, tail=tail)
    return Verdict(verdict=word, reason=reason, hint=hint, failures=(failure,))
