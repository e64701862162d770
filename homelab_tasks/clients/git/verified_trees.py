"""Trees that have passed verify, remembered by tree, command and environment; red ones are never remembered."""

import hashlib
import json
import platform
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

# What says nothing about the tools that verify runs: where and by whom it is looked at.
_IDLE = re.compile(
    r"(?x)_ | PWD | OLDPWD | SHLVL | TERM(_PROGRAM.*)? | COLORTERM | COLUMNS | LINES | (NO|FORCE)_COLOR"
    r"| LS_COLORS | WINDOWID | (WAYLAND_)?DISPLAY | DBUS_SESSION_BUS_ADDRESS | XDG_SESSION_.*"
    r"| LC_TERMINAL.* | ITERM_.* | VSCODE_.* | SSH_.* | GPG_TTY | TMUX.* | STY"
    r"| INVOCATION_ID | JOURNAL_STREAM | LOGNAME | MAIL | GIT_.* | HOMELAB_.*"
)


class VerifiedTrees:
    """What has passed in one clone; shared by its worktrees."""

    def __init__(self, common_directory: Path, environment: Mapping[str, str]) -> None:
        """Keep one empty file for each verdict under the git directory."""
        self._directory = common_directory / "land" / "verified"
        told = {name: value for name, value in sorted(environment.items()) if not _IDLE.fullmatch(name)}
        self._environment = json.dumps([platform.system(), platform.release(), platform.machine(), told])

    def _file(self, tree: str, command: str) -> Path:
        key = json.dumps([tree, command, self._environment])
        return self._directory / hashlib.sha256(key.encode()).hexdigest()

    def passed(self, tree: str, command: str) -> bool:
        """Whether *command* has passed on *tree* in this environment."""
        return self._file(tree, command).exists()

    def remember(self, tree: str, command: str) -> None:
        """Remember that it passed; not being able to costs a verify, not the landing."""
        with suppress(OSError):
            self._directory.mkdir(parents=True, exist_ok=True)
            self._file(tree, command).touch()
