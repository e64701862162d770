"""What a failed or unfinished rollout has to say for itself: the last words of its container, and what to do."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from homelab_tasks.actions.rollouts.journey import Journey
from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Failure
from homelab_tasks.model.rollouts.cause import Cause
from homelab_tasks.model.rollouts.pod import Occurrence, Pod
from homelab_tasks.model.rollouts.workload import Workload
from homelab_tasks.model.verdict import Word

T = TypeVar("T")

LOG_LINES = 20  # a failure's tail in the contract is at most 40, and this is what a screen shows


class Witness(Protocol):
    """Who can still be asked when a rollout has ended."""

    def log(self, namespace: str, pod: str, container: str, *, previous: bool, lines: int) -> tuple[str, ...]: ...

    def occurrences(self, namespace: str, uid: str) -> tuple[Occurrence, ...] | None: ...


def failures_of(journey: Journey, witness: Witness) -> tuple[Failure, ...]:
    """
    Why *journey* did not end well, with the last lines of the container's log; of the run before, where it crashed.

    Everything here is more than the verdict needs: what cannot be read is left out.
    """
    ending, workload = journey.ending, journey.workload
    if ending is None or workload is None or ending.word not in {Word.FAILED, Word.TIMEOUT}:
        return ()
    cause = ending.cause
    if cause is None:
        return _unready(journey, workload, witness)
    error = cause.text
    event = _last_warning(journey, cause, workload, witness)
    return (
        Failure(
            target=journey.label,
            pod=cause.pod,
            container=cause.container,
            exit_code=cause.exit_code,
            error=error if _is_told(event, error) else f"{error} ({event})",
            tail=_tail(workload, cause, witness),
        ),
    )


def _is_told(event: str, error: str) -> bool:
    """Does *error* say all of *event*, or what it quotes? `Failed: Failed to pull image "a": not found`."""
    return not event or event in error or event.split(": ", 2)[-1] in error


def _unready(journey: Journey, workload: Workload, witness: Witness) -> tuple[Failure, ...]:
    """The first pod that never became ready, with what the cluster recorded about it last: a probe, a volume."""
    pods = journey.progress.new_pods if journey.progress is not None else None
    for pod in sorted(pods or (), key=lambda each: each.name):
        if pod.ready:
            continue
        event = _warning(witness, workload, pod)
        container = next((each.name for each in pod.containers if not each.ready and not each.init), None)
        cause = Cause(key=pod.uid, text="", pod=pod.name, container=container)
        error = f"pod {pod.name} is not ready{f': {event}' if event else ''}"
        tail = _tail(workload, cause, witness)
        return (Failure(target=journey.label, pod=pod.name, container=container, error=error, tail=tail),)
    return ()


def _last_warning(journey: Journey, cause: Cause, workload: Workload, witness: Witness) -> str:
    pods = journey.progress.new_pods if journey.progress is not None else None
    pod = next((each for each in pods or () if each.name == cause.pod), None)
    return "" if pod is None else _warning(witness, workload, pod)


def _warning(witness: Witness, workload: Workload, pod: Pod) -> str:
    occurrences = _attempt(lambda: witness.occurrences(workload.namespace, pod.uid)) or ()
    warnings = [each for each in occurrences if each.warning]
    newest = max(warnings, key=lambda each: each.time, default=None)
    return f"{newest.reason}: {newest.message}" if newest is not None else ""


def _tail(workload: Workload, cause: Cause, witness: Witness) -> tuple[str, ...]:
    """The container's last lines; while it is down, its present log is that of the run that ended."""
    pod, container = cause.pod, cause.container
    if pod is None or container is None:
        return ()
    for previous in (True, False) if cause.restarted else (False, True):
        lines = _attempt(
            lambda of: witness.log(workload.namespace, pod, container, previous=of, lines=LOG_LINES), previous
        )
        if lines:
            return lines
    return ()


def _attempt(ask: Callable[..., T], *arguments: object) -> T | None:
    try:
        return ask(*arguments)
    except HomelabError:
        return None


def next_command(journey: Journey) -> str | None:
    """What to do about how *journey* ended."""
    ending, workload = journey.ending, journey.workload
    if ending is None or ending.hint is not None:
        return ending.hint if ending is not None else None
    if ending.word is Word.PENDING:
        return f"Wait for it: inv deploy.wait {journey.label}"
    if ending.word is Word.MISSING:
        return _where_to_look(journey, workload)
    if workload is None or ending.word not in {Word.FAILED, Word.TIMEOUT}:
        return None
    kubectl = f"kubectl -n {workload.namespace}"
    undo = f"{kubectl} rollout undo {workload.reference}" if ending.word is Word.FAILED else None
    cause = ending.cause
    if cause is not None and cause.pod is not None:
        look = f"{kubectl} describe pod {cause.pod}"
    else:
        look = f"{kubectl} describe {workload.reference}"
    return f"{look}; undo: {undo}" if undo else look


def _where_to_look(journey: Journey, workload: Workload | None) -> str:
    """What is there instead: the images that were applied, or the workloads of the namespace."""
    if workload is not None and journey.found is not None:
        return f"kubectl -n {workload.namespace} rollout history {workload.reference}"
    resources = ",".join(kind.resource for kind in journey.target.kinds)
    return f"kubectl -n {journey.target.namespace} get {resources}"
