"""Which view shows a stream of events."""

import traceback
from collections.abc import Mapping
from typing import Protocol, TextIO

from homelab_tasks.model.events import Event
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.model.text import harmless
from homelab_tasks.report.clock import Clock
from homelab_tasks.report.jsonl import JsonLines
from homelab_tasks.report.lines import Lines
from homelab_tasks.report.marks import marks_for
from homelab_tasks.report.outlet import Outlet
from homelab_tasks.report.terminal import Terminal, terminal_of


class View(Protocol):
    """Shows events to somebody. Never raises because of who reads, or how."""

    @property
    def is_closed(self) -> bool:
        """Has the reader of the result gone away?"""

    def show(self, event: Event) -> None:
        """Show *event*."""

    def close(self) -> None:
        """Leave the terminal as it was; what was shown stays. May be called twice."""


def open_view(  # noqa: PLR0913 - the composition root names each once
    *,
    json: bool,
    stdout: TextIO,
    stderr: TextIO,
    environment: Mapping[str, str],
    clock: Clock,
    secrets: Secrets,
) -> View:
    """
    Choose the view for who is looking: a program (*json*), a person at a terminal, or one behind a pipe.

    *environment* tells of the terminal (TERM and others), and is asked for NO_COLOR and FORCE_COLOR.
    """
    result, progress = Outlet(stdout), Outlet(stderr)
    if json:
        return JsonLines(result, progress, clock=clock, secrets=secrets)
    terminal = terminal_of(environment)
    if progress.is_terminal and not terminal.is_dumb:
        return _live(result, progress, clock=clock, secrets=secrets, terminal=terminal)
    colour = terminal.colour and bool(environment.get("FORCE_COLOR"))
    return Lines(result, progress, clock=clock, secrets=secrets, colour=colour)


def _live(stdout: Outlet, stderr: Outlet, *, clock: Clock, secrets: Secrets, terminal: Terminal) -> View:
    # Imported here: no pipe and no program pays for what measures characters.
    from homelab_tasks.report.live import Live, Ticker
    from homelab_tasks.report.painter import Painter

    painter = Painter(stderr, stderr.size, colour=terminal.colour, links=terminal.links)
    return Ticker(Live(stdout, painter, clock=clock, secrets=secrets, marks=marks_for(stderr.encoding)))


def print_traceback(error: BaseException, *, stderr: TextIO, secrets: Secrets) -> None:
    """Print the traceback of *error* on *stderr*, as little a leak as every other output."""
    outlet = Outlet(stderr)
    for line in secrets.scrub("".join(traceback.format_exception(error))).splitlines():
        outlet.line(harmless(line))
