"""
How far a workload has come with the template that stands in it, and what is wrong with it.

Pure: from objects to a state and a reason. Which template *should* stand there is image's business; how long a
cause may last is cause's.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct

from homelab_tasks.model.rollouts.cause import Cause
from homelab_tasks.model.rollouts.pod import Occurrence, Pod
from homelab_tasks.model.rollouts.workload import ReplicaSet, Workload

MOST_NAMED = 5  # pods that a sentence names before it says how many more


class Snapshot(Struct, frozen=True, kw_only=True):
    """
    What is known of a workload at one moment.

    *replica_sets*, *pods* and *occurrences* (events about the workload itself) are None where the token may not
    read them, or nobody has asked yet. *pull_problems* is what pod_trouble remembers.
    """

    workload: Workload
    replica_sets: tuple[ReplicaSet, ...] | None = None
    pods: tuple[Pod, ...] | None = None
    occurrences: tuple[Occurrence, ...] | None = None
    pull_problems: Mapping[str, str] = {}


class State(StrEnum):
    """How far it is."""

    COMPLETE = "complete"
    PROGRESSING = "progressing"
    BLOCKED = "blocked"


class Progress(Struct, frozen=True, kw_only=True):
    """
    A state, and why. *text* is the middle of a sentence ("2 of 3 updated, 1 old still terminating").

    *causes* are what is wrong, the surest first; *revision* names the new one; *hint* is a command or an advice.
    *new_pods* are the pods of the new revision, *old_pods* those of others that may still run; both are None
    where pods may not be read.
    """

    state: State
    text: str
    hint: str | None = None
    revision: str | None = None
    causes: tuple[Cause, ...] = ()
    new_pods: tuple[Pod, ...] | None = None
    old_pods: tuple[Pod, ...] | None = None

    @property
    def renewed(self) -> int | None:
        """How many pods of the new revision are ready, where that can be known."""
        return None if self.new_pods is None else sum(pod.ready for pod in self.new_pods)

    @property
    def old(self) -> int | None:
        """How many pods of other revisions may still run, where that can be known."""
        return None if self.old_pods is None else len(self.old_pods)


def counts_are_final(workload: Workload) -> bool:
    """Does the status say that every replica has the template and is available, and that there is no other?"""
    counts = {workload.updated, workload.ready, workload.available, workload.replicas}
    return workload.is_observed and not workload.deleting and counts == {workload.desired} and not workload.terminating


def nothing_is_wanted(workload: Workload) -> bool:
    """Is it scaled to nothing, and is nothing left?"""
    return workload.desired == 0 and counts_are_final(workload)


def count_text(workload: Workload, old: tuple[Pod, ...] | None) -> str:
    """The counts as people read them."""
    if not workload.is_observed:
        return "the controller has not seen the change yet"
    parts = [f"{workload.updated} of {workload.desired} updated", f"{workload.available} available"]
    stopping = sum(pod.deleting for pod in old or ())
    remaining = len(old) - stopping if old is not None else max(0, workload.replicas - workload.updated)
    if stopping or workload.terminating:
        parts.append(f"{max(stopping, workload.terminating or 0)} old still terminating")
    if remaining:
        parts.append(f"{remaining} old still running")
    return ", ".join(parts)


def names_text(pods: tuple[Pod, ...]) -> str:
    """The names of *pods*, the first few of them."""
    names = sorted(pod.name for pod in pods)
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def split_pods(
    pods: tuple[Pod, ...] | None, is_new: Callable[[Pod], bool]
) -> tuple[tuple[Pod, ...] | None, tuple[Pod, ...] | None]:
    """
    Split *pods* into those of the new revision and the old ones that may still run.

    A pod that is told to stop counts as old whatever its revision: it still serves, and is about to go.
    """
    if pods is None:
        return None, None
    live = [pod for pod in pods if pod.is_live]
    new = tuple(pod for pod in live if is_new(pod) and not pod.deleting)
    return new, tuple(pod for pod in live if pod not in new)
