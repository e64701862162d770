"""Show the topics, and remove those that have landed: what could be lost is kept, and named with the reason."""

from collections.abc import Callable, Iterator
from typing import Protocol

from msgspec import structs

from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Event, Note, NoteKind, Topic, Verdict
from homelab_tasks.model.landing.topic import TopicState
from homelab_tasks.model.verdict import Word


class Topics(Protocol):
    """The topics of a clone."""

    def names(self) -> tuple[str, ...]: ...
    def describe(self, name: str) -> TopicState: ...
    def remove(self, topic: TopicState) -> str | None: ...


Enrich = Callable[[Topic], Topic]
"""Adds to a topic what servers know of it: its pull request, the verdict of its CI."""


def show_topics(topics: Topics, enrich: Enrich) -> Iterator[Event]:
    """Tell how every topic stands; the last event is the verdict."""
    names = topics.names()
    for name in names:
        state = topics.describe(name)
        topic = _seen(state, reason="no commit yet" if state.is_fresh else state.landed)
        try:
            topic = enrich(topic)
        except HomelabError as error:
            yield Note(kind=NoteKind.WARNING, text=f"{name}: {error.problem}")
        yield topic
    count = f"{len(names)} {'topic' if len(names) == 1 else 'topics'}" if names else "no topic"
    hint = None if names else "inv work.start TOPIC begins one"
    yield Verdict(verdict=Word.OK, reason=count, hint=hint)


def clean_topics(topics: Topics, names: tuple[str, ...], *, dry_run: bool) -> Iterator[Event]:
    """Remove those of *names* that have landed and hold nothing else; the last event is the verdict."""
    removed, kept = list[str](), list[str]()
    for name in names:
        state = topics.describe(name)
        reason = state.kept_for
        if reason is None and not dry_run:
            reason = topics.remove(state)
        (kept if reason is not None else removed).append(f"{name} ({reason})" if reason is not None else name)
        gone = "would remove" if dry_run else "removed"
        yield _seen(state, reason=reason or state.landed, done="kept" if reason is not None else gone)
    what = "would be removed" if dry_run else "removed"
    parts = [f"{', '.join(removed) or 'nothing'} {what}", *([f"kept: {', '.join(kept)}"] if kept else [])]
    yield Verdict(verdict=Word.OK, reason="; ".join(parts))


def _seen(state: TopicState, *, reason: str | None, done: str | None = None) -> Topic:
    topic = Topic(
        name=state.name,
        commit=state.tip,
        path=state.path,
        ahead=state.ahead,
        behind=state.behind,
        dirty=state.is_dirty,
        landed=state.landed is not None and not state.is_fresh,
        landed_as=None if state.is_fresh else state.landed_as,
        reason=reason,
    )
    return structs.replace(topic, done=done)
