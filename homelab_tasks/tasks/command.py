"""A task is a generator of events. This is all that `inv --list` and completion have to read of it."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from invoke.context import Context

    from homelab_tasks.model.events import Event


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
            from homelab_tasks.tasks.running import run_task

            given = {flag: value for flag, value in flags.items() if value != defaults.get(flag)}
            run_task(context, name, lambda assembly: body(assembly, *arguments, **flags), given)

        return run

    return decorate
