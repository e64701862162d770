"""Wait for what really runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.tasks import task

from homelab_tasks.tasks.command import NOT_GIVEN, command
from homelab_tasks.tasks.optional_argument import LenientTask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homelab_tasks.model.events import Event
    from homelab_tasks.tasks.assembly import Assembly


FLAGS = {
    "target": "NAME, NAMESPACE/NAME, KIND/NAME or NAMESPACE/KIND/NAME, each with an optional :CONTAINER; several with"
    " commas (default: deploy.targets)",
    "sha": "commit that should run: any git revision (default: HEAD)",
    "image": "the exact image that should run, registry/web:{sha8} too, instead of any that names the commit",
    "context": "context of the kubeconfig (default: its current one)",
    "namespace": "namespace of targets that name none (default: the context's)",
    "kubeconfig": "path of the kubeconfig (default: KUBECONFIG, then ~/.kube/config)",
    "stable_for": "how long to keep watching after the rollout, 30s (default: not at all)",
    "timeout": "how long to wait: 90s, 20m, 1h30m (default: 10m)",
    "repository": "OWNER/NAME, for the record (default: from the git remote)",
    "json": "print events as JSON Lines on stdout",
}


@task(default=True, klass=LenientTask, auto_shortflags=False, positional=["target"], help=FLAGS)
@command("deploy.status")
def status(
    c: Assembly,
    target: str = "",
    sha: str = NOT_GIVEN,
    image: str = NOT_GIVEN,
    context: str = NOT_GIVEN,
    namespace: str = NOT_GIVEN,
    kubeconfig: str = NOT_GIVEN,
    stable_for: str = NOT_GIVEN,
    timeout: str = NOT_GIVEN,
    repository: str = NOT_GIVEN,
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    Look once at what runs.

    Ends with 0 when TARGET runs the commit and nothing else, 8 while it is rolled out, 1 when that failed,
    5 when its image is another, or it does not exist, 7 when it waits for a person.
    """
    from homelab_tasks.tasks.deploy_request import DeployFlags, look_at_targets

    flags = DeployFlags(
        target=target,
        sha=sha,
        image=image,
        context=context,
        namespace=namespace,
        kubeconfig=kubeconfig,
        stable_for=stable_for,
        timeout=timeout,
        repository=repository,
    )
    return look_at_targets(c, flags)


@task(klass=LenientTask, auto_shortflags=False, positional=["target"], help=FLAGS)
@command("deploy.wait")
def wait(
    c: Assembly,
    target: str = "",
    sha: str = NOT_GIVEN,
    image: str = NOT_GIVEN,
    context: str = NOT_GIVEN,
    namespace: str = NOT_GIVEN,
    kubeconfig: str = NOT_GIVEN,
    stable_for: str = NOT_GIVEN,
    timeout: str = NOT_GIVEN,
    repository: str = NOT_GIVEN,
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    Wait until TARGET really runs the commit, and nothing older.

    First until its image names the commit, then until the rollout of exactly that is complete and no old pod is
    left: 0 rolled out, 1 failed, 4 superseded, 5 never named, 7 paused or OnDelete, 69 cluster away, 77 not allowed,
    124 timeout.
    """
    from homelab_tasks.tasks.deploy_request import DeployFlags, wait_for_targets

    flags = DeployFlags(
        target=target,
        sha=sha,
        image=image,
        context=context,
        namespace=namespace,
        kubeconfig=kubeconfig,
        stable_for=stable_for,
        timeout=timeout,
        repository=repository,
    )
    return wait_for_targets(c, flags)
