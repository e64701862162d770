"""From the flags of work.start, work.status and work.clean to what they ask for."""

import os
from collections.abc import Generator, Iterator

from msgspec import structs

from homelab_tasks.actions.landing.start_topic import start_topic
from homelab_tasks.actions.landing.tend_topics import Enrich, clean_topics, show_topics
from homelab_tasks.actions.waiting import Patience
from homelab_tasks.clients.git.landing_clone import LandingClone
from homelab_tasks.clients.git.nursery import Nursery
from homelab_tasks.clients.git.topics import Topics
from homelab_tasks.connections.landing import forge_of, reach, remote_of
from homelab_tasks.errors import UsageError
from homelab_tasks.model.events import Event, Topic, Verdict, Watching
from homelab_tasks.model.landing.landing import HEADS
from homelab_tasks.model.landing.remote_url import parse_remote_url, repository_of
from homelab_tasks.tasks.assembly import Assembly
from homelab_tasks.tasks.ci_request import CiFlags, watch_ci


def start_work(assembly: Assembly, topic: str, base: str) -> Iterator[Event]:
    """Start *topic* at revision *base*, or at the trunk as it is now; UsageError where none is named."""
    if not topic:
        raise UsageError("no topic is named", hint="inv work.start TOPIC")
    nursery = Nursery(assembly.git, assembly.settings.work.directory)
    clone = LandingClone(assembly.git, assembly.settings.work.remote)
    yield _watching(assembly, clone, text=f"topic {topic}")
    nursery.require_name(topic)
    wanted = assembly.git.commit(base).sha if base else None
    trunk, fresh = yield from _fresh_trunk(assembly, clone, topic)
    if topic == trunk:
        raise UsageError(f"{topic!r} is the trunk", hint="a topic has a name of its own: inv work.start TOPIC")
    yield from start_topic(nursery, topic, wanted or fresh, assembly.settings.work.on_start)


def show_work(assembly: Assembly, repository: str) -> Iterator[Event]:
    """Show all topics against the trunk as it is now."""
    clone = LandingClone(assembly.git, assembly.settings.work.remote)
    yield _watching(assembly, clone, text=None)
    trunk, base = yield from _fresh_trunk(assembly, clone, None)
    topics = Topics(assembly.git, trunk=trunk, base=base, environment=os.environ)
    yield from show_topics(topics, _enrich(assembly, clone, trunk, repository))


def clean_work(assembly: Assembly, topic: str, *, dry_run: bool) -> Iterator[Event]:
    """Remove *topic*, or all topics, where they have landed on the trunk as it is now."""
    clone = LandingClone(assembly.git, assembly.settings.work.remote)
    yield _watching(assembly, clone, text=None)
    trunk, base = yield from _fresh_trunk(assembly, clone, None)
    topics = Topics(assembly.git, trunk=trunk, base=base, environment=os.environ)
    if topic == trunk:
        raise UsageError(f"{topic!r} is the trunk", hint="inv work.status names the topics")
    yield from clean_topics(topics, (topic,) if topic else topics.names(), dry_run=dry_run)


def _watching(assembly: Assembly, clone: LandingClone, *, text: str | None) -> Watching:
    url = clone.push_url
    repository = repository_of(url, forge=assembly.settings.forge.url)
    return Watching(task=assembly.task, repository=repository, server=parse_remote_url(url).host, text=text)


def _fresh_trunk(assembly: Assembly, clone: LandingClone, adopt: str | None) -> Generator[Event, None, tuple[str, str]]:
    """
    Fetch the trunk; returns its name and its commit.

    With *adopt*, the commit is that of the remote's branch of this name, where it has one.
    """
    remote = remote_of(clone, reach(assembly.connections, clone))
    patience = Patience(assembly.clock, server=f"remote {clone.remote!r}", retry_for=assembly.settings.http.retry_for)
    known = (assembly.settings.work.trunk or clone.likely_trunk(), adopt)
    state = yield from patience.ask("head", lambda: remote.look(*(HEADS + name for name in known if name)))
    trunk = assembly.settings.work.trunk or state.head
    if trunk is None:
        hint = "set homelab.work.trunk to the branch that topics begin at"
        raise UsageError(f"the HEAD of remote {clone.remote!r} names no branch", hint=hint)
    name = adopt if adopt is not None and state.branch(adopt) is not None else trunk
    base = state.branch(name)
    if base is None:
        state = yield from patience.ask("trunk", lambda: remote.look(HEADS + name))
        base = state.branch(name)
    if base is None:
        hint = "was it renamed or deleted? homelab.work.trunk names the branch that topics begin at"
        raise UsageError(f"there is no branch {name!r} on the remote", hint=hint)
    yield from patience.ask("fetch", lambda: remote.bring(HEADS + name))
    return trunk, base


def _enrich(assembly: Assembly, clone: LandingClone, trunk: str, repository: str) -> Enrich:
    """Make what adds the pull request and the CI's verdict, as far as the settings name servers to ask."""
    forge = forge_of(assembly.connections, clone, repository)

    def enriched(topic: Topic) -> Topic:
        if forge is not None and not topic.landed:
            pull = forge.find(topic=topic.name, tip=topic.commit, trunk=trunk)
            topic = structs.replace(topic, pull_request=pull.url if pull is not None else None)
        if assembly.settings.woodpecker.url is not None:
            flags = CiFlags(sha=topic.landed_as or topic.commit, repository=repository)
            words = [event.verdict for event in watch_ci(assembly, flags, once=True) if isinstance(event, Verdict)]
            topic = structs.replace(topic, ci=words[-1] if words else None)
        return topic

    return enriched
