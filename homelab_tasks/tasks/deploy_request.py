"""From the flags of a deploy task to the rollout that it waits for."""

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from homelab_tasks.errors import UsageError
from homelab_tasks.model.events import Event, Watching
from homelab_tasks.model.rollouts.image import Wanted, expand_template, needs_sha
from homelab_tasks.model.rollouts.target import parse_targets
from homelab_tasks.tasks.assembly import Assembly
from homelab_tasks.tasks.flags import duration

if TYPE_CHECKING:
    from homelab_tasks.actions.rollouts.recognition import Commits
    from homelab_tasks.actions.rollouts.request import Request
    from homelab_tasks.clients.kubernetes.access import Access


class DeployFlags(Struct, frozen=True, kw_only=True):
    """The flags that say what should run where; empty text is the default."""

    target: str = ""
    sha: str = ""
    image: str = ""
    context: str = ""
    namespace: str = ""
    kubeconfig: str = ""
    stable_for: str = ""
    timeout: str = ""
    repository: str = ""


def wait_for_targets(assembly: Assembly, flags: DeployFlags) -> Iterator[Event]:
    """Tell what is waited for, then wait for it. Raises UsageError for flags that cannot be."""
    access = _access(assembly, flags)
    request = _request(assembly, flags, access)
    yield _watching(assembly, access, request)
    assembly.limit(request.timeout)
    from homelab_tasks.actions.rollouts.await_rollout import await_rollout

    patience = assembly.settings.http.retry_for
    with closing(assembly.connections.cluster(access)) as cluster:
        commits = _commits(assembly)
        yield from await_rollout(cluster, request, clock=assembly.clock, retry_for=patience, commits=commits)


def look_at_targets(assembly: Assembly, flags: DeployFlags) -> Iterator[Event]:
    """Tell what is looked at, then look once. Raises UsageError for flags that cannot be."""
    access = _access(assembly, flags)
    request = _request(assembly, flags, access)
    yield _watching(assembly, access, request)
    from homelab_tasks.actions.rollouts.look_at_rollout import look_at_rollout

    patience = assembly.settings.http.retry_for
    with closing(assembly.connections.cluster(access)) as cluster:
        commits = _commits(assembly)
        yield from look_at_rollout(cluster, request, clock=assembly.clock, retry_for=patience, commits=commits)


def _access(assembly: Assembly, flags: DeployFlags) -> "Access":
    return assembly.connections.cluster_access(kubeconfig=flags.kubeconfig or None, context=flags.context or None)


def _request(assembly: Assembly, flags: DeployFlags, access: "Access") -> "Request":
    from homelab_tasks.actions.rollouts.request import Request

    deploy = assembly.settings.deploy
    written = flags.target or ",".join(deploy.targets)
    if not written:
        hint = "inv deploy.wait NAMESPACE/NAME, or set homelab.deploy.targets in invoke.yaml"
        raise UsageError("no target is given", hint=hint)
    image = flags.image or deploy.image or ""
    is_image_enough = flags.image and not flags.sha and not needs_sha(flags.image)
    commit = None if is_image_enough else assembly.commit(flags.sha or "HEAD")
    sha = commit.sha if commit is not None else None
    return Request(
        targets=parse_targets(written, namespace=flags.namespace or access.namespace),
        wanted=Wanted(sha=sha, exact=expand_template(image, sha or "") if image else None),
        timeout=duration("--timeout", flags.timeout, deploy.timeout),
        stable_for=duration("--stable-for", flags.stable_for, deploy.stable_for),
        commit=commit,
    )


def _watching(assembly: Assembly, access: "Access", request: "Request") -> Watching:
    url = urlsplit(access.server)
    addresses = assembly.settings.load_balancer.addresses_for(url.hostname or "")
    commit = request.commit
    targets = ", ".join(str(target) for target in request.targets)
    exact = f" {request.wanted.text}" if request.wanted.exact is not None else ""
    return Watching(
        task=assembly.task,
        server=url.netloc,
        commit=commit.sha if commit is not None else None,
        title=commit.title if commit is not None else None,
        branch=commit.branch if commit is not None else None,
        address=str(addresses[0]) if addresses else None,
        text=f"context {access.context}: {targets}{exact}",
    )


def _commits(assembly: Assembly) -> "Commits":
    """Ask the clone, where there is one, which commits an abbreviated sha may mean; opened when it is asked first."""

    def ask(abbreviation: str) -> tuple[str, ...]:
        git = assembly.git_if_any
        return git.commits_beginning_with(abbreviation) if git is not None else ()

    return ask
