"""Whether a rollout that is complete stays that way."""

from homelab_tasks.model.rollouts.cause import Cause
from homelab_tasks.model.rollouts.rollout import Progress


class Stability:
    """How long a rollout has been complete without a break, and what restarted meanwhile. Durations are seconds."""

    def __init__(self, seconds: float) -> None:
        """Ask for *seconds* of it; 0 asks for none."""
        self.seconds = seconds
        self._since: float | None = None
        self._restarts: dict[str, int] = {}

    @property
    def reached_at(self) -> float | None:
        """When it will have lasted long enough; None while it is not complete."""
        return None if self._since is None else self._since + self.seconds

    def interrupt(self) -> None:
        """Begin anew: it is not complete."""
        self._since = None

    def restart(self, progress: Progress, now: float) -> Cause | None:
        """Take *progress*, which is complete, in at time *now*; returns a restart since it became so, if any."""
        restarts = {
            f"{pod.name}/{each.name}": each.restarts for pod in progress.new_pods or () for each in pod.containers
        }
        if self._since is None:
            self._since, self._restarts = now, restarts
        for name, count in restarts.items():
            if count > self._restarts.get(name, 0):
                pod, _, container = name.partition("/")
                text = f"container {container} of {pod} restarted after the rollout was complete"
                return Cause(key=f"{name}:restarted", text=text, pod=pod, container=container, restarted=True)
        return None
