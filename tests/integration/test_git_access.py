"""git over the pin: the balancer of the embedded homelab, whose names no DNS knows."""

from pathlib import Path

import pytest

from homelab_tasks.clients.git.access import GitAccess
from homelab_tasks.clients.git.clone import Git
from homelab_tasks.clients.git.remote import Remote
from homelab_tasks.clients.web.addresses import AddressBook
from homelab_tasks.errors import DeniedError, TransientError, UntrustedError
from homelab_tasks.locations import Address, HostPattern
from homelab_tasks.sandbox.homelab import GIT_HOST, Homelab
from homelab_tasks.settings import LoadBalancer
from tests.integration.git_repositories import git
from tests.servers import Asked, Server, response

TOKEN = "canary-7e57-token"


def remote_at(
    url: str, directory: Path, *, addresses: tuple[str, ...], ca_file: Path | None, forge: str | None = None
) -> Remote:
    git(directory, "init", "--quiet", ".")
    opened = Git.open(directory)
    balancer = LoadBalancer(
        addresses=tuple(Address(text) for text in addresses),
        hosts=tuple(HostPattern(host) for host in (GIT_HOST, "127.0.0.1")),
    )
    access = GitAccess(AddressBook(balancer), ca_file=ca_file, keep_in=opened.common_directory / "land")
    command = access.configure(opened.command, url, forge=forge, token=lambda: TOKEN)
    return Remote(command, name="origin", url=url, space="refs/land/test")


@pytest.mark.parametrize("url", ["own port", "no port"])
def test_trunk_is_seen_when_the_name_is_pinned(shared_homelab: Homelab, tmp_path: Path, url: str) -> None:
    written = shared_homelab.remote_url if url == "own port" else f"https://{GIT_HOST}/lab/app.git"
    remote = remote_at(written, tmp_path, addresses=shared_homelab.addresses, ca_file=shared_homelab.layout.ca_file)

    state = remote.look("refs/heads/main")

    assert state.head == "main"
    assert state.branch("main") == git(shared_homelab.remote, "rev-parse", "main")


def test_next_address_is_dialled_when_the_first_is_dead(shared_homelab: Homelab, tmp_path: Path) -> None:
    dead = ("127.0.0.9:9", *shared_homelab.addresses)
    remote = remote_at(
        f"https://{GIT_HOST}/lab/app.git", tmp_path, addresses=dead, ca_file=shared_homelab.layout.ca_file
    )

    assert remote.look("refs/heads/main").head == "main"


def test_certificate_is_checked_when_the_address_is_pinned(shared_homelab: Homelab, tmp_path: Path) -> None:
    remote = remote_at(f"https://{GIT_HOST}/lab/app.git", tmp_path, addresses=shared_homelab.addresses, ca_file=None)

    with pytest.raises(UntrustedError):
        remote.look("refs/heads/main")


def test_git_goes_past_proxies_when_the_host_is_pinned(
    shared_homelab: Homelab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    ca_file, addresses = shared_homelab.layout.ca_file, shared_homelab.addresses
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    one = remote_at(shared_homelab.remote_url, tmp_path / "a", addresses=addresses, ca_file=ca_file)
    other = remote_at(f"https://{GIT_HOST}/lab/app.git", tmp_path / "b", addresses=addresses, ca_file=ca_file)

    assert one.look().head == other.look().head == "main"


def demanding(asked: Asked) -> list[bytes]:
    return response(b"", status=401, headers=['WWW-Authenticate: Basic realm="forge"'])


def test_token_goes_to_the_forge_by_header_when_it_asks(tmp_path: Path) -> None:
    with Server(demanding) as server:
        url = f"http://127.0.0.1:{server.port}/lab/app.git"
        remote = remote_at(url, tmp_path, addresses=(), ca_file=None, forge=f"http://127.0.0.1:{server.port}")

        with pytest.raises(DeniedError) as raised:
            remote.look("refs/heads/main")

    first, *later = server.asked
    assert "authorization" not in first.headers
    assert all(asked.headers["authorization"].startswith("Basic ") for asked in later)
    assert later
    assert TOKEN not in str(raised.value)


def test_token_stays_here_when_the_remote_is_on_another_port_than_the_forge(tmp_path: Path) -> None:
    with Server(demanding) as server:
        url = f"http://127.0.0.1:{server.port}/lab/app.git"
        remote = remote_at(url, tmp_path, addresses=(), ca_file=None, forge="http://127.0.0.1:1")

        with pytest.raises(DeniedError):
            remote.look("refs/heads/main")

    assert all("authorization" not in asked.headers for asked in server.asked)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_server_in_trouble_is_worth_another_try_when_it_says_so(tmp_path: Path, status: int) -> None:
    with Server(lambda asked: response(b"", status=status)) as server:
        remote = remote_at(f"http://127.0.0.1:{server.port}/x", tmp_path, addresses=(), ca_file=None)

        with pytest.raises(TransientError):
            remote.look("refs/heads/main")


def test_redirect_is_not_followed_when_a_server_sends_one(tmp_path: Path) -> None:
    with Server(lambda asked: response(b"", status=302, headers=["Location: http://127.0.0.1:1/"])) as server:
        remote = remote_at(f"http://127.0.0.1:{server.port}/x", tmp_path, addresses=(), ca_file=None)

        with pytest.raises(UntrustedError):
            remote.look("refs/heads/main")
