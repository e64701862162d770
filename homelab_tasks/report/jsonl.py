"""The view for programs: JSON Lines on stdout (docs/reference/events.md), and the last line on stderr."""

import json
from datetime import datetime
from typing import Any

import msgspec

from homelab_tasks.model.events import SCHEMA, Event, Verdict
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.report.cleaning import presentable, scrubbed
from homelab_tasks.report.clock import Clock
from homelab_tasks.report.outlet import Outlet
from homelab_tasks.report.styled import plain
from homelab_tasks.report.words import last_line

SECONDS_DECIMALS = 3


class JsonLines:
    """One object a line for each event, nothing else on *stdout*."""

    is_live = False

    def __init__(self, stdout: Outlet, stderr: Outlet, *, clock: Clock, secrets: Secrets) -> None:
        """Stamp events with the wall time of *clock*."""
        self._stdout = stdout
        self._stderr = stderr
        self._clock = clock
        self._secrets = secrets

    def show(self, event: Event) -> None:
        """Print *event*; with the verdict also the last line for people."""
        # Escaped to ASCII, so that text from a server cannot steer a terminal that the stream ends up on.
        self._stdout.line(json.dumps(encoded(scrubbed(event, self._secrets), self._clock.wall())))
        if isinstance(event, Verdict):
            self._stderr.line(plain(last_line(presentable(event, self._secrets))))

    def close(self) -> None:
        """Do nothing: every line is out already."""


def encoded(event: Event, time: datetime) -> dict[str, Any]:
    """Lay *event* out as the schema has it; *time* is aware, in UTC."""
    stamp = time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    fields = msgspec.to_builtins(event)
    line = {"schema": SCHEMA, "event": fields.pop("event"), "time": stamp}
    if isinstance(event, Verdict):
        line |= {"verdict": fields.pop("verdict"), "exit_code": event.exit_code}
    return line | {name: _rounded(value) for name, value in fields.items()}


def _rounded(value: object) -> object:
    return round(value, SECONDS_DECIMALS) if isinstance(value, float) else value
