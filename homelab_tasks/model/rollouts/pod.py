"""Pods as Kubernetes tells them, with what a container does and did; and the events about them."""

from msgspec import Struct

from homelab_tasks.model.rollouts.workload import Condition

CRASH_LOOP = "CrashLoopBackOff"


class ContainerState(Struct, frozen=True, kw_only=True):
    """
    A container of a pod: *waiting* and *message* are why it does not run; *restarts* counts since the pod exists.

    *exit_code* and *ended* are of the last run that ended (state.terminated, else lastState.terminated), None and
    empty while none has.
    """

    name: str
    init: bool = False
    ready: bool = False
    running: bool = False
    restarts: int = 0
    waiting: str = ""
    message: str = ""
    exit_code: int | None = None
    ended: str = ""
    image_id: str = ""

    @property
    def is_down(self) -> bool:
        """Did it end when it should run, and is not running again?"""
        return not self.running and (self.waiting == CRASH_LOOP or self.exit_code not in {None, 0})


class Pod(Struct, frozen=True, kw_only=True):
    """
    A pod. *revision* is its pod-template-hash or controller-revision-hash, *template_generation* a DaemonSet's.

    *deleting* is true from the moment that it was told to stop; it still runs then.
    """

    name: str
    uid: str
    version: str = ""
    owner_kind: str = ""
    owner_name: str = ""
    owner_uid: str = ""
    created: str = ""
    phase: str = ""
    reason: str = ""
    deleting: bool = False
    ready: bool = False
    revision: str = ""
    template_generation: str = ""
    containers: tuple[ContainerState, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def is_live(self) -> bool:
        """May anything of it still run? An evicted pod stays as an object long after."""
        return self.phase not in {"Succeeded", "Failed"}

    @property
    def ordinal(self) -> int:
        """The number at the end of a StatefulSet's pod's name; -1 where there is none."""
        number = self.name.rpartition("-")[2]
        return int(number) if number.isdecimal() else -1


class Occurrence(Struct, frozen=True, kw_only=True):
    """
    An event that the cluster recorded about an object.

    *time* is the latest of eventTime, series and lastTimestamp: the scheduler writes only the first.
    """

    reason: str
    message: str
    warning: bool = False
    time: str = ""
    count: int = 1
    about_uid: str = ""
