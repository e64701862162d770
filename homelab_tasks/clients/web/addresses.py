"""Where hosts are dialled, and which of their addresses answered last."""

import threading
from typing import Protocol

from homelab_tasks.locations import Address

QUIET_SECONDS = 5.0
"""How long one of several addresses may be silent before the next one is asked: sqlite lets a read wait as long."""


class Pins(Protocol):
    """What says where a host is dialled: the settings of the load balancer."""

    def addresses_for(self, host: str) -> tuple[Address, ...]: ...


class AddressBook:
    """
    Where to dial each host, best first.

    An address that fails goes to the end of its host's list, so that the last good one is the next to be dialled.
    What takes the call and is mute is given up within seconds, unless all of a host's addresses are as slow.
    """

    def __init__(self, pins: Pins) -> None:
        """Start with the order of *pins*."""
        self._pins = pins
        self._lists: dict[str, tuple[Address, ...]] = {}
        self._silences: dict[str, int] = {}  # in a row
        self._slow: set[str] = set()
        self._lock = threading.Lock()

    def addresses(self, host: str) -> tuple[Address, ...]:
        """Where to dial *host*, best first; empty for a host that DNS is asked for."""
        name = _key(host)
        with self._lock:
            if name not in self._lists:
                self._lists[name] = self._pins.addresses_for(name)
            return self._lists[name]

    def demote(self, host: str, address: Address) -> None:
        """Dial *address* last from now on."""
        others = tuple(other for other in self.addresses(host) if other != address)
        with self._lock:
            self._lists[_key(host)] = (*others, address)

    def quiet_seconds(self, host: str, longest: float) -> float:
        """How long an address of *host* may take to begin an answer, *longest* where there is no other to turn to."""
        name, count = _key(host), len(self.addresses(host))
        if count < 2 or name in self._slow or self._silences.get(name, 0) >= count:  # noqa: PLR2004 - one other
            return longest
        return min(longest, QUIET_SECONDS)

    def answered(self, host: str, seconds: float) -> None:
        """Take notice that an address of *host* began to answer after *seconds*."""
        name = _key(host)
        self._silences.pop(name, None)
        if seconds > QUIET_SECONDS:
            self._slow.add(name)

    def was_silent(self, host: str, address: Address) -> None:
        """Take notice that *address* took a request and said nothing; it is dialled last from now on."""
        name = _key(host)
        self._silences[name] = self._silences.get(name, 0) + 1
        self.demote(host, address)


def _key(host: str) -> str:
    return host.lower().rstrip(".")
