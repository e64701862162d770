"""
What holds for every test: a bare environment, an empty home, and no way out of this machine.

A test below tests/unit is held to more, in tests/unit/conftest.py.
"""

import os
import re
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# Whatever could change what the code under test does, on one person's machine and not on the next.
INHERITED = re.compile(
    r"(HOMELAB|INVOKE|GIT|WOODPECKER|VAULT|FORGE|KUBE|XDG|PIP|UV|SSL|LC)_.*|.*_(TOKEN|PROXY|CA_BUNDLE)|KUBECONFIG"
    r"|NETRC|LANG|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|CLICOLOR.*|TTY_.*|CI|EDITOR|VISUAL|PAGER",
    re.IGNORECASE,
)
KEPT = "HOMELAB_E2E_"  # names the real servers that e2e tests run against
IDENTITY = {"NAME": "Test Author", "EMAIL": "test@example.org"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", type=int, metavar="N", help="try each property on N examples")


def pytest_configure(config: pytest.Config) -> None:
    # No deadline for one example: the machine that runs this has other things to do.
    common = hypothesis.settings(deadline=None, print_blob=True, derandomize=False)
    hypothesis.settings.register_profile("homelab", common)
    count: int | None = config.getoption("--soak")
    if count:
        everything = list(hypothesis.HealthCheck)
        hypothesis.settings.register_profile("soak", common, max_examples=count, suppress_health_check=everything)
    hypothesis.settings.load_profile("soak" if count else "homelab")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home in a bare environment, where git knows who commits and reads no configuration of this machine."""
    for name in [name for name in os.environ if INHERITED.fullmatch(name) and not name.startswith(KEPT)]:
        monkeypatch.delenv(name)
    path = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(path))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_TERMINAL_PROMPT", "0")
    for role in ("AUTHOR", "COMMITTER"):
        for what, value in IDENTITY.items():
            monkeypatch.setenv(f"GIT_{role}_{what}", value)
    return path


class Border:
    """Keeps sockets on this machine, and remembers who tried to leave it."""

    def __init__(self) -> None:
        self.attempts: list[object] = []
        self.is_open = False

    def check(self, family: int, address: Any) -> None:
        """Fail the test when *address* is elsewhere: no `except Exception` of the code under test catches that."""
        if self.is_open or family not in {socket.AF_INET, socket.AF_INET6} or is_here(address[0]):
            return
        self.attempts.append(address)
        pytest.fail(f"a connection to {address}, which is not this machine")


BORDER = Border()


def is_here(host: str) -> bool:
    """Whether *host* is an address of this machine only, or a name for it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_address(host: str) -> bool:
    """Whether *host* needs no DNS."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    # Before the fixtures of any scope, which may connect as well.
    BORDER.is_open = item.get_closest_marker("e2e") is not None
    BORDER.attempts.clear()


@pytest.fixture(scope="session", autouse=True)
def border() -> Iterator[Border]:
    """Guard sockets for the whole session, so for fixtures of any scope and for every thread."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
    sendto, getaddrinfo = socket.socket.sendto, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        BORDER.check(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        BORDER.check(self.family, address)
        return connect_ex(self, address)

    def guarded_sendto(self: socket.socket, data: Any, *rest: Any) -> int:
        BORDER.check(self.family, rest[-1])
        return sendto(self, data, *rest)

    def without_dns(host: str | bytes | None, *rest: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is None or BORDER.is_open or is_here(name) or is_address(name):
            return getaddrinfo(host, *rest, **options)
        raise socket.gaierror(socket.EAI_NONAME, "tests ask no DNS server")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket.socket, "sendto", guarded_sendto)
        patch.setattr(socket, "getaddrinfo", without_dns)
        yield BORDER


@pytest.fixture(autouse=True)
def on_this_machine(border: Border) -> Iterator[None]:
    """Fail the test that tried to leave this machine, also where a thread or a retry swallowed the failure."""
    yield
    assert not border.attempts, f"tried to connect to {border.attempts}, which is not this machine"
