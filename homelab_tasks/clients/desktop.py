"""The desktop of the person, where there is one."""

import shutil
import subprocess
from contextlib import suppress

TIMEOUT_SECONDS = 2.0  # a notification daemon that hangs must not hold the exit code back


def notify(title: str, text: str) -> None:
    """Show *title* and *text* with notify-send (libnotify); nothing happens where that is missing or fails."""
    program = shutil.which("notify-send")
    if program is None:
        return
    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            [program, "--", title, text],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
