"""Log lines on their way to the server: collected, and sent once a second."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from homelab_tasks.sandbox.woodpecker.rows import Step

SEND_SECONDS = 1.0  # the agent's batches (agent/rpc/client_grpc.go:48-52)

Send = Callable[[Step, list[tuple[int, bytes]]], None]


class LogBatches:
    """Lines of every step of an agent. They arrive up to *seconds* late, so also after their step has ended."""

    def __init__(self, send: Send, *, seconds: float = SEND_SECONDS) -> None:
        """Give batches of one step, with the seconds since it started, to *send*."""
        self._send = send
        self._seconds = seconds
        self._waiting: dict[int, tuple[Step, list[tuple[int, bytes]]]] = {}
        self._ticker: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send."""
        self._ticker = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        """Stop to send; what waits is lost, as that of a killed agent is."""
        if self._ticker is not None:
            self._ticker.cancel()
            with suppress(asyncio.CancelledError):
                await self._ticker
        self._ticker = None

    def add(self, step: Step, lines: list[bytes]) -> None:
        """Let *lines* of *step* wait for the next batch."""
        _, waiting = self._waiting.setdefault(step.id, (step, []))
        seconds = max(0, int(time.time()) - step.started)
        waiting.extend((seconds, line) for line in lines)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            batches, self._waiting = self._waiting, {}
            for step, lines in batches.values():
                self._send(step, lines)
