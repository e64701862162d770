"""The examinations of `doctor` that look at the way to the servers: addresses, certificates, DNS."""

from collections.abc import Iterator
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from homelab_tasks.actions.diagnosis.diagnose import Examination
from homelab_tasks.actions.diagnosis.examine_network import (
    behind_proxy,
    examine_address,
    examine_certificate,
    examine_name,
    nothing_pinned,
    silent_dns,
)
from homelab_tasks.locations import Url
from homelab_tasks.model.endpoint import Endpoint
from homelab_tasks.model.events import Check
from homelab_tasks.model.landing.remote_url import without_credentials
from homelab_tasks.settings import Settings
from homelab_tasks.tasks.assembly import Assembly

if TYPE_CHECKING:
    from homelab_tasks.clients.web.network import Network

HTTPS_PORT, HTTP_PORT = 443, 80
ORDINALS = ("the first", "the second", "the third", "the fourth")
DNS_SECONDS = 2.0  # a resolver that is away lets everybody wait for ten and more


def endpoints_of(settings: Settings, url: Url) -> tuple[Endpoint, ...]:
    """List where the server at *url* is dialled: at each pinned address, or by its name."""
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (HTTPS_PORT if secure else HTTP_PORT)
    return tuple(
        Endpoint(host=host, port=address.port or port, secure=secure, address=address.ip)
        for address in settings.load_balancer.addresses_for(host)
    ) or (Endpoint(host=host, port=port, secure=secure),)


def way_names(endpoints: tuple[Endpoint, ...]) -> tuple[str, ...]:
    """Name the checks of the addresses that lead to a server."""
    return tuple(f"load balancer {endpoint.address}" for endpoint in endpoints if endpoint.address)


def examine_ways(assembly: Assembly, endpoints: dict[Url, tuple[Endpoint, ...]]) -> list[Examination]:
    """List the examinations of every address, then of certificates and DNS, once for each host."""
    return [*_addresses(assembly, endpoints), *_names(assembly, endpoints)]


def _addresses(assembly: Assembly, endpoints: dict[Url, tuple[Endpoint, ...]]) -> list[Examination]:
    if not assembly.settings.load_balancer.addresses:
        return [Examination(name="load balancer", look=partial(nothing_pinned, "load balancer"))]
    grouped: dict[str, list[Endpoint]] = {}
    for endpoint in (each for several in endpoints.values() for each in several):
        if endpoint.address:
            grouped.setdefault(f"load balancer {endpoint.address}", []).append(endpoint)

    def look(name: str, several: list[Endpoint], place: str) -> Iterator[Check]:
        return examine_address(_network(assembly), assembly.clock, name, several, place=place)

    places = [*ORDINALS[: len(grouped)], *["one more"] * (len(grouped) - len(ORDINALS))]
    return [
        Examination(name=name, look=partial(look, name, several, f"{place} address"))
        for (name, several), place in zip(grouped.items(), places, strict=True)
    ]


def _names(assembly: Assembly, endpoints: dict[Url, tuple[Endpoint, ...]]) -> list[Examination]:
    by_host = {several[0].host: several for several in endpoints.values()}
    secure = [several for several in by_host.values() if several[0].secure]
    named = [several for host, several in by_host.items() if not _is_address(host)]
    return [
        *(_certificate(assembly, several) for several in secure),
        *(_name(assembly, several) for several in named),
    ]


def _certificate(assembly: Assembly, several: tuple[Endpoint, ...]) -> Examination:
    name, proxy = f"certificate {several[0].host}", _proxy(several[0])
    if proxy is not None:
        return Examination(name=name, look=partial(behind_proxy, name, proxy))

    def look() -> Iterator[Check]:
        return examine_certificate(_network(assembly), several, assembly.clock.wall())

    return Examination(name=name, look=look, builds_on=way_names(several))


def _name(assembly: Assembly, several: tuple[Endpoint, ...]) -> Examination:
    host = several[0].host
    name, proxy, pinned = f"dns {host}", _proxy(several[0]), [each.address for each in several if each.address]
    if proxy is not None:
        return Examination(name=name, look=partial(behind_proxy, name, proxy))

    def look() -> Iterator[Check]:
        return examine_name(_network(assembly), host, pinned)

    return Examination(name=name, look=look, seconds=DNS_SECONDS, if_silent=silent_dns(host, pinned))


def _proxy(endpoint: Endpoint) -> str | None:
    """Name the proxy of the environment that *endpoint* is asked through; pinned hosts never are."""
    if endpoint.address is not None or proxy_bypass(endpoint.host):
        return None
    url = getproxies().get("https" if endpoint.secure else "http")
    return without_credentials(url) if url else None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _network(assembly: Assembly) -> "Network":
    from homelab_tasks.clients.web.network import Network
    from homelab_tasks.clients.web.trust import Trust

    settings = assembly.settings
    ca_file = settings.load_balancer.ca_file
    return Network(Trust(Path(ca_file) if ca_file else None), timeout=settings.http.connect_timeout)
