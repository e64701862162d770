"""The way to the servers: every address of the load balancer, certificates, and DNS beside the pin."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Protocol

from msgspec import structs

from homelab_tasks.actions.diagnosis.diagnose import failed, from_error, good, skipped, warning
from homelab_tasks.actions.diagnosis.tries import Tries
from homelab_tasks.actions.diagnosis.weather import Weather
from homelab_tasks.actions.waiting import Clock
from homelab_tasks.errors import HomelabError, MissingError
from homelab_tasks.model.endpoint import Endpoint, Handshake
from homelab_tasks.model.events import Check
from homelab_tasks.model.verdict import Word

DAYS_WARNED = 14  # Let's Encrypt's and step-ca's clients renew with more left
SECONDS_PER_DAY = 86400
HANDSHAKES = 8  # of each name at each address
NEVER = float("inf")  # how slow they are is told, and judged where the server answers
ADDRESS_HINT = "start what should listen there, or take the address out of homelab.load_balancer.addresses"


class Dialler(Protocol):
    """What is asked of the network."""

    def shake_hands(self, endpoint: Endpoint) -> Handshake:
        """Connect, and check the certificate for the name; TransientError or UntrustedError says what is wrong."""

    def resolve(self, host: str) -> tuple[str, ...]:
        """The addresses that DNS has for *host*; MissingError where it has none."""


def examine_address(
    dialler: Dialler, clock: Clock, name: str, endpoints: Iterable[Endpoint], *, place: str
) -> Iterator[Check]:
    """
    Connect to one address for each of the names that are dialled there, again and again.

    *name* is the check's, *place* the address's among the others: `the first address`.
    """
    tries, hosts = Tries(clock, slow_seconds=NEVER), list[str]()
    for endpoint in endpoints:
        hosts.append(endpoint.host)
        try:
            tries.sample(partial(dialler.shake_hands, endpoint), times=HANDSHAKES)
        except HomelabError as error:
            found = from_error(name, error, hint=ADDRESS_HINT)
            yield structs.replace(found, text=f"{place} fails: {error.problem}")
            return
    yield Weather().found(name, f"answers for {', '.join(hosts)} in {tries.quickest * 1000:.0f} ms", tries)


def examine_certificate(dialler: Dialler, endpoints: Iterable[Endpoint], now: datetime) -> Iterator[Check]:
    """Say how long the certificate of one name is good, at the first of its addresses that answers."""
    name, trouble = "certificate", None
    for endpoint in endpoints:
        name = f"certificate {endpoint.host}"
        try:
            shaken = dialler.shake_hands(endpoint)
        except HomelabError as error:
            trouble = trouble or from_error(name, error)
            continue
        yield from _remaining(name, shaken, now)
        return
    if trouble is not None:
        yield trouble


def _remaining(name: str, shaken: Handshake, now: datetime) -> Iterator[Check]:
    if shaken.expires is None:
        return
    days = (shaken.expires - now).total_seconds() / SECONDS_PER_DAY
    by = f" (issued by {shaken.issuer})" if shaken.issuer else ""
    if days < DAYS_WARNED:
        until = f"{shaken.expires:%Y-%m-%d %H:%M} UTC"
        yield warning(name, f"expires in {days:.0f} days, on {until}{by}", hint="renew it on the load balancer")
        return
    yield good(name, f"good for {days:.0f} more days{by}")


def examine_name(dialler: Dialler, host: str, pinned: Collection[str]) -> Iterator[Check]:
    """Compare what DNS says of *host* with the IP addresses that it is *pinned* to, none where it is not."""
    name, pin = f"dns {host}", ", ".join(pinned)
    try:
        told = dialler.resolve(host)
    except MissingError as error:
        if pinned:
            yield good(name, f"not in DNS: only the pin ({pin}) leads there")
        else:
            hint = "pin it: homelab.load_balancer.addresses and .hosts"
            yield failed(name, error.problem, hint=hint, word=Word.UNAVAILABLE)
        return
    shown = ", ".join(told)
    if not pinned:
        yield good(name, f"{shown} (not pinned)")
    elif set(told) & set(pinned):
        yield good(name, f"{shown}, as pinned")
    else:
        yield good(name, f"{shown}; the pin goes to {pin} instead")


def silent_dns(host: str, pinned: Collection[str]) -> Check | None:
    """Say what it means that DNS does not answer: where the name is pinned, only that it does not."""
    if not pinned:
        return None
    return warning(f"dns {host}", f"DNS does not answer; the pin ({', '.join(pinned)}) leads there without it")


def behind_proxy(name: str, proxy: str) -> Iterator[Check]:
    """Say that the way to a server leads through a proxy, which does the dialling."""
    yield skipped(name, f"not dialled from here, but through the proxy {proxy}")


def nothing_pinned(name: str) -> Iterator[Check]:
    """Say that there is no load balancer to look at."""
    yield skipped(name, "homelab.load_balancer.addresses is not set: plain DNS")
