"""A task is a generator of events. This is all that `inv --list` and completion have to read of it."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from invoke.context import Context

    from homelab_tasks.model.events import Event
    from homelab_tasks.tasks.assembly import Assembly


NOT_GIVEN: Any = None
"""The default of a flag whose text may be left out; the body gets empty text, which cannot be given."""


def command(name: str) -> Callable[[Callable[..., Iterator[Event]]], Callable[..., None]]:
    """
    Make a task called *name* of a generator of events.

    The body gets an Assembly where invoke hands over its context; its last event is a verdict, whose exit code ends
    the process, unless it is 0: then the next task of the command line follows.
    """

    def decorate(body: Callable[..., Iterator[Event]]) -> Callable[..., None]:
        defaults = {parameter.name: parameter.default for parameter in inspect.signature(body).parameters.values()}

        @functools.wraps(body)
        def run(context: Context, /, *arguments: Any, **flags: Any) -> None:
            from homelab_tasks.tasks.flags import require_text
            from homelab_tasks.tasks.running import run_task

            given = {flag: value for flag, value in flags.items() if value != defaults.get(flag)}
            texts = {flag: "" for flag, default in defaults.items() if default is NOT_GIVEN}

            def begin(assembly: Assembly) -> Iterator[Event]:
                require_text(flag for flag in texts if given.get(flag) == "")
                return body(assembly, *arguments, **flags | {flag: given.get(flag, "") for flag in texts})

            run_task(context, name, begin, given)

        return run

    return decorate
