"""Where servers are, as people write it: addresses to dial, names that are pinned, base URLs."""

import ipaddress
import re
from urllib.parse import urlsplit

from homelab_tasks.errors import UsageError

MAXIMUM_PORT = 65535
_HOST = re.compile(r"(\*\.)?[^\W_]([\w-]*\.?)*")


class Address(str):
    """Where to dial instead of asking DNS: `IP`, `IP:PORT` or `[IPv6]:PORT`, as written in the settings."""

    __slots__ = ()

    @property
    def ip(self) -> str:
        """The IP address, without brackets."""
        return _split_address(self)[0]

    @property
    def port(self) -> int | None:
        """The port, where it is not the URL's."""
        return _split_address(self)[1]


def parse_address(text: object) -> Address:
    """Read `IP`, `IP:PORT`, `[IPv6]:PORT`; raises UsageError for a name or anything else."""
    written = str(text).strip()
    try:
        _, port = _split_address(written)
    except ValueError:
        port = 0
    if port is not None and not 0 < port <= MAXIMUM_PORT:
        raise UsageError(f"{written!r} is not an address", hint="write it as IP or IP:PORT, 10.0.20.203:8443")
    return Address(written)


def _split_address(written: str) -> tuple[str, int | None]:
    try:
        return str(ipaddress.ip_address(written.removeprefix("[").removesuffix("]"))), None
    except ValueError:
        host, _, port = written.rpartition(":")
        return str(ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))), int(port)


class Url(str):
    """The base URL of a server: http or https, with a path where it has one, never with a user or a query."""

    __slots__ = ()

    @property
    def server(self) -> str:
        """The name (and port) that people know the server by."""
        return urlsplit(self).netloc


def parse_url(text: object) -> Url:
    """Read a server's base URL; raises UsageError for a missing scheme or host, for credentials and queries."""
    written = str(text).strip().rstrip("/")
    problem = _url_problem(written)
    if problem:
        shown = written if "@" not in written else f"{written.partition('://')[0]}://…"
        raise UsageError(f"{shown!r} is not a server's URL: {problem}", hint="write it as https://ci.example.org")
    return Url(written)


def _url_problem(written: str) -> str | None:
    try:
        parts = urlsplit(written)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError as error:
        return str(error)
    if parts.scheme not in {"http", "https"}:
        return "it needs http:// or https://"
    if not parts.hostname:
        return "it names no host"
    if any(character.isspace() or not character.isprintable() for character in written):
        return "it holds spaces or control characters"
    if parts.username is not None or parts.password is not None:
        return "credentials do not belong into it"
    return "it must end with the path" if parts.query or parts.fragment else None


class HostPattern(str):
    """A name that is pinned, or `*.example.org` for every name one label below."""

    __slots__ = ()

    def covers(self, host: str) -> bool:
        """Is *host* such a name? Case and a dot at its end do not matter; `*` stands for exactly one label."""
        pattern, name = self.lower().rstrip("."), host.lower().rstrip(".")
        if pattern.startswith("*."):
            return name.partition(".")[2] == pattern[2:] and not name.startswith(".")
        return name == pattern


def parse_host(text: object) -> HostPattern:
    """Read a host name, an IP address or `*.example.org`; raises UsageError for a URL or a port."""
    written = str(text).strip()
    if _HOST.fullmatch(written) or _is_ip(written):
        return HostPattern(written)
    raise UsageError(f"{written!r} is not a host name", hint="write it as ci.example.org or *.example.org")


def _is_ip(written: str) -> bool:
    try:
        ipaddress.ip_address(written)
    except ValueError:
        return False
    return True
