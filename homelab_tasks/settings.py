"""
Every setting: its name, type, default and one line of meaning.

The tree stands under `homelab:` in `invoke.yaml`. It holds no secret: a setting says where a token is. Values
are decoded by homelab_tasks.decoding; docs/reference/settings.md is held against this file by a test.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, Struct, field

from homelab_tasks.durations import Duration
from homelab_tasks.locations import Address, HostPattern, Url

_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)


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

    def __post_init__(self) -> None:
        """Refuse to judge by no event at all."""
        if not self.events:
            raise ValueError("events: expected at least one event, found none")


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

    def __post_init__(self) -> None:
        """Refuse to give a server no time at all."""
        for name in ("connect_timeout", "read_timeout"):
            if not getattr(self, name):
                raise ValueError(f"{name}: expected more than 0s")


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
