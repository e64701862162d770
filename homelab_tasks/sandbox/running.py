"""
Sandboxes that outlive a command: started in the background, found again, stopped, and removed without a trace.

While a sandbox runs, its process holds a lock on the state file; so one that crashed is told from one that runs,
whatever became of its process id.
"""

import fcntl
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from homelab_tasks.errors import UsageError
from homelab_tasks.sandbox.layout import MARKER, STATE_NAME, Layout

STARTING_SECONDS = 20.0
STOPPING_SECONDS = 10.0
POLL_SECONDS = 0.05
LOG_TAIL_LINES = 5


def find(directory: str) -> Layout:
    """Find the sandbox that *directory* means; without one, that around the working directory, or the default."""
    if directory:
        return Layout(Path(directory).expanduser())
    here = Path.cwd()
    around = (parent for parent in (here, *here.parents) if (parent / STATE_NAME).is_file())
    return Layout(next(around, here / ".homelab-sandbox"))


@contextmanager
def occupied(layout: Layout) -> Iterator[None]:
    """Hold the directory for the sandbox that runs in this process; UsageError when another one has been there."""
    layout.directory.mkdir(parents=True, exist_ok=True)
    try:
        state = layout.state.open("x+")
    except FileExistsError:
        raise _taken(layout) from None
    with state:
        fcntl.flock(state, fcntl.LOCK_EX)
        yield


def require_free(layout: Layout) -> None:
    """Raise UsageError when there is a sandbox in the directory, running or left behind, or something else."""
    if layout.state.exists():
        raise _taken(layout)
    found = [path.name for path in layout.files if path.exists()]
    if found:
        hint = "name another directory: inv sandbox.up --directory DIR"
        raise UsageError(f"{layout.directory} holds {found[0]}, which no sandbox made", hint=hint)


def _taken(layout: Layout) -> UsageError:
    down = shlex.join(["inv", "sandbox.down", "--directory", str(layout.directory)])
    if is_running(layout):
        return UsageError(f"a sandbox already runs in {layout.directory}", hint=f"use it, or end it first: {down}")
    return UsageError(f"a sandbox that ended without cleaning up was in {layout.directory}", hint=f"remove it: {down}")


def is_running(layout: Layout) -> bool:
    """Does a process hold the sandbox of that directory?"""
    try:
        with layout.state.open() as state:
            fcntl.flock(state, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def read_state(layout: Layout) -> dict[str, Any]:
    """Read what a sandbox wrote about itself once it could be used; empty before that."""
    with suppress(OSError, ValueError):
        state: dict[str, Any] = json.loads(layout.state.read_text())
        return state
    return {}


def start_detached(layout: Layout, *, faults: str, nap_seconds: float) -> None:
    """Start a sandbox in the background and wait until it can be used; UsageError with its last words when it fails."""
    require_free(layout)
    layout.directory.mkdir(parents=True, exist_ok=True)
    options = ["--faults", faults, "--nap-seconds", str(nap_seconds)]
    with layout.log.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "homelab_tasks.sandbox", str(layout.directory), *options],
            env={**os.environ, MARKER: str(layout.directory)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    if not _eventually(lambda: bool(read_state(layout)) or process.poll() is not None, STARTING_SECONDS):
        process.kill()
    if not read_state(layout):
        words = " / ".join(layout.log.read_text().splitlines()[-LOG_TAIL_LINES:])
        remove(layout)
        raise UsageError(f"the sandbox did not start: {words or 'it said nothing'}")
    process.returncode = 0  # it goes on without us: nobody waits for it, and nothing warns about that


def stop(layout: Layout) -> None:
    """End the sandbox of that directory and every process of it, also when it crashed before."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        pid = read_state(layout).get("pid")
        if not is_running(layout) or not isinstance(pid, int):
            break
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if _eventually(lambda: not is_running(layout), STOPPING_SECONDS):
            break
    for pid in left_behind(layout):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def left_behind(layout: Layout) -> list[int]:
    """Processes that the sandbox of that directory started, wherever they have gone; none where there is no /proc."""
    wanted = f"{MARKER}={layout.directory}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if wanted in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return [pid for pid in found if pid != os.getpid()]


def remove(layout: Layout) -> list[str]:
    """Remove every file that a sandbox made; returns the names of others, which are kept with the directory."""
    for path in layout.files:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    kept = sorted(path.name for path in layout.directory.iterdir()) if layout.directory.is_dir() else []
    if not kept:
        with suppress(OSError):
            layout.directory.rmdir()
    return kept


def _eventually(question: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not question():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
