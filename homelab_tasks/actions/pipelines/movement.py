"""Whether anything else moves on the server, which tells a busy queue from a stuck one."""

from collections.abc import Iterable

from homelab_tasks.model.pipelines.pipeline import Pipeline


class Movement:
    """Remembers when a pipeline other than the watched ones was last seen to run or to end."""

    def __init__(self) -> None:
        """Nothing has moved yet."""
        self._moved_at: float | None = None
        self._seen: dict[int, str] = {}

    def notice(self, pipelines: Iterable[Pipeline], watched: set[int], now: float) -> None:
        """Compare *pipelines* that are not *watched* (ids) with what they were."""
        for pipeline in pipelines:
            before = self._seen.get(pipeline.id)
            self._seen[pipeline.id] = pipeline.status
            if pipeline.id in watched or before in {None, pipeline.status}:
                continue
            if pipeline.started:
                self._moved_at = now

    def told(self, pipeline: Pipeline, now: float) -> None:
        """Take the stream's word that *pipeline* changed; it counts once an agent has begun with it."""
        if pipeline.started:
            self._moved_at = now

    def within(self, seconds: float, now: float) -> bool:
        """Did anything move in the last *seconds*?"""
        return self._moved_at is not None and now - self._moved_at < seconds
