"""Where servers are: what is an address, a base URL, the name of a host, and what is none."""

import pytest

from homelab_tasks.errors import UsageError
from homelab_tasks.locations import Address, HostPattern, parse_address, parse_host, parse_url
from homelab_tasks.settings import LoadBalancer


@pytest.mark.parametrize(
    ("written", "ip", "port"),
    [
        ("10.0.20.203", "10.0.20.203", None),
        ("10.0.20.203:8443", "10.0.20.203", 8443),
        ("::1", "::1", None),
        ("[::1]", "::1", None),
        ("[fd00::2]:443", "fd00::2", 443),
        (" 127.0.0.1 ", "127.0.0.1", None),
    ],
)
def test_an_address_is_an_ip_with_or_without_a_port(written: str, ip: str, port: int | None) -> None:
    address = parse_address(written)

    assert (address.ip, address.port) == (ip, port)


@pytest.mark.parametrize("written", ["", "ci.example.org", "10.0.20", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:http", 5])
def test_anything_else_is_no_address(written: object) -> None:
    with pytest.raises(UsageError, match="is not an address"):
        parse_address(written)


@pytest.mark.parametrize(
    ("written", "url", "server"),
    [
        ("https://ci.example.org", "https://ci.example.org", "ci.example.org"),
        ("http://127.0.0.1:8000/ci/", "http://127.0.0.1:8000/ci", "127.0.0.1:8000"),
    ],
)
def test_a_url_is_a_servers_base(written: str, url: str, server: str) -> None:
    parsed = parse_url(written)

    assert (str(parsed), parsed.server) == (url, server)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("ci.example.org", "it needs http:// or https://"),
        ("ftp://ci.example.org", "it needs http:// or https://"),
        ("https://", "it needs"),
        ("https://ci.example.org:port", "Port"),
        ("https://ci.example.org/?token=x", "it must end with the path"),
        ("https://ci example.org", "it holds spaces"),
    ],
)
def test_anything_else_is_no_url(written: str, reason: str) -> None:
    with pytest.raises(UsageError, match=rf"is not a server's URL: .*{reason}|names no host"):
        parse_url(written)


def test_credentials_in_a_url_are_refused_and_not_shown() -> None:
    with pytest.raises(UsageError) as raised:
        parse_url("https://someone:canary-password@ci.example.org")
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    "written", ["ci.example.org", "*.example.org", "localhost", "10.0.20.203", "::1", "bücher.test"]
)
def test_a_host_is_a_name_or_a_wildcard(written: str) -> None:
    assert parse_host(written) == written


@pytest.mark.parametrize("written", ["", "*", "*.", "ci.*.org", "https://ci.example.org", "ci.example.org:443", "a b"])
def test_anything_else_is_no_host(written: str) -> None:
    with pytest.raises(UsageError, match="is not a host name"):
        parse_host(written)


@pytest.mark.parametrize(
    ("pattern", "host", "covered"),
    [
        ("ci.example.org", "ci.example.org", True),
        ("ci.example.org", "CI.Example.ORG.", True),
        ("CI.example.org.", "ci.example.org", True),
        ("ci.example.org", "ci.example.org.evil.test", False),
        ("ci.example.org", "xci.example.org", False),
        ("*.example.org", "ci.example.org", True),
        ("*.example.org", "a.ci.example.org", False),
        ("*.example.org", "example.org", False),
        ("*.example.org", ".example.org", False),
        ("*.example.org", "example.org.evil.test", False),
    ],
)
def test_a_pattern_covers_its_names_only(pattern: str, host: str, covered: bool) -> None:
    balancer = LoadBalancer(addresses=(Address("10.0.20.203"),), hosts=(HostPattern(pattern),))

    assert HostPattern(pattern).covers(host) is covered
    assert balancer.addresses_for(host) == (balancer.addresses if covered else ())
