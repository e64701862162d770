"""What is typed while a view is drawn in place: it waits for the shell, and is not written into the frame."""

import contextlib
import os
import termios

from homelab_tasks.report.outlet import Outlet

_LOCAL_FLAGS = 3  # of what tcgetattr returns


class Echo:
    """
    The echo of the terminal behind *outlet*, which has `off` and `on`; elsewhere they do nothing.

    Ctrl-C, Ctrl-Z and whole lines work as ever. A process that is killed or stopped leaves it to the shell, which
    takes its own terminal settings back then; one in the background leaves the terminal alone, or it would be stopped.
    """

    def __init__(self, outlet: Outlet) -> None:
        """Leave it as it is for now."""
        self._outlet = outlet
        self._is_ours = False

    def off(self) -> None:
        """Write nothing that is typed."""
        self._is_ours = self._set(echo=False)

    def on(self) -> None:
        """Write what is typed again, if this is who switched it off."""
        if self._is_ours:
            self._is_ours = not self._set(echo=True)

    def _set(self, *, echo: bool) -> bool:
        """Switch it; returns whether that changed anything."""
        with contextlib.suppress(OSError, ValueError, termios.error):  # no terminal, not this session's, or gone
            descriptor = self._outlet.descriptor
            if os.tcgetpgrp(descriptor) != os.getpgrp():
                return False
            settings = termios.tcgetattr(descriptor)
            before = settings[_LOCAL_FLAGS]
            settings[_LOCAL_FLAGS] = before | termios.ECHO if echo else before & ~termios.ECHO
            termios.tcsetattr(descriptor, termios.TCSANOW, settings)
            return bool(before != settings[_LOCAL_FLAGS])
        return False
