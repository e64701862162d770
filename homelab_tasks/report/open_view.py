"""Which view shows a stream of events."""

import traceback
from collections.abc import Mapping
from typing import TextIO

from homelab_tasks.model.events import Verdict
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.model.text import harmless
from homelab_tasks.report.clock import Clock
from homelab_tasks.report.jsonl import JsonLines
from homelab_tasks.report.lines import Lines
from homelab_tasks.report.outlet import Outlet
from homelab_tasks.report.styled import plain
from homelab_tasks.report.terminal import Terminal, terminal_of
from homelab_tasks.report.view import Notice, View
from homelab_tasks.report.words import last_line


def open_view(  # noqa: PLR0913 - the composition root names each once
    *,
    json: bool,
    stdout: TextIO | None,
    stderr: TextIO | None,
    environment: Mapping[str, str],
    clock: Clock,
    secrets: Secrets,
    debug: bool = False,
    notice: Notice | None = None,
    call: str = "inv ",
) -> View:
    """
    Choose the view for who is looking: a program (*json*), a person at a terminal, or one behind a pipe.

    *environment* tells of the terminal (TERM and others), and is asked for NO_COLOR and FORCE_COLOR. With *debug*
    there are lines at a terminal, too, for a log passes by there. *notice* is given once there is a verdict. The names
    of tasks are written after *call*.
    """
    result, progress = Outlet(stdout), Outlet(stderr)
    terminal = terminal_of(environment, is_terminal=progress.is_terminal)
    view: View
    if json:
        view = JsonLines(result, progress, clock=clock, secrets=secrets)
    elif terminal.cursor and not debug:
        view = _live(result, progress, clock=clock, secrets=secrets, terminal=terminal, call=call)
    else:
        view = Lines(result, progress, clock=clock, secrets=secrets, colour=terminal.colour, call=call)
    if notice is None:
        return view
    from homelab_tasks.report.attention import Notifying

    return Notifying(view, progress, terminal=terminal, secrets=secrets, notice=notice)


def _live(  # noqa: PLR0913 - all but the first two are given by name
    stdout: Outlet, stderr: Outlet, *, clock: Clock, secrets: Secrets, terminal: Terminal, call: str
) -> View:
    # Imported here: no pipe and no program pays for what measures characters.
    from homelab_tasks.report.echo import Echo
    from homelab_tasks.report.live import Live, Ticker
    from homelab_tasks.report.painter import Painter
    from homelab_tasks.report.taskbar import Taskbar

    painter = Painter(stderr, stderr.size, colour=terminal.colour, links=terminal.links, call=call)
    taskbar = Taskbar(stderr, is_known=terminal.progress)
    return Ticker(Live(stdout, painter, taskbar, clock=clock, secrets=secrets), Echo(stderr))


def print_plainly(verdict: Verdict, *, stderr: TextIO | None, secrets: Secrets) -> None:
    """Print the last line alone on *stderr*, for when a view could not."""
    Outlet(stderr).line(harmless(secrets.scrub(plain(last_line(verdict)))))


def print_traceback(error: BaseException, *, stderr: TextIO | None, secrets: Secrets) -> None:
    """Print the traceback of *error* on *stderr*, as little a leak as every other output."""
    outlet = Outlet(stderr)
    for line in secrets.scrub("".join(traceback.format_exception(error))).splitlines():
        outlet.line(harmless(line))
