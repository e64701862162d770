"""The one place where a stream of events, or an error, becomes words and an exit code."""

import contextlib
import functools
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit

from homelab_tasks.clients.desktop import notify
from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Event, Verdict
from homelab_tasks.model.verdict import Word
from homelab_tasks.report.open_view import open_view, print_traceback
from homelab_tasks.report.view import View
from homelab_tasks.tasks.assembly import Assembly
from homelab_tasks.tasks.coming_back import Progress


class Terminated(KeyboardInterrupt):
    """SIGTERM: the same as Ctrl-C, from a program."""


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
    )
    verdict = _end(assembly, view, functools.partial(body, assembly), given)
    # Or the interpreter, at its end, looks through all that was imported for garbage: 80 ms after the verdict.
    gc.freeze()
    if verdict.exit_code:
        raise Exit(code=verdict.exit_code)


def _end(assembly: Assembly, view: View, start: Callable[[], Iterator[Event]], given: dict[str, Any]) -> Verdict:
    """Show the events of *start*, which was called with the flags *given*; they end in exactly one verdict."""
    started = assembly.clock.now()
    progress = Progress(assembly.task, given)
    with contextlib.closing(view), _signals():
        try:
            verdict = _show(view, start, progress)
        except HomelabError as error:
            _debug(error, assembly)
            verdict = Verdict(verdict=Word(error.word), reason=error.problem, hint=error.hint)
        except KeyboardInterrupt as interrupt:
            verdict = progress.interrupted("SIGTERM" if isinstance(interrupt, Terminated) else "Ctrl-C")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is our bug, and never exit code 1
            _debug(error, assembly)
            hint = f"This is a bug in homelab_tasks; inv -d {assembly.task} shows where"
            verdict = Verdict(verdict=Word.INTERNAL, reason=f"{type(error).__name__}: {error}", hint=hint)
        verdict = progress.complete(verdict, seconds=assembly.clock.now() - started)
        view.show(verdict)
    return verdict


def _show(view: View, start: Callable[[], Iterator[Event]], progress: Progress) -> Verdict:
    for event in start():
        if isinstance(event, Verdict):
            return event
        progress.notice(event)
        view.show(event)
    raise RuntimeError("the task ended without a verdict")


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C; a second signal of either kind kills at once."""

    def stop(number: int, _: FrameType | None) -> None:
        for known in (signal.SIGINT, signal.SIGTERM):
            signal.signal(known, signal.SIG_DFL)
        raise Terminated if number == signal.SIGTERM else KeyboardInterrupt

    try:
        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not in the main thread: whoever runs us there minds the signals
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
