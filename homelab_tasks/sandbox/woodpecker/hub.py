"""Who listens to the server's streams, and what they are told: no replay, no order promised, no end."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager

from homelab_tasks.sandbox.woodpecker.rows import LogEntry, Pipeline, Step
from homelab_tasks.sandbox.woodpecker.wire import entry_json, pipeline_json, repository_json

Frames = asyncio.Queue[str | None]
"""What a listener gets: `data` of the next frame, None when the stream ends."""


class Hub:
    """Passes each change on to everybody who listens at that moment."""

    def __init__(self) -> None:
        """Nobody listens yet."""
        self._listeners: list[tuple[frozenset[int], Frames]] = []
        self._log_listeners: list[tuple[int, Frames]] = []

    @contextmanager
    def listening(self, repository_ids: frozenset[int]) -> Iterator[Frames]:
        """Listen to the pipelines of those repositories; which ones they are is decided once, here."""
        listener = (repository_ids, Frames())
        self._listeners.append(listener)
        try:
            yield listener[1]
        finally:
            self._listeners.remove(listener)

    @contextmanager
    def listening_to_log(self, step: Step) -> Iterator[Frames]:
        """Listen to the log of *step*."""
        listener = (step.id, Frames())
        self._log_listeners.append(listener)
        try:
            yield listener[1]
        finally:
            self._log_listeners.remove(listener)

    def publish(self, pipeline: Pipeline) -> None:
        """Tell what *pipeline* looks like now."""
        told = {"repo": repository_json(pipeline.repository), "pipeline": pipeline_json(pipeline, with_workflows=True)}
        text = json.dumps(told, separators=(",", ":"))
        for repository_ids, frames in self._listeners:
            if pipeline.repository.id in repository_ids:
                frames.put_nowait(text)

    def publish_log(self, entries: list[LogEntry]) -> None:
        """Tell lines that just came in."""
        for entry in entries:
            text = json.dumps(entry_json(entry), separators=(",", ":"))
            for step_id, frames in self._log_listeners:
                if step_id == entry.step_id:
                    frames.put_nowait(text)

    def end_logs(self, steps: list[Step]) -> None:
        """End the streams of the logs of *steps*: their workflow is done."""
        ids = {step.id for step in steps}
        for step_id, frames in self._log_listeners:
            if step_id in ids:
                frames.put_nowait(None)

    def close(self) -> None:
        """End every stream."""
        for _, frames in (*self._listeners, *self._log_listeners):
            frames.put_nowait(None)
