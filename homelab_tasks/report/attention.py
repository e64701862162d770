"""Tells a person who looks elsewhere that it has ended: only for those who ask for it."""

from homelab_tasks.model.events import Event, Verdict
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.report.cleaning import presentable
from homelab_tasks.report.outlet import Outlet
from homelab_tasks.report.styled import plain
from homelab_tasks.report.terminal import Terminal
from homelab_tasks.report.view import Notice, View
from homelab_tasks.report.words import last_line

BELL = "\a"


class Notifying:
    """Shows everything in *view*; after the verdict the terminal's bell rings, and *notice* is given."""

    def __init__(self, view: View, stderr: Outlet, *, terminal: Terminal, secrets: Secrets, notice: Notice) -> None:
        """Ring only where a *terminal* is: a pipe gets no bell."""
        self._view = view
        self._stderr = stderr
        self._terminal = terminal
        self._secrets = secrets
        self._notice = notice

    @property
    def is_live(self) -> bool:
        return self._view.is_live

    def show(self, event: Event) -> None:
        self._view.show(event)
        if isinstance(event, Verdict):
            self._tell(presentable(event, self._secrets))

    def close(self) -> None:
        self._view.close()

    def _tell(self, verdict: Verdict) -> None:
        title, text = f"{verdict.task or 'homelab'}: {verdict.verdict}", plain(last_line(verdict))
        if self._terminal.cursor:
            # OSC 777 has a title and a text, which `;` parts.
            shown = f"\x1b]777;notify;{title};{text.replace(';', ',')}\x1b\\" if self._terminal.notices else ""
            self._stderr.write(f"{shown}{BELL}")
        self._notice(title, text)
