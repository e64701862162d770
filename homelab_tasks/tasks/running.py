"""The one place where a stream of events, or an error, becomes words and an exit code."""

import contextlib
import gc
import logging
import os
import sys
from collections.abc import Callable, Generator, Iterator
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit

from homelab_tasks.clients.desktop import notify
from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Event, Verdict
from homelab_tasks.model.verdict import Word
from homelab_tasks.report.open_view import open_view, print_plainly, print_traceback
from homelab_tasks.report.view import View
from homelab_tasks.tasks.assembly import Assembly
from homelab_tasks.tasks.coming_back import Progress
from homelab_tasks.tasks.invocation import Invocation
from homelab_tasks.tasks.signals import stopping

Events = Generator[Event, None, None]


def run_task(context: Context, name: str, body: Callable[[Assembly], Iterator[Event]], given: dict[str, Any]) -> None:
    """
    Run the task called *name*, whose events *body* tells, with the flags *given*; nothing but a verdict gets out.

    Raises Exit with the verdict's exit code, unless that is 0.
    """
    assembly = Assembly(context, task=name)
    _scrub_logging(assembly)
    view = open_view(
        json=bool(given.get("json")),
        stdout=sys.stdout,
        stderr=sys.stderr,
        environment=os.environ,
        clock=assembly.clock,
        secrets=assembly.secrets,
        debug=logging.getLogger().isEnabledFor(logging.DEBUG),
        notice=notify if given.get("notify") else None,
        call=assembly.invocation.words,
    )
    assembly.is_live = view.is_live
    verdict = _run(assembly, view, _begin(body, assembly), given)
    # Or the interpreter, at its end, looks through all that was imported for garbage: 80 ms after the verdict.
    gc.freeze()
    if verdict.exit_code:
        raise Exit(code=verdict.exit_code)


def _begin(body: Callable[[Assembly], Iterator[Event]], assembly: Assembly) -> Events:
    """Call *body* only when its first event is asked for, so that what it raises is an end like any other."""
    yield from body(assembly)


def _run(assembly: Assembly, view: View, events: Events, given: dict[str, Any]) -> Verdict:
    """
    Show the *events* of a task that was called with the flags *given*; they end in exactly one verdict.

    Once that is told, whoever told the events may do what has to wait for it: a landing is forgotten only then, so
    that one whose end nobody saw is still there to be resumed.
    """
    with stopping() as stop:
        with contextlib.closing(view):
            verdict = _end(assembly, view, events, given)
            stop.decided()
            _tell(view, verdict, assembly)
        try:
            next(events, None)
        except Exception as error:  # noqa: BLE001 - the verdict has been told, and stays
            _debug(error, assembly)
    return verdict


def _end(assembly: Assembly, view: View, events: Events, given: dict[str, Any]) -> Verdict:
    started = assembly.clock.now()
    progress = Progress(assembly.task, given)
    try:
        verdict = _show(view, events, progress, assembly.invocation)
    except HomelabError as error:
        _debug(error, assembly)
        verdict = Verdict(verdict=Word(error.word), reason=error.problem, hint=error.hint)
    except KeyboardInterrupt as interrupt:
        verdict = progress.interrupted(str(interrupt) or "Ctrl-C")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is our bug, and never exit code 1
        _debug(error, assembly)
        hint = f"This is a bug in homelab_tasks; inv -d {assembly.task} shows where"
        verdict = Verdict(verdict=Word.INTERNAL, reason=f"{type(error).__name__}: {error}", hint=hint)
    return assembly.invocation.worded(progress.complete(verdict, seconds=assembly.clock.now() - started))


def _show(view: View, events: Events, progress: Progress, invocation: Invocation) -> Verdict:
    """Show *events* up to their verdict; whoever tells them is left waiting there, and only there."""
    with contextlib.ExitStack() as unfinished:
        unfinished.callback(events.close)
        for event in events:
            if isinstance(event, Verdict):
                unfinished.pop_all()
                return event
            progress.notice(event)
            view.show(invocation.worded(event))
    raise RuntimeError("the task ended without a verdict")


def _tell(view: View, verdict: Verdict, assembly: Assembly) -> None:
    """Show *verdict*; a view that breaks makes no other of it, and above all not exit code 1."""
    try:
        view.show(verdict)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is our bug, and the verdict is true all the same
        _debug(error, assembly)
        print_plainly(verdict, stderr=sys.stderr, secrets=assembly.secrets)


def _debug(error: BaseException, assembly: Assembly) -> None:
    """Show the traceback to whoever asked for it (`inv -d`)."""
    if logging.getLogger().isEnabledFor(logging.DEBUG):
        print_traceback(error, stderr=sys.stderr, secrets=assembly.secrets)


def _scrub_logging(assembly: Assembly) -> None:
    """Take secrets out of whatever any library logs under `inv -d`."""

    def scrub(record: logging.LogRecord) -> bool:
        record.msg, record.args = assembly.secrets.scrub(record.getMessage()), ()
        return True

    for handler in logging.getLogger().handlers:
        handler.addFilter(scrub)
