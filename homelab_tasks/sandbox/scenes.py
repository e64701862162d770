"""What a chapter of the demo is made of."""

from collections.abc import Callable

from msgspec import Struct

from homelab_tasks.sandbox.homelab import Homelab


class Shell(Struct, frozen=True, kw_only=True):
    """
    A command *line*, typed in the clone of the sandbox.

    It must end with *exit_code*, and every text of *prints* must be in what it prints.
    """

    line: str
    exit_code: int = 0
    prints: tuple[str, ...] = ()


class Faults(Struct, frozen=True, kw_only=True):
    """The load balancer has these *faults* from now on, `NAME[:PROBABILITY[:SEED]]` with commas; none when empty."""

    faults: str
    remark: str


class Behind(Struct, frozen=True, kw_only=True):
    """Something that somebody else does, told by *remark*."""

    remark: str
    act: Callable[[Homelab], None]


Scene = Shell | Faults | Behind


class Chapter(Struct, frozen=True, kw_only=True):
    """A part of the demo with a *title*."""

    title: str
    scenes: tuple[Scene, ...]
