"""What a watch tells: a reason to look, and what an object looked like. Decided is only on what was read."""

from enum import StrEnum

from msgspec import Struct

from homelab_tasks.model.rollouts.pod import Pod
from homelab_tasks.model.rollouts.workload import Workload


class NewsKind(StrEnum):
    """What happened to an object, or to the watch itself."""

    CHANGED = "changed"
    GONE = "gone"
    LOST = "lost"
    RESTORED = "restored"
    FORBIDDEN = "forbidden"


class News(Struct, frozen=True, kw_only=True):
    """
    One piece of news about *topic*, the name that the watch was opened under.

    *workload* or *pod* is the object as it was then; *text* says why a watch was lost.
    """

    kind: NewsKind
    topic: str
    workload: Workload | None = None
    pod: Pod | None = None
    text: str = ""
