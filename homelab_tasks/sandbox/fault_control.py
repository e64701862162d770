"""Which faults are in force now: switched by tests at run time, by people through a file."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from homelab_tasks.errors import UsageError
from homelab_tasks.sandbox.faults import (
    CI_HOST,
    OF_CONNECTIONS,
    OF_HANDSHAKES,
    Effect,
    Request,
    Rule,
    decide,
    parse_faults,
    rule,
)


class FaultControl:
    """
    The faults in force, and how often each request came.

    *file*, where there is one, holds faults as `parse_faults` reads them; each change of it counts from the next
    request on. Only assignments cross threads here, so tests may switch faults from outside the event loop.
    """

    def __init__(self, file: Path | None = None) -> None:
        """Begin with the faults of *file*, or with none."""
        self._file = file
        self._read_at = 0
        self._rules: list[Rule] = []
        self._counts: Counter[Request] = Counter()

    def use(
        self,
        name: str,
        *,
        probability: float | None = None,
        seed: int = 0,
        hosts: Sequence[str] = (CI_HOST,),
        first: int = 0,
    ) -> None:
        """Put the fault *name* in force beside the others; the *first* equal requests are spared."""
        self._counts.clear()
        self._rules = [*self._rules, rule(name, probability, seed=seed, hosts=hosts, first=first)]

    def set(self, text: str) -> None:
        """Put the faults of *text* in force instead of the others; raises UsageError."""
        self._rules = parse_faults(text)
        self._counts.clear()

    @property
    def rules(self) -> list[Rule]:
        """The faults in force, in order."""
        return list(self._rules)

    def clear(self) -> None:
        """End every fault."""
        self._rules = []

    @property
    def requests(self) -> frozenset[Request]:
        """The requests that came since faults were put in force."""
        return frozenset(self._counts)

    @property
    def names(self) -> frozenset[str]:
        """The names of the faults in force."""
        self._read_file()
        return frozenset(rule.name for rule in self._rules)

    def of_request(self, request: Request) -> Effect:
        """Say what happens to *request*."""
        self._read_file()
        return self._decide(request, [rule for rule in self._rules if not OF_CONNECTIONS & set(rule.fault.effects)])

    def of_connection(self, host: str) -> Effect:
        """Say what happens to the next connection to *host*."""
        self._read_file()
        rules = [rule for rule in self._rules if OF_HANDSHAKES & set(rule.fault.effects)]
        return self._decide(Request(host=host, method="CONNECT", path=""), rules)

    def _decide(self, request: Request, rules: list[Rule]) -> Effect:
        effect = decide(rules, request, self._counts[request])
        self._counts[request] += 1
        return effect

    @property
    def address_is_dead(self) -> bool:
        """Must the first address refuse connections now?"""
        self._read_file()
        return any(Effect.DEAD_ADDRESS in rule.fault.effects for rule in self._rules)

    def _read_file(self) -> None:
        """Follow the file; what it cannot be read as is ignored until it is mended."""
        try:
            changed_at = self._file.stat().st_mtime_ns if self._file is not None else 0
            if self._file is not None and changed_at != self._read_at:
                self._read_at = changed_at
                self.set(self._file.read_text())
        except (OSError, UsageError):
            return
