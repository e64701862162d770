"""A server that answers only some of the tries: how that is put into words, and what to do about it."""

import re
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from homelab_tasks.actions.diagnosis.diagnose import failed, good, warning
from homelab_tasks.actions.diagnosis.tries import SLOW_SECONDS, Tries
from homelab_tasks.model.events import Check
from homelab_tasks.model.verdict import Word

T = TypeVar("T")

KINDS_NAMED = 4
SLOW_SHARE = 0.1
FEW = 2  # a server that dies is empty bodies beside resets
SLOW = "every wait is that much longer: look at the server's load and its database"
SEVERAL = "it fails in several ways: look at the load balancer's log first, then at the server behind it"
REMEDIES = (
    (r"HTTP 429", "a proxy limits the rate: raise its limit for this machine (nginx limit_req, Traefik rateLimit)"),
    (
        r"HTTP 40[134]",
        "a busy database makes Woodpecker answer so: look for 'database is locked' in its log; is it SQLite?",
    ),
    (r"HTTP 5\d\d", "look at the servers behind the load balancer: one is down, restarting or overloaded"),
    (r"HTML instead", "a proxy answers in the server's place: let it pass /api and /version without a page of its own"),
    (r"empty bodies", "something gives up before it has an answer: look at the logs of load balancer and server"),
    (
        r"torn JSON|broke off",
        "something cuts answers off: look at the proxy's buffers and time limits (nginx proxy_buffering)",
    ),
    (r"hung up", "connections are reset: look at the load balancer's log, and for a server behind it that dies"),
    (r"too slowly", SLOW),
    (r"in time|fell silent", "a server behind the load balancer hangs: find it by its log, and take it out"),
    (r"certificate", "one of those who answer there has another certificate than the others: find and renew it"),
)
"""Our own words for what a server does (clients/web), and what helps against it; the first that is found counts."""


def remedy(problem: str) -> str | None:
    """Say what helps against *problem*, as a client words it; None for what nothing is known about."""
    return next((advice for pattern, advice in REMEDIES if re.search(pattern, problem)), None)


class Weather:
    """What is told of tries that failed: once, for whatever else is asked of the same server goes the same way."""

    def __init__(self) -> None:
        """Know of nothing."""
        self._is_told = False

    def ask(self, tries: Tries, operation: Callable[[], T]) -> T:
        """Ask often enough to see how the weather is; only until there is an answer where that is told already."""
        return tries.ask(operation) if self._is_told else tries.sample(operation)

    def probe(self, tries: Tries, operation: Callable[[], object]) -> None:
        """Ask only to see how the weather is; raises an error when there is no answer. Nothing where that is told."""
        if not self._is_told:
            tries.sample(operation)

    def found(self, name: str, text: str, tries: Tries) -> Check:
        """Find *text*, and what was wrong with some of *tries*: a single one is a warning, more are a failure."""
        troubles = len(tries.failures) + _slow(tries)
        if not troubles or self._is_told:
            return good(name, text)
        self._is_told = True
        text, advice = f"{text}, but {_described(tries)}", _advice(tries)
        if troubles == 1:
            return warning(name, text, hint=advice)
        return failed(name, text, hint=advice, word=Word.UNAVAILABLE)


def _slow(tries: Tries) -> int:
    """Count the slow answers; a few are nobody's fault, on a machine or in a network that is busy."""
    return tries.slow if tries.slow >= max(2, SLOW_SHARE * tries.count) else 0


def _described(tries: Tries) -> str:
    slow = f"{tries.slow} of {tries.count} answers took longer than {SLOW_SECONDS}s" if _slow(tries) else ""
    if not tries.failures:
        return f"it is slow: {slow}"
    kinds = Counter(tries.failures).most_common()
    server = kinds[0][0].partition(" ")[0]
    named = [f"{kind.removeprefix(f'{server} ')} ({number}x)" for kind, number in kinds[:KINDS_NAMED]]
    named = [f"{server} {named[0]}", *named[1:]] if len(kinds) > 1 else [kinds[0][0]]
    more = [f"and {len(kinds) - KINDS_NAMED} more"] if len(kinds) > KINDS_NAMED else []
    failed_so = f"{len(tries.failures)} of {tries.count} tries failed: {', '.join([*named, *more])}"
    flaps = "" if len(tries.failures) == 1 else "it flaps: "
    return f"{flaps}{failed_so}{f'; {slow}' if slow else ''}"


def _advice(tries: Tries) -> str:
    """Say what helps against most of it; several ways to fail have no cure in common."""
    advice = [remedy(failure) or SEVERAL for failure, _ in Counter(tries.failures).most_common()] or [SLOW]
    return advice[0] if len(set(advice)) <= FEW else SEVERAL
