"""Puts the examinations of `doctor` together, as far as the settings name something to examine."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from homelab_tasks.actions.diagnose import Examination, diagnose, from_error, good
from homelab_tasks.actions.examine_ci import STREAM, examine_ci, examine_stream
from homelab_tasks.actions.examine_git import GIT, REMOTE, examine_git, examine_remote
from homelab_tasks.actions.examine_secrets import examine_forge, examine_vault, nothing_set
from homelab_tasks.connections import Connections
from homelab_tasks.errors import HomelabError, UsageError
from homelab_tasks.model.events import Check, Event, Verdict, Watching
from homelab_tasks.model.target import Target, parse_targets
from homelab_tasks.model.verdict import Word
from homelab_tasks.settings import Kubernetes, Settings, TokenSource, Url, VaultField
from homelab_tasks.tasks.assembly import Assembly
from homelab_tasks.tasks.doctor_network import endpoints_of, examine_ways, way_names

if TYPE_CHECKING:
    from homelab_tasks.actions.examine_cluster import Cluster, Review
    from homelab_tasks.clients.forge import Forge

ALL_SECONDS = 20.0
"""When what has not answered is told as unavailable."""
REQUEST_SECONDS = 4.0
"""How long one request may take: somebody sits there and waits."""


def diagnose_everything(assembly: Assembly) -> Iterator[Event]:
    """Examine everything that the settings name; what is wrong with the settings themselves is the first finding."""
    yield Watching(task=assembly.task, text="every setting against the world")
    try:
        planned = examinations(assembly)
    except UsageError as error:
        yield from_error("settings", error)
        yield Verdict(verdict=Word.USAGE, reason=error.problem, hint=error.hint, task=assembly.task)
        return
    yield from diagnose(planned, assembly.clock, seconds=ALL_SECONDS, task=assembly.task)


def examinations(assembly: Assembly) -> list[Examination]:
    """List what there is to examine, in the order in which it is told."""
    urls = _urls(assembly.settings)
    endpoints = {url: endpoints_of(assembly.settings, url) for url in urls.values()}
    ways = {name: way_names(endpoints[url]) for name, url in urls.items()}
    return [
        Examination(name="settings", look=partial(_settings, urls)),
        *examine_ways(assembly, endpoints),
        *_ci(assembly, ways.get("woodpecker", ())),
        *_vault(assembly, ways.get("vault", ())),
        *_forge(assembly, ways.get("forge", ())),
        *_cluster(assembly),
        *_git(assembly, ways.get("forge", ())),
    ]


def _settings(urls: dict[str, Url]) -> Iterator[Check]:
    yield good("settings", ", ".join(f"{name} {url}" for name, url in urls.items()) or "no server is set")


def _urls(settings: Settings) -> dict[str, Url]:
    named = {"woodpecker": settings.woodpecker.url, "vault": settings.vault.url, "forge": settings.forge.url}
    return {name: url for name, url in named.items() if url is not None}


# The servers; each examination has connections of its own, for they run side by side


def _connections(assembly: Assembly) -> Connections:
    return Connections(
        assembly.settings, clock=assembly.clock, secrets=assembly.secrets, time_left=lambda: REQUEST_SECONDS
    )


def _ci(assembly: Assembly, ways: tuple[str, ...]) -> list[Examination]:
    if assembly.settings.woodpecker.url is None:
        return [Examination(name="woodpecker", look=partial(nothing_set, "woodpecker", "homelab.woodpecker.url"))]

    def look() -> Iterator[Check]:
        made = _connections(assembly)
        return examine_ci(made.woodpecker_for_anyone, made.woodpecker, made.clock, lambda: made.repository)

    def stream() -> Iterator[Check]:
        return examine_stream(_connections(assembly).woodpecker.changes)

    return [
        Examination(name="woodpecker", look=look, builds_on=ways),
        Examination(name=STREAM, look=stream, builds_on=("woodpecker",)),
    ]


def _vault(assembly: Assembly, ways: tuple[str, ...]) -> list[Examination]:
    settings = assembly.settings
    if settings.vault.url is None:
        return [Examination(name="vault", look=partial(nothing_set, "vault", "homelab.vault.url"))]
    wanted = [(settings.woodpecker.url, settings.woodpecker.token), (settings.forge.url, settings.forge.token)]

    def look(url: Url, fields: list[VaultField], others: tuple[TokenSource, ...]) -> Iterator[Check]:
        made = _connections(assembly)
        if made.vault is not None:
            yield from examine_vault(made.vault, made.clock, fields, has_token=_has_token(made, url, others))

    return [
        Examination(
            name=f"vault {fields[0].path}",
            look=partial(look, url, fields, tuple(source for source in sources if source.vault is None)),
            builds_on=ways,
        )
        for url, sources in wanted
        if url is not None and (fields := [source.vault for source in sources if source.vault is not None])
    ]


def _has_token(made: Connections, url: Url, sources: tuple[TokenSource, ...]) -> Callable[[], bool]:
    """Make the question whether any of *sources* has a token for *url*."""

    def has_token() -> bool:
        try:
            return bool(made.tokens(url, sources)())
        except HomelabError:
            return False

    return has_token


def _forge(assembly: Assembly, ways: tuple[str, ...]) -> list[Examination]:
    url = assembly.settings.forge.url
    if url is None:
        return [Examination(name="forge token", look=partial(nothing_set, "forge token", "homelab.forge.url"))]

    def look() -> Iterator[Check]:
        return examine_forge(lambda: _open_forge(_connections(assembly), url), assembly.clock)

    return [Examination(name="forge token", look=look, builds_on=ways)]


def _open_forge(made: Connections, url: Url) -> "Forge | None":
    """Make the forge's repository that the clone's remote leads to; None outside of a clone."""
    from homelab_tasks.clients.forge import Forge

    try:
        name = made.git.repository(made.settings.work.remote, forge=url)
    except UsageError:
        return None
    return Forge(made.http(url, made.tokens(url, made.settings.forge.token)), name)


def _cluster(assembly: Assembly) -> list[Examination]:
    settings = assembly.settings
    if not settings.deploy.targets and settings.kubernetes == Kubernetes():
        unused = "homelab.deploy.targets"
        return [Examination(name="kubernetes", look=partial(nothing_set, "kubernetes", unused))]

    def look() -> Iterator[Check]:
        from homelab_tasks.actions.examine_cluster import examine_cluster

        written = ",".join(settings.deploy.targets)
        access = _connections(assembly).cluster_access()

        def targets(_: "Cluster") -> tuple[Target, ...]:
            return parse_targets(written, namespace=access.namespace) if written else ()

        def connect(_: "Cluster") -> "Review":
            from homelab_tasks.clients.kubernetes_connection import review

            return review(
                access,
                pins=settings.load_balancer,
                http=settings.http,
                environment=os.environ,
                secrets=assembly.secrets,
            )

        return examine_cluster(lambda: access, connect, targets, assembly.clock)

    return [Examination(name="kubernetes", look=look)]


# git


def _git(assembly: Assembly, ways: tuple[str, ...]) -> list[Examination]:
    from homelab_tasks.clients.landing_clone import LandingClone

    def version() -> str:
        from pathlib import Path

        from homelab_tasks.clients.git_command import GitCommand

        return GitCommand(Path.cwd()).run("version").output

    def look(clone: LandingClone) -> object:
        from homelab_tasks.connections.landing import reach, remote_of

        return remote_of(clone, reach(assembly.connections, clone)).look()

    def remote() -> Iterator[Check]:
        return examine_remote(lambda: LandingClone(assembly.git, assembly.settings.work.remote), look)

    return [
        Examination(name=GIT, look=lambda: examine_git(version)),
        Examination(name=REMOTE, look=remote, builds_on=ways),
    ]
