"""What an event stream tells: a reason to look, never a fact to decide on."""

from enum import StrEnum

from msgspec import Struct

from homelab_tasks.model.pipelines.pipeline import Pipeline


class HintKind(StrEnum):
    """What happened to, or on, the stream."""

    OPENED = "opened"
    LOST = "lost"
    CHANGED = "changed"


class Hint(Struct, frozen=True, kw_only=True):
    """
    News from the stream: it opened, it was lost (*text* says why), or a pipeline changed.

    Woodpecker's stream is unordered and lossy (server/pubsub/memory/pub.go:58), so *pipeline* may be older than
    what is known already.
    """

    kind: HintKind
    repository_id: int = 0
    pipeline: Pipeline | None = None
    text: str = ""
