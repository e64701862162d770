"""
Every setting: its name, type, default and one line of meaning.

The tree stands under `homelab:` in `invoke.yaml`. It holds no secret: a setting says where a token is. Values
are decoded by homelab_tasks.decoding; docs/reference/settings.md is held against this file by a test.
"""

import ipaddress
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from msgspec import Meta, Struct, field

from homelab_tasks.durations import Duration
from homelab_tasks.errors import UsageError

MAXIMUM_PORT = 65535
_HOST = re.compile(r"(\*\.)?[^\W_]([\w-]*\.?)*")
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)


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


class FilePath(str):
    """The path of a file; in invoke.yaml, a relative one counts from there."""

    __slots__ = ()


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A branch of the settings tree; the docstring of each is its heading in the reference."""


class VaultField(Section, frozen=True, kw_only=True):
    """A field of a secret in Vault."""

    path: Annotated[str, Meta(description="mount and path of the secret, `secret/ci/global`, KV version 1 or 2")]
    field: Annotated[str, Meta(description="name of the field that holds the token")]


class TokenSource(Section, frozen=True, kw_only=True, omit_defaults=True):
    """One place where a token may be: exactly one of its keys."""

    env: Annotated[str | None, Meta(description="name of an environment variable")] = None
    vault: Annotated[VaultField | None, Meta(description="a field of a secret in Vault")] = None
    file: Annotated[FilePath | None, Meta(description="path of a file that only its owner can read")] = None
    command: Annotated[
        tuple[str, ...] | None, Meta(description="a command, as a list of words, that prints the token")
    ] = None

    def __post_init__(self) -> None:
        """Refuse a source that names no place, or two."""
        if sum(place is not None for place in (self.env, self.vault, self.file, self.command)) != 1:
            raise ValueError("expected exactly one of env, vault, file and command")
        if self.env is not None and not _VARIABLE.fullmatch(self.env):
            raise ValueError("env: expected the name of a variable, found something else")  # the token, perhaps
        if self.command is not None and not self.command:
            raise ValueError("command: expected a list of words, found none")


class LoadBalancer(Section, frozen=True, kw_only=True):
    """What `curl --resolve` does, for every client; absent: plain DNS."""

    addresses: Annotated[tuple[Address, ...], Meta(description="IP or IP:PORT to dial, in order of preference")] = ()
    hosts: Annotated[
        tuple[HostPattern, ...], Meta(description="names that are pinned; `*.example.org` is one label")
    ] = ()
    ca_file: Annotated[
        FilePath | None, Meta(description="certificates trusted beside the system's, also without addresses")
    ] = None

    def addresses_for(self, host: str) -> tuple[Address, ...]:
        """The addresses to dial for *host*, in order of preference; none where it is not pinned."""
        return self.addresses if any(pattern.covers(host) for pattern in self.hosts) else ()


class Woodpecker(Section, frozen=True, kw_only=True):
    """The CI server."""

    url: Annotated[Url | None, Meta(description="base URL of the server, with its path where it has one")] = None
    token: Annotated[
        tuple[TokenSource, ...], Meta(description="where the token is: the first source that answers wins")
    ] = (
        TokenSource(env="WOODPECKER_TOKEN"),
        TokenSource(vault=VaultField(path="secret/ci/global", field="woodpecker_api_token")),
    )


class Vault(Section, frozen=True, kw_only=True):
    """The Vault (or OpenBao) server that tokens are read from."""

    url: Annotated[Url | None, Meta(description="base URL of the server")] = None
    token: Annotated[tuple[TokenSource, ...], Meta(description="where Vault's own token is")] = (
        TokenSource(env="VAULT_TOKEN"),
        TokenSource(file=FilePath("~/.vault-token")),
    )


class Forge(Section, frozen=True, kw_only=True):
    """The Forgejo or Gitea server that pull requests are opened on."""

    url: Annotated[Url | None, Meta(description="base URL of the server")] = None
    token: Annotated[tuple[TokenSource, ...], Meta(description="where the token for pull requests is")] = (
        TokenSource(env="FORGE_TOKEN"),
    )


class Kubernetes(Section, frozen=True, kw_only=True):
    """The cluster that deployments are watched on."""

    context: Annotated[str | None, Meta(description="context of the kubeconfig; null is its current one")] = None
    kubeconfig: Annotated[
        FilePath | None, Meta(description="path of the kubeconfig; null is KUBECONFIG, then ~/.kube/config")
    ] = None


class Ci(Section, frozen=True, kw_only=True):
    """Following the CI of a commit."""

    repository: Annotated[str | None, Meta(description="OWNER/NAME; null is read from the git remote")] = None
    events: Annotated[tuple[str, ...], Meta(description="Woodpecker events whose pipelines are judged")] = ("push",)
    timeout: Annotated[Duration, Meta(description="how long ci.watch waits for the verdict")] = Duration(1800)
    appear_timeout: Annotated[Duration, Meta(description="how long a pipeline may take to appear")] = Duration(120)
    stuck_after: Annotated[
        Duration, Meta(description="how long a pipeline may be pending while nothing else moves")
    ] = Duration(300)
    follow: Annotated[bool, Meta(description="follow the pipeline that superseded a commit's")] = True


class Deploy(Section, frozen=True, kw_only=True):
    """Waiting for a deployment."""

    targets: Annotated[
        tuple[str, ...], Meta(description="what is waited for without an argument, as `NAMESPACE/KIND/NAME:CONTAINER`")
    ] = ()
    timeout: Annotated[Duration, Meta(description="how long deploy.wait waits for the rollout")] = Duration(600)
    image: Annotated[
        str | None, Meta(description="the commit's image, `registry/web:{sha8}`; null is any tag that names the commit")
    ] = None
    stable_for: Annotated[Duration, Meta(description="how long to keep watching after the rollout")] = Duration(0)


class Work(Section, frozen=True, kw_only=True):
    """Topics, and landing them on the trunk."""

    remote: Annotated[str, Meta(description="name of the git remote that holds the trunk")] = "origin"
    trunk: Annotated[str | None, Meta(description="branch to land on; null is the remote's HEAD")] = None
    verify: Annotated[str | None, Meta(description="shell command that must pass on the merged result")] = None
    timeout: Annotated[Duration, Meta(description="how long a landing may take, verify included")] = Duration(1800)
    ci: Annotated[bool, Meta(description="follow the CI of the landed commit")] = True
    deploy: Annotated[bool, Meta(description="wait for the deployment of the landed commit")] = False
    directory: Annotated[str, Meta(description="where work.start puts worktrees")] = ".worktrees"
    queue: Annotated[
        Literal["train"] | None, Meta(description="`train`: candidates are verified side by side; null: one by one")
    ] = None
    on_start: Annotated[str | None, Meta(description="shell command run in a new worktree")] = None


class Http(Section, frozen=True, kw_only=True):
    """How patient requests are."""

    connect_timeout: Annotated[Duration, Meta(description="for connecting to one address")] = Duration(5)
    read_timeout: Annotated[Duration, Meta(description="for the next byte of an answer")] = Duration(20)
    retry_for: Annotated[Duration, Meta(description="how long a one-shot task rides an outage out")] = Duration(30)


class Settings(Section, frozen=True, kw_only=True):
    """Everything under `homelab:`."""

    load_balancer: LoadBalancer = field(default_factory=LoadBalancer)
    woodpecker: Woodpecker = field(default_factory=Woodpecker)
    vault: Vault = field(default_factory=Vault)
    forge: Forge = field(default_factory=Forge)
    kubernetes: Kubernetes = field(default_factory=Kubernetes)
    ci: Ci = field(default_factory=Ci)
    deploy: Deploy = field(default_factory=Deploy)
    work: Work = field(default_factory=Work)
    http: Http = field(default_factory=Http)


def sections_in(kind: Any) -> Iterator[Any]:
    """The sections that stand in *kind*: in `VaultField | None`, in `tuple[TokenSource, ...]`."""
    return (inner for inner in get_args(kind) if is_section(inner))


def is_section(kind: Any) -> bool:
    """Is *kind* a branch of the tree itself?"""
    return isinstance(kind, type) and issubclass(kind, Section)
