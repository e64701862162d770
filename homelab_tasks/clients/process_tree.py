"""Who belongs to a process: those of its group, and those that it started; and how all of them are ended."""

import os
import signal
import subprocess
from contextlib import suppress

FAREWELL = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
FAREWELL_SECONDS = 3.0  # between one signal and the next, stronger one
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """
    Become the parent of those whose parent, one of ours, has ended (Linux, prctl(2)).

    Otherwise init is, and the one of many a container never collects them: whoever was ended would seem to be there.
    """
    import ctypes  # by those only who start a command

    with suppress(AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def collect(group: int) -> None:
    """Collect those of *group* that have ended; its leader must have been collected before, by whoever started it."""
    with suppress(ChildProcessError):
        while os.waitpid(-group, os.WNOHANG) != (0, 0):
            pass


def end_with_children(process: subprocess.Popen[bytes]) -> None:
    """
    End *process* and all that it started, where they have no group of their own: ask, then kill.

    Asked, git takes its lock files away, also the git of a remote on this machine.
    """
    family = [process.pid]
    for farewell in FAREWELL[1:]:
        for parent in family:  # which grows meanwhile; whose parent has ended is not found any more, so all come first
            family.extend(child for child in _children(parent) if child not in family)
        for member in family:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(member, farewell)
        with suppress(subprocess.TimeoutExpired):  # closed pipes say that all are gone
            process.communicate(timeout=FAREWELL_SECONDS)
            return


def _children(parent: int) -> list[int]:
    with suppress(OSError):  # where there is no such program, those of a killed git end by themselves
        listed = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True, check=False)
        return [int(child) for child in listed.stdout.split()]
    return []
