"""The deploy targets: is there what the settings name, and what keeps its pods from running."""

from collections import deque
from collections.abc import Iterator
from typing import Protocol

from homelab_tasks.actions.diagnosis.diagnose import failed, from_error, good, warning
from homelab_tasks.actions.rollouts.reader import Cluster, Reader
from homelab_tasks.actions.waiting import Clock, Patience
from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Check
from homelab_tasks.model.rollouts.cause import Cause
from homelab_tasks.model.rollouts.progress import progress_of
from homelab_tasks.model.rollouts.quota import Quota
from homelab_tasks.model.rollouts.rollout import Progress, Snapshot, State, names_text
from homelab_tasks.model.rollouts.target import Target
from homelab_tasks.model.rollouts.workload import Workload

PATIENCE_SECONDS = 3.0
IMAGES_SHOWN = 3
LINES_READ, LONGEST_WORDS = 5, 160  # of a log, and of its last line


class QuotaReader(Protocol):
    """Who is asked what limits a namespace."""

    def quotas(self, namespace: str) -> tuple[Quota, ...] | None:
        """Its quotas, None where they may not be read."""


def examine_quotas(cluster: QuotaReader, namespace: str, *, kubectl: str) -> Iterator[Check]:
    """Look for room for one more pod, which most rollouts need; where pods are not limited there is nothing to tell."""
    name = f"quota in {namespace}"
    try:
        limits = [(quota.name, quota.pods) for quota in cluster.quotas(namespace) or () if quota.pods is not None]
    except HomelabError as error:
        yield from_error(name, error)
        return
    for quota, (used, most) in limits:
        text = f"quota {quota}: {used} of {most} pods"
        if used < most:
            yield good(name, text)
            continue
        hint = f"raise the quota, or free some of it: {kubectl} -n {namespace} describe quota {quota}"
        yield warning(name, f"{text}: a rollout that needs one more waits until there is room", hint=hint)


def examine_target(cluster: Cluster, clock: Clock, target: Target, *, kubectl: str) -> Check:
    """
    Look at *target* once; *kubectl* is the command, with the context, that looks closer.

    What cannot come right by itself is a failure. A rollout on its way, and one that waits for a person, are warnings.
    """
    name = f"target {target}"
    reader = Reader(cluster, Patience(clock, server=cluster.server, retry_for=PATIENCE_SECONDS), target, lambda _: True)
    try:
        deque(reader.read(), maxlen=0)
    except HomelabError as error:
        return from_error(name, error)
    snapshot, kubectl = reader.view.snapshot(), f"{kubectl} -n {target.namespace}"
    if snapshot is None:
        kinds = [kind.value for kind in target.kinds]
        text = f"there is no {' or '.join(kinds)} {target.name} in namespace {target.namespace}"
        hint = f"deploy it, or correct homelab.deploy.targets: {kubectl} get {','.join(k.lower() for k in kinds)}"
        return failed(name, text, hint=hint)
    containers = [each.name for each in snapshot.workload.template.containers]
    if target.container is not None and target.container not in containers:
        text = f"{snapshot.workload.reference} has no container {target.container}, but {', '.join(containers)}"
        return failed(name, text, hint="correct homelab.deploy.targets")
    return _standing(name, cluster, snapshot, target, kubectl)


def _standing(name: str, cluster: Cluster, snapshot: Snapshot, target: Target, kubectl: str) -> Check:
    progress, workload = progress_of(snapshot), snapshot.workload
    text = f"{workload.reference}, {_images(workload, target)}: {progress.text}"
    causes = progress.causes or _restarting(progress)
    if causes:
        cause, *others = causes
        more = f", and {len(others)} more" if others else ""
        told = f"{cause.text.rstrip('.')}{more}{_last_words(cluster, cause, workload)} ({text})"
        return failed(name, told, hint=_advice(cause, workload, kubectl))
    if progress.state is State.COMPLETE:
        return good(name, text)
    if progress.state is State.BLOCKED:
        return warning(name, text, hint=progress.hint)
    return warning(name, f"a rollout is on its way ({text})", hint=_patience(progress, workload, kubectl))


def _restarting(progress: Progress) -> tuple[Cause, ...]:
    """Name the containers that crashed before, and happen to run at this moment."""
    return tuple(
        Cause(
            key=f"{pod.uid}/{container.name}:crash",
            text=f"container {container.name} of {pod.name} crashed {container.restarts}x, and runs again just now",
            pod=pod.name,
            container=container.name,
            restarted=True,
            hint="its last words say why it crashed",
        )
        for pod in (progress.new_pods or () if progress.state is not State.COMPLETE else ())
        for container in pod.containers
        if container.restarts and not container.ready
    )


def _last_words(cluster: Cluster, cause: Cause, workload: Workload) -> str:
    """Quote the last line of a container that crashed; nothing where there is none, or it may not be read."""
    if not cause.restarted or cause.pod is None or cause.container is None:
        return ""
    try:
        lines = cluster.log(workload.namespace, cause.pod, cause.container, previous=True, lines=LINES_READ)
    except HomelabError:
        return ""
    said = [line.strip()[:LONGEST_WORDS] for line in lines if line.strip()]
    return f"; last words: {said[-1]}" if said else ""


def _images(workload: Workload, target: Target) -> str:
    images = [
        each.image for each in workload.template.containers if target.container is None or each.name == target.container
    ]
    more = f" and {len(images) - IMAGES_SHOWN} more" if len(images) > IMAGES_SHOWN else ""
    return ", ".join(images[:IMAGES_SHOWN]) + more


def _advice(cause: Cause, workload: Workload, kubectl: str) -> str:
    if cause.restarted and cause.pod is not None:
        look = f"{kubectl} logs {cause.pod} -c {cause.container} --previous"
    elif cause.pod is not None:
        look = f"{kubectl} describe pod {cause.pod}"
    else:
        look = f"{kubectl} describe {workload.reference}"
    return f"{cause.hint}: {look}" if cause.hint else look


def _patience(progress: Progress, workload: Workload, kubectl: str) -> str:
    stopping = tuple(pod for pod in progress.old_pods or () if pod.deleting)
    if not stopping:
        return f"wait for it: {kubectl} rollout status {workload.reference}"
    names = names_text(stopping)
    return f"wait for {names} to stop; one that never does: is its node gone? {kubectl} describe pod {stopping[0].name}"
