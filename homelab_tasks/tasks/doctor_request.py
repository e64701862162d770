"""Puts the examinations of `doctor` together, as far as the settings name something to examine."""

import shlex
from collections.abc import Iterator
from functools import partial

from homelab_tasks.actions.diagnosis.diagnose import Examination, diagnose, from_error, good, warning
from homelab_tasks.actions.diagnosis.examine_ci import examine_ci
from homelab_tasks.actions.diagnosis.examine_git import GIT, REMOTE, examine_git, examine_remote
from homelab_tasks.actions.diagnosis.examine_pipelines import STREAM, examine_stream
from homelab_tasks.actions.diagnosis.examine_secrets import nothing_set
from homelab_tasks.errors import UsageError
from homelab_tasks.locations import Url
from homelab_tasks.model.events import Check, Event, Verdict, Watching
from homelab_tasks.model.verdict import Word
from homelab_tasks.settings import Settings
from homelab_tasks.tasks.assembly import Assembly
from homelab_tasks.tasks.doctor_cluster import examine_clusters
from homelab_tasks.tasks.doctor_network import endpoints_of, examine_ways, way_names
from homelab_tasks.tasks.doctor_tokens import connections_for, examine_forges, examine_vaults

ALL_SECONDS = 20.0
"""When what has not answered is told as unavailable."""


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
        *examine_vaults(assembly, ways.get("vault", ())),
        *examine_forges(assembly, ways.get("forge", ())),
        *examine_clusters(assembly),
        *_git(assembly, ways.get("forge", ())),
    ]


def _settings(urls: dict[str, Url]) -> Iterator[Check]:
    if urls:
        yield good("settings", ", ".join(f"{name} {url}" for name, url in urls.items()))
    else:
        yield warning("settings", "no server is set, so there is little to examine", hint=_where_settings_are())


def _where_settings_are() -> str:
    """Say where to look for an invoke.yaml: whoever has just started a sandbox is next to one."""
    from homelab_tasks.sandbox.running import find

    layout = find("")
    if layout.state.exists():
        return f"the sandbox here has its settings in its clone: cd {shlex.quote(str(layout.app))}"
    return "set one under homelab: in an invoke.yaml, here or in a directory above"


def _urls(settings: Settings) -> dict[str, Url]:
    named = {"woodpecker": settings.woodpecker.url, "vault": settings.vault.url, "forge": settings.forge.url}
    return {name: url for name, url in named.items() if url is not None}


# The servers


def _ci(assembly: Assembly, ways: tuple[str, ...]) -> list[Examination]:
    if assembly.settings.woodpecker.url is None:
        return [Examination(name="woodpecker", look=partial(nothing_set, "woodpecker", "homelab.woodpecker.url"))]

    def look() -> Iterator[Check]:
        made = connections_for(assembly)
        return examine_ci(made.woodpecker_for_anyone, made.woodpecker, made.clock, lambda: made.repository)

    def stream() -> Iterator[Check]:
        made = connections_for(assembly)
        return examine_stream(made.woodpecker, made.clock, lambda: made.repository)

    return [
        Examination(name="woodpecker", look=look, builds_on=ways),
        Examination(name=STREAM, look=stream, builds_on=("woodpecker",)),
    ]


# git


def _git(assembly: Assembly, ways: tuple[str, ...]) -> list[Examination]:
    from homelab_tasks.clients.git.landing_clone import LandingClone

    def version() -> str:
        from pathlib import Path

        from homelab_tasks.clients.git.command import GitCommand

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
