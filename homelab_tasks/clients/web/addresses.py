"""Where hosts are dialled, and which of their addresses answered last."""

import threading
from typing import Protocol

from homelab_tasks.locations import Address


class Pins(Protocol):
    """What says where a host is dialled: the settings of the load balancer."""

    def addresses_for(self, host: str) -> tuple[Address, ...]: ...


class AddressBook:
    """
    Where to dial each host, best first.

    An address that fails goes to the end of its host's list, so that the last good one is the next to be dialled.
    """

    def __init__(self, pins: Pins) -> None:
        """Start with the order of *pins*."""
        self._pins = pins
        self._lists: dict[str, tuple[Address, ...]] = {}
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


def _key(host: str) -> str:
    return host.lower().rstrip(".")
