"""Commands: run in a process group of their own, read line by line, ended for good when time is up."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import IO, Self

from msgspec import Struct

from homelab_tasks.clients.interrupts import uninterrupted
from homelab_tasks.clients.process_tree import FAREWELL, FAREWELL_SECONDS, adopt_orphans, collect
from homelab_tasks.errors import UsageError

LAST_OUTPUT_SECONDS = 1.0  # a grandchild that keeps the pipe open is not waited for any longer
_POLL_SECONDS = 0.05
_END = None


class Finished(Struct, frozen=True, kw_only=True):
    """How a command ended: its *exit_code* (negative: the signal), and its *lines*, oldest first."""

    exit_code: int
    timed_out: bool
    lines: tuple[str, ...]


class Running:
    """
    A command while it runs, to be used as a context manager: nothing of its group outlives the block.

    *command* is an argument list, or a string for the shell. Its standard input is empty, its standard error
    goes where its output goes, or nowhere with *is_quiet*. It has no terminal, so that a password prompt fails instead
    of hanging. With *keep_children*, what the command left in the background by itself goes on after a normal end.
    """

    def __init__(  # noqa: PLR0913 - all but the command are given by name
        self,
        command: Sequence[str] | str,
        *,
        directory: Path | None = None,
        environment: Mapping[str, str] | None = None,
        timeout: float | None = None,
        keep_children: bool = False,
        is_quiet: bool = False,
        farewell_seconds: float = FAREWELL_SECONDS,
    ) -> None:
        """Start *command* in *directory*; raises UsageError when there is no such program or directory."""
        self.timed_out = False
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._keep_children = keep_children
        self._farewell_seconds = farewell_seconds
        self._queue: SimpleQueue[str | None] = SimpleQueue()
        adopt_orphans()
        try:
            with uninterrupted():
                self._process = subprocess.Popen(
                    command if isinstance(command, str) else list(command),
                    shell=isinstance(command, str),
                    cwd=directory,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL if is_quiet else subprocess.STDOUT,
                    encoding="utf-8",
                    errors="replace",
                    start_new_session=True,
                )
                reading = (self._process.stdout, self._queue)
                threading.Thread(target=_read, args=reading, daemon=True).start()
        except OSError as error:
            name = command.split()[0] if isinstance(command, str) else command[0]
            raise UsageError(f"cannot run {name!r}: {error.strerror or error}") from error
        except KeyboardInterrupt:
            if hasattr(self, "_process"):  # it was started meanwhile
                self.end()
            raise

    @property
    def group(self) -> int:
        """The number of its process group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """What it ended with, a negative number for a signal; None while it runs."""
        return self._process.poll()

    def lines(self) -> Iterator[str]:
        """Yield each line of output, without its end, as it comes, until the command ends or its time is up."""
        return (line for line in self.lines_and_silence(float("inf")) if line is not None)

    def lines_and_silence(self, seconds: float) -> Iterator[str | None]:
        """Yield what *lines* does, and None whenever nothing has come for *seconds*."""
        ended_at: float | None = None
        heard_at = time.monotonic()
        while True:
            with suppress(Empty):
                line = self._queue.get(timeout=_POLL_SECONDS)
                if line is _END:
                    break
                heard_at = time.monotonic()
                yield line
            now = time.monotonic()
            if now - heard_at >= seconds:
                heard_at = now
                yield None
            if self._process.poll() is not None:
                ended_at = ended_at or now
                if now - ended_at >= LAST_OUTPUT_SECONDS:
                    break
            elif self._is_late(now):
                break
        self._await_end()

    def _is_late(self, now: float) -> bool:
        return self._deadline is not None and now >= self._deadline

    def _await_end(self) -> None:
        """Wait for a command that has closed its output, or end it when its time is up."""
        left = None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
        try:
            self._process.wait(left)
        except subprocess.TimeoutExpired:
            self.timed_out = True
            self.end()

    def end(self) -> None:
        """End the whole process group: ask, ask firmly, then kill; those left behind by their leader are not asked."""
        for farewell in FAREWELL if self._process.poll() is None else FAREWELL[1:]:
            if not self._signal_group(farewell):
                break
            until = time.monotonic() + self._farewell_seconds
            while self._signal_group(0) and time.monotonic() < until:
                if farewell is signal.SIGINT and self._process.poll() is not None:
                    break  # a shell's background commands ignore it
                time.sleep(_POLL_SECONDS)
        self._process.wait()

    def _signal_group(self, number: int) -> bool:
        """Send *number* to the group; is there anybody left in it?"""
        if self._process.poll() is not None:  # a zombie of ours would count as alive
            collect(self._process.pid)
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
            return False
        return True

    def __enter__(self) -> Self:
        """Hand out the command itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what is left of the group, also when the block was left by an error or Ctrl-C."""
        if self._process.poll() is None or not self._keep_children:
            self.end()


def run(
    command: Sequence[str] | str,
    *,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
    timeout: float | None = None,
    is_quiet: bool = False,
) -> Finished:
    """Run *command* to its end; raises UsageError when it cannot be started at all."""
    with Running(command, directory=directory, environment=environment, timeout=timeout, is_quiet=is_quiet) as running:
        lines = tuple(running.lines())
    return Finished(exit_code=running.exit_code or 0, timed_out=running.timed_out, lines=lines)


def _read(stream: IO[str], queue: SimpleQueue[str | None]) -> None:
    with suppress(ValueError, OSError), stream:
        for line in stream:
            queue.put(line.rstrip("\r\n"))
    queue.put(_END)
