"""The process of a step: its commands in `bash -e`, its output line by line, its whole group ended at the end."""

import asyncio
import os
import shlex
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

LINE_BYTES_MOST = 1024 * 1024  # longer lines are broken, as the agent does (pipeline/const.go:22)
CHUNK_BYTES = 64 * 1024
DRAIN_SECONDS = 2.0  # for output that a process which left the group still holds open

Lines = Callable[[list[bytes]], None]


class StepProcess:
    """Runs *commands*, each shown before it runs, as the agent's scripts do."""

    def __init__(self, commands: Sequence[str], *, directory: Path, environment: Mapping[str, str]) -> None:
        """Run in *directory* and see only *environment*."""
        self._script = "\n".join(f"echo + {shlex.quote(command)}\n{command}" for command in commands)
        self._directory = directory
        self._environment = dict(environment)

    async def run(self, lines: Lines, cancelled: asyncio.Event) -> int:
        """Run to the end or until *cancelled*; tells *lines* of the output and returns the exit code."""
        output, pipe = await _open_pipe()
        process = await asyncio.create_subprocess_exec(
            "bash",
            "-e",
            "-c",
            self._script,
            cwd=self._directory,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            start_new_session=True,
        )
        os.close(pipe)
        reading = asyncio.create_task(_read(output, lines))
        try:
            await _first_of(process.wait(), cancelled.wait())
        finally:
            _kill_group(process.pid)
            await process.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(reading, DRAIN_SECONDS)
        code = process.returncode or 0
        return code if code >= 0 else 128 - code


async def _first_of(*coroutines: object) -> None:
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]  # type: ignore[call-overload]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _kill_group(pid: int) -> None:
    """End the step and whatever it left running behind."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


async def _open_pipe() -> tuple[asyncio.StreamReader, int]:
    """
    Open a pipe of our own; returns its end for us, and the one for the process.

    With one of asyncio's, `wait` would go on until everybody has closed it, the processes left behind too.
    """
    ours, theirs = os.pipe()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(ours, "rb"))
    return reader, theirs


async def _read(output: asyncio.StreamReader, lines: Lines) -> None:
    """Cut the output into lines; the last one may lack its end."""
    rest = b""
    while chunk := await output.read(CHUNK_BYTES):
        *whole, rest = (rest + chunk).split(b"\n")
        while len(rest) > LINE_BYTES_MOST:
            whole.append(rest[:LINE_BYTES_MOST])
            rest = rest[LINE_BYTES_MOST:]
        if whole:
            lines(whole)
    if rest:
        lines([rest])
