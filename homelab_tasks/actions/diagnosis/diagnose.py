"""Hold every setting against the world: all examinations at once, their findings in one order."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Protocol

from msgspec import Struct, structs

from homelab_tasks.actions.waiting import Clock
from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Check, CheckState, Event, Verdict
from homelab_tasks.model.verdict import Word, worst

WORST_FIRST = (Word.DENIED, Word.UNAVAILABLE, Word.USAGE, Word.FAILED, Word.OK)
OTHERS_NAMED = 3
LEAST_SECONDS = 0.05  # whoever has answered by the deadline is heard


class Examination(Struct, frozen=True, kw_only=True):
    """
    Looks at one part of the world, and tells what it finds, check by check.

    *name* is that of its first check. Where what it *builds_on* cannot be reached, or not always, the same of it is
    no news. *if_silent* is what is told when it has not answered after *seconds*, for what need not answer.
    """

    name: str
    look: Callable[[], Iterator[Check]]
    builds_on: tuple[str, ...] = ()
    seconds: float = float("inf")
    if_silent: Check | None = None


class _Findings(Protocol):
    """What a running examination has found."""

    def get(self, *, timeout: float) -> Check | None: ...


def diagnose(examinations: list[Examination], clock: Clock, *, seconds: float, task: str) -> Iterator[Event]:
    """
    Run all *examinations* side by side and tell their findings in the order of the list.

    What has not answered after *seconds* is told as unavailable. The verdict is `ok`, or the worst word found:
    denied, unavailable, usage, failed.
    """
    started = clock.now()
    running = [(examination, _start(examination)) for examination in examinations]
    found: dict[str, Check] = {}
    told: list[Check] = []
    for examination, findings in running:
        deadline = started + min(seconds, examination.seconds)
        for finding in _findings(examination, findings, clock, deadline=deadline):
            foundations = [found[name] for name in examination.builds_on if name in found]
            told.append(_unless_told(_unless_known(finding, foundations), told))
            found[finding.name] = finding
            yield told[-1]
    yield _verdict(told, task)


def _start(examination: Examination) -> "queue.SimpleQueue[Check | None]":
    """Run *examination* in a thread that never keeps the process from ending: DNS may take its time."""
    found: queue.SimpleQueue[Check | None] = queue.SimpleQueue()
    threading.Thread(target=_run, args=(examination, found), name=examination.name, daemon=True).start()
    return found


def _run(examination: Examination, found: "queue.SimpleQueue[Check | None]") -> None:
    last = examination.name
    try:
        for check in examination.look():
            last = check.name
            found.put(check)
    except HomelabError as error:
        found.put(from_error(last, error))
    except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to; one broken check hides no other
        problem = f"this check failed itself ({type(error).__name__}: {error})"
        found.put(failed(last, problem, hint="This is a bug in homelab_tasks"))
    finally:
        found.put(None)


def _findings(examination: Examination, found: _Findings, clock: Clock, *, deadline: float) -> Iterator[Check]:
    last = None
    while True:
        try:
            check = found.get(timeout=max(LEAST_SECONDS, deadline - clock.now()))
        except queue.Empty:
            if examination.if_silent is not None:
                yield examination.if_silent
                return
            text = "no answer in time" if last is None else f"no answer in time to what comes after {last.name}"
            name = examination.name if last is None else f"{examination.name}, the rest"
            yield failed(name, text, hint="it hangs, or is very slow; look at the server", word=Word.UNAVAILABLE)
            return
        if check is None:
            return
        last = check
        yield check


def _unless_known(check: Check, foundations: list[Check]) -> Check:
    """Take for one fault what has one cause: nothing of *foundations* could be reached, so this cannot be."""
    causes = [known for known in foundations if known.verdict is Word.UNAVAILABLE]
    is_consequence = check.verdict is Word.UNAVAILABLE or check.state is CheckState.WARNING
    if not is_consequence or not causes or len(causes) < len(foundations):
        return check
    text = f"not judged, see {causes[0].name}"
    return structs.replace(check, state=CheckState.SKIPPED, verdict=Word.OK, text=text, hint=None)


def _unless_told(check: Check, told: list[Check]) -> Check:
    """Take for one fault what several checks say in the same words: a file that none of them can read."""
    same = next((known for known in told if known.state is CheckState.FAILED and known.text == check.text), None)
    if same is None or check.state is not CheckState.FAILED:
        return check
    text = f"not examined, for the same reason as {same.name}"
    return structs.replace(check, state=CheckState.SKIPPED, verdict=Word.OK, text=text, hint=None)


def _verdict(checks: list[Check], task: str) -> Verdict:
    bad = [check for check in checks if check.state is CheckState.FAILED]
    if not bad:
        return _good(checks, task)
    word = worst((check.verdict for check in bad), WORST_FIRST)
    first = next(check for check in bad if check.verdict is word)
    others = [check.name for check in bad if check is not first]
    more = f"; and {', '.join(others[:OTHERS_NAMED])}" if others else ""
    more += f" and {len(others) - OTHERS_NAMED} more" if len(others) > OTHERS_NAMED else ""
    return Verdict(verdict=word, reason=f"{first.name}: {first.text}{more}", hint=first.hint, task=task)


def _good(checks: list[Check], task: str) -> Verdict:
    warnings = [check for check in checks if check.state is CheckState.WARNING]
    count = sum(check.state is not CheckState.SKIPPED for check in checks)
    if not warnings:
        return Verdict(verdict=Word.OK, reason=f"{count} checks are good", task=task)
    names = ", ".join(check.name for check in warnings)
    reason = f"{count} checks are good, {len(warnings)} of them with a warning ({names})"
    return Verdict(verdict=Word.OK, reason=reason, hint=warnings[0].hint, task=task)


# Findings


def good(name: str, text: str) -> Check:
    """Find that it is as it should be."""
    return Check(name=name, state=CheckState.OK, text=text)


def warning(name: str, text: str, *, hint: str | None = None) -> Check:
    """Find something that works, and should be looked at."""
    return Check(name=name, state=CheckState.WARNING, text=text, hint=hint)


def skipped(name: str, text: str) -> Check:
    """Find nothing to look at."""
    return Check(name=name, state=CheckState.SKIPPED, text=text)


def failed(name: str, text: str, *, hint: str | None = None, word: Word = Word.FAILED) -> Check:
    """Find that it is wrong; *word* is one of WORST_FIRST."""
    return Check(name=name, state=CheckState.FAILED, text=text, hint=hint, verdict=word)


def from_error(name: str, error: HomelabError, *, hint: str | None = None) -> Check:
    """Find *error*; *hint* is what to do where the error does not know."""
    word = Word(error.word)
    return failed(name, error.problem, hint=error.hint or hint, word=word if word in WORST_FIRST else Word.FAILED)
