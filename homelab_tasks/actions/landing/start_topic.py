"""Start a topic: a branch from the fresh trunk, in a worktree of its own, ready to work in."""

import shlex
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from homelab_tasks.actions.landing.site import Run
from homelab_tasks.model.events import Event, Failure, Note, NoteKind, Verdict
from homelab_tasks.model.verdict import Word

TAIL_LINES = 40


class Nursery(Protocol):
    """Where worktrees are made."""

    def standing(self, topic: str) -> str | None: ...
    def make(self, topic: str, base: str) -> str: ...
    def problems(self, path: str) -> tuple[str, ...]: ...
    def run(self, path: str, command: str) -> AbstractContextManager[Run]: ...


def start_topic(nursery: Nursery, topic: str, base: str, on_start: str | None) -> Iterator[Event]:
    """
    Make, or adopt, the worktree of *topic*, which begins at *base*; then run *on_start* in it.

    A topic that has a worktree already is only named. The last event is the verdict.
    """
    path = nursery.standing(topic)
    if path is not None:
        yield Verdict(verdict=Word.OK, reason=f"topic {topic} is in {path} already", hint=_go(path))
        return
    path = nursery.make(topic, base)
    for problem in nursery.problems(path):
        yield Note(kind=NoteKind.WARNING, text=problem)
    if on_start is not None:
        yield Note(kind=NoteKind.HEARTBEAT, text=f"{on_start} in {path}")
        lines = list[str]()
        with nursery.run(path, on_start) as run:
            for line in run.lines_and_silence(float("inf")):
                if line is None:
                    continue
                lines.append(line)
                yield Note(kind=NoteKind.HEARTBEAT, text=line)
        if run.exit_code != 0:
            reason = f"topic {topic} is in {path}, but on_start ({on_start}) ended with {run.exit_code} there"
            failure = Failure(step="on_start", exit_code=run.exit_code, error=reason, tail=tuple(lines[-TAIL_LINES:]))
            yield Verdict(verdict=Word.FAILED, reason=reason, hint=_go(path), failures=(failure,))
            return
    yield Verdict(verdict=Word.OK, reason=f"topic {topic} begins at {base[:7]} in {path}", hint=_go(path), commit=base)


def _go(path: str) -> str:
    return f"cd {shlex.quote(path)}"
