"""Trees that have passed verify, remembered by tree, command and environment; red ones are never remembered."""

import hashlib
import json
import platform
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

# What says nothing about the tools that verify runs: where and by whom it is looked at.
_IDLE = frozenset(
    "_ PWD OLDPWD SHLVL TERM TERM_PROGRAM TERM_PROGRAM_VERSION COLORTERM COLUMNS LINES WINDOWID DISPLAY WAYLAND_DISPLAY "
    "SSH_AUTH_SOCK SSH_AGENT_PID SSH_CLIENT SSH_CONNECTION SSH_TTY GPG_TTY TMUX TMUX_PANE STY NO_COLOR FORCE_COLOR "
    "DBUS_SESSION_BUS_ADDRESS INVOCATION_ID JOURNAL_STREAM LOGNAME MAIL LS_COLORS XDG_SESSION_ID".split()
)
_IDLE_PREFIXES = ("GIT_", "HOMELAB_", "XDG_SESSION_", "LC_TERMINAL", "ITERM_", "VSCODE_")


class VerifiedTrees:
    """What has passed in one clone; shared by its worktrees."""

    def __init__(self, common_directory: Path, environment: Mapping[str, str]) -> None:
        """Keep one empty file for each verdict under the git directory."""
        self._directory = common_directory / "land" / "verified"
        told = {
            name: value
            for name, value in sorted(environment.items())
            if name not in _IDLE and not name.startswith(_IDLE_PREFIXES)
        }
        self._environment = json.dumps([platform.system(), platform.release(), platform.machine(), told])

    def _file(self, tree: str, command: str) -> Path:
        key = "\0".join((tree, command, self._environment))
        return self._directory / hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()

    def passed(self, tree: str, command: str) -> bool:
        """Whether *command* has passed on *tree* in this environment."""
        return self._file(tree, command).exists()

    def remember(self, tree: str, command: str) -> None:
        """Remember that it passed; not being able to costs a verify, not the landing."""
        with suppress(OSError):
            self._directory.mkdir(parents=True, exist_ok=True)
            self._file(tree, command).touch()
