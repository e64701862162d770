"""Who we are to other landers: the machine and the process, and whether such a process still lives."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from homelab_tasks.errors import HomelabError

BEAT_SECONDS = 10.0


class Owner(Struct, frozen=True, kw_only=True):
    """A process on a machine; *born* tells it from a later one with the same number."""

    machine: str
    pid: int
    born: str


class Presence:
    """Our own process, as others see it."""

    def __init__(self, beat_seconds: float = BEAT_SECONDS) -> None:
        """Show life every *beat_seconds*."""
        self._beat_seconds = beat_seconds

    def owner(self) -> str:
        """Write down who we are, so that others on this machine can see when we are gone."""
        owner = Owner(machine=_machine(), pid=os.getpid(), born=_born(os.getpid()))
        return "Land next\n\n" + msgspec.json.encode(owner).decode()

    def is_gone(self, owner: str) -> bool:
        """Whether the process that wrote *owner* has ended, as far as can be seen: other machines cannot."""
        try:
            known = msgspec.json.decode(owner.strip().rpartition("\n")[2], type=Owner)
        except msgspec.DecodeError:
            return False
        return known.machine == _machine() and _born(known.pid) != known.born

    @contextmanager
    def beating(self, beat: Callable[[], None]) -> Iterator[None]:
        """Call *beat* every now and then, in a thread of its own, for as long as the block takes."""
        over = threading.Event()

        def keep_on() -> None:
            while not over.wait(self._beat_seconds):
                with suppress(HomelabError):  # missed beats only cost the place in line
                    beat()

        thread = threading.Thread(target=keep_on, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _machine() -> str:
    """Name the machine, its boot, and the world of process numbers in it (containers have their own)."""
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        parts.append(str(Path("/proc/self/ns/pid").stat().st_ino))
    return " ".join(parts)


def _born(pid: int) -> str:
    """When process *pid* began, in the system's ticks; "alive" where that is not told, empty when it is gone."""
    with suppress(OSError):
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        state, *fields = told.rpartition(")")[2].split()
        return "" if state in {"Z", "X"} else fields[18]  # field 22, counted from 1; the state is field 3
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "alive"
    return "" if Path("/proc/self").exists() else "alive"
