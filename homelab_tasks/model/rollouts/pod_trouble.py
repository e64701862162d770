"""
What is wrong with the pods of a new revision, and for how long each may be so.

Reasons are the kubelet's (pkg/kubelet/images/types.go, pkg/kubelet/container/sync_result.go, kubelet_pods.go) and
the scheduler's. Pods of an older revision are nobody's business here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from homelab_tasks.model.rollouts.cause import WAITED_OUT, Cause
from homelab_tasks.model.rollouts.pod import ContainerState, Pod

# The name itself is wrong, or the image may not be pulled: nothing that happens later changes it.
_HOPELESS = frozenset({"InvalidImageName", "ErrImageNeverPull"})
_PULLING = frozenset({"ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError"})
_CONFIGURATION = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError", "ContainerCannotRun",
     "PreCreateHookError", "PreStartHookError", "PostStartHookError"}
)  # fmt: skip
PULL_SECONDS = 20.0
"""A registry says that the image is not there: two tries of the kubelet, for a push may still be on its way."""
PULL_UNKNOWN_SECONDS = 60.0
"""The kubelet backs off and nothing says why: the next try says it."""
CONFIGURATION_SECONDS = 15.0
"""A secret that comes with the same change may come moments later."""
CRASHES_FATAL = 3
CRASHES_SUSPECT = 2
CRASH_LOOP_SECONDS = 10.0
"""A second crash may be the last; one that is still down after the kubelet's first back-off of 10 s is a loop."""
CRASHES_FATAL_BESIDE_READY = 5
"""Where other pods of the revision are ready the image works: only a long loop is certain."""
_PASSING_PULL_PROBLEM = re.compile(
    r"too ?many ?requests|status(?: code)?:? 429|rate limit|timed? ?out|deadline exceeded|connection (?:refused|reset)"
    r"|no such host|server misbehaving|temporary failure|internal server error|bad gateway|service unavailable"
    r"|gateway time|unexpected eof|: eof|no route to host|network is unreachable|tls handshake",
    re.IGNORECASE,
)
_LASTING_PULL_PROBLEM = re.compile(
    r"not found|manifest unknown|name unknown|denied|unauthorized|forbidden|no basic auth|does not exist"
    r"|no match for platform|invalid reference",
    re.IGNORECASE,
)
_QUOTED = re.compile(r'"[^"]*"|https?://\S+')  # names and addresses, whose words are nobody's answer


def pod_causes(pods: Sequence[Pod], pull_problems: Mapping[str, str]) -> tuple[Cause, ...]:
    """
    What is wrong with *pods*, those of the new revision; the surest first.

    *pull_problems* is what was heard before of why an image of a pod (by uid) could not be pulled: the kubelet
    says it only between two back-offs.
    """
    some_ready = any(pod.ready for pod in pods)
    causes = [cause for pod in pods if pod.is_live and not pod.deleting and not pod.ready
              for cause in _of_pod(pod, pull_problems, some_ready=some_ready)]  # fmt: skip
    return tuple(sorted(causes, key=_urgency))


def _urgency(cause: Cause) -> tuple[float, str]:
    return (float("inf") if cause.fatal_after is None else cause.fatal_after, cause.key)


def _of_pod(pod: Pod, pull_problems: Mapping[str, str], *, some_ready: bool) -> Iterable[Cause]:
    for condition in pod.conditions:
        if condition.type == "PodScheduled" and condition.status == "False":
            text = f"pod {pod.name} is {condition.reason or 'not scheduled'}: {condition.message}"
            key, hint = f"{pod.uid}:unschedulable", "give it a node with room, or let it request less"
            yield Cause(key=key, text=text, fatal_after=WAITED_OUT, pod=pod.name, hint=hint)
    for container in pod.containers:
        cause = _of_container(pod, container, pull_problems, some_ready=some_ready)
        if cause is not None:
            yield cause


def _of_container(
    pod: Pod, container: ContainerState, pull_problems: Mapping[str, str], *, some_ready: bool
) -> Cause | None:
    if container.ready:
        return None
    if container.waiting in _HOPELESS:
        return _waiting(pod, container, 0.0)
    if container.waiting in _PULLING:
        return _pull(pod, container, pull_problems.get(f"{pod.uid}/{container.name}", ""))
    if container.waiting in _CONFIGURATION and not _is_cache_miss(container):
        return _waiting(pod, container, CONFIGURATION_SECONDS)
    return _crash(pod, container, some_ready=some_ready)


def _is_cache_miss(container: ContainerState) -> bool:
    """Does the kubelet only not know the secret yet?"""
    return "failed to sync" in container.message and "cache" in container.message


def _waiting(pod: Pod, container: ContainerState, fatal_after: float | None, message: str = "") -> Cause:
    said = message or container.message
    text = f"{_place(pod, container)}: {container.waiting}{f': {said}' if said else ''}"
    key = f"{pod.uid}/{container.name}:{'pull' if container.waiting in _PULLING else container.waiting}"
    hint = "see that the image is in its registry, and that the cluster may pull it" if key.endswith(":pull") else None
    return Cause(key=key, text=text, fatal_after=fatal_after, pod=pod.name, container=container.name, hint=hint)


def _pull(pod: Pod, container: ContainerState, heard: str) -> Cause:
    said = container.message
    if not pull_problem(container) and heard:
        said = f"{said}: {heard}" if said else heard
    words = _QUOTED.sub("", said)
    if _PASSING_PULL_PROBLEM.search(words):
        return _waiting(pod, container, WAITED_OUT, said)
    lasting = _LASTING_PULL_PROBLEM.search(words) is not None
    return _waiting(pod, container, PULL_SECONDS if lasting else PULL_UNKNOWN_SECONDS, said)


def pull_problem(container: ContainerState) -> str:
    """Why an image could not be pulled, where *container* says it just now; empty otherwise."""
    says_it = container.waiting == "ErrImagePull" or "ErrImagePull" in container.message
    return container.message if container.waiting in _PULLING and says_it else ""


def needs_pull_reason(pod: Pod, heard: Mapping[str, str]) -> tuple[str, ...]:
    """The containers of *pod* whose image does not come without anyone having said why."""
    return tuple(
        each.name
        for each in pod.containers
        if each.waiting in _PULLING and not pull_problem(each) and f"{pod.uid}/{each.name}" not in heard
    )


def _crash(pod: Pod, container: ContainerState, *, some_ready: bool) -> Cause | None:
    if not container.is_down:
        return None
    fatal = CRASHES_FATAL_BESIDE_READY if some_ready else CRASHES_FATAL
    restarted = {0: "not restarted yet", 1: "restarted once"}.get(
        container.restarts, f"restarted {container.restarts} times"
    )
    why = container.ended if container.ended not in {"", "Error"} else f"exit {container.exit_code}"
    state = container.waiting or "ended"
    if container.restarts >= fatal:
        window: float | None = 0.0
    elif container.restarts >= CRASHES_SUSPECT and not some_ready:
        window = CRASH_LOOP_SECONDS
    else:
        window = WAITED_OUT
    return Cause(
        key=f"{pod.uid}/{container.name}:crash:{'some' if container.restarts < CRASHES_SUSPECT else 'loop'}",
        text=f"{_place(pod, container)}: {state}, {restarted}, {why}",
        fatal_after=window,
        pod=pod.name,
        container=container.name,
        exit_code=container.exit_code,
        restarted=container.restarts > 0,
        hint="its last words say why it crashed",
    )


def _place(pod: Pod, container: ContainerState) -> str:
    return f"{'init container' if container.init else 'container'} {container.name} of {pod.name}"
