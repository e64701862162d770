"""From the flags of work.land to the delivery that they ask for."""

import os
from collections.abc import Iterator

from msgspec import Struct

from homelab_tasks.actions.deliver import Journey, Watch, deliver
from homelab_tasks.actions.landing.land import land
from homelab_tasks.actions.landing.rehearse_landing import rehearse_landing
from homelab_tasks.actions.landing.resume_landing import abort_landing, require_interrupted
from homelab_tasks.actions.landing.site import Order, Site
from homelab_tasks.clients.git.landing_clone import LandingClone
from homelab_tasks.connections.landing import landing_site, proposer, reach, remote_of
from homelab_tasks.errors import UsageError
from homelab_tasks.model.events import Event, Watching
from homelab_tasks.model.landing.remote_url import parse_remote_url, repository_of
from homelab_tasks.tasks.assembly import Assembly
from homelab_tasks.tasks.ci_request import CiFlags, watch_ci
from homelab_tasks.tasks.deploy_request import DeployFlags, wait_for_targets
from homelab_tasks.tasks.flags import duration


class LandFlags(Struct, frozen=True, kw_only=True):
    """The flags of work.land; empty text is the default."""

    verify: str = ""
    no_verify: bool = False
    ci_watch: bool = True
    deploy_wait: bool | None = None
    propose: bool = False
    dry_run: bool = False
    resume: bool = False
    abort: bool = False
    message: str = ""
    repository: str = ""
    timeout: str = ""


def land_work(assembly: Assembly, flags: LandFlags) -> Iterator[Event]:
    """Tell what is landed where, then carry it as far as the flags say. Raises UsageError for flags that cannot be."""
    _require_consistent(flags)
    work = assembly.settings.work
    clone = LandingClone(assembly.git, work.remote)
    yield _watching(assembly, clone, flags)
    timeout = duration("--timeout", flags.timeout, work.timeout)
    deadline = assembly.clock.now() + timeout
    remote = remote_of(clone, reach(assembly.connections, clone), time_left=lambda: deadline - assembly.clock.now())
    site = landing_site(clone, remote, clock=assembly.clock, environment=dict(os.environ), timeout=timeout)
    if flags.abort:
        yield from abort_landing(site)
        return
    if flags.resume:
        require_interrupted(site)
    command = flags.verify or work.verify
    order = Order(
        verify=None if flags.no_verify else command,
        verify_missing=not flags.no_verify and not command,
        trunk=work.trunk,
        remote=clone.remote,
        message=flags.message or None,
        propose=flags.propose,
        train=work.queue == "train",
        push_urls=clone.push_urls,
    )
    if flags.dry_run:
        yield from deliver(Journey(land=lambda: rehearse_landing(order, site), watch=None, wait=None))
        return
    title = flags.message.strip().partition("\n")[0]
    propose = proposer(assembly.connections, clone, remote, site, title=title, repository=flags.repository)
    journey = Journey(
        land=lambda: land(order, site, propose),
        watch=_ci_watch(assembly, flags) if not flags.propose else None,
        wait=_deploy_wait(assembly, flags) if not flags.propose else None,
    )
    yield from deliver(journey)
    _forget(site)


def _require_consistent(flags: LandFlags) -> None:
    for one, other, both in (
        ("--verify", "--no-verify", flags.verify and flags.no_verify),
        ("--resume", "--abort", flags.resume and flags.abort),
        ("--dry-run", "--abort", flags.dry_run and flags.abort),
    ):
        if both:
            raise UsageError(f"{one} and {other} exclude each other", hint="leave one of them out")


def _forget(site: Site) -> None:
    """Forget a landing whose end has been told, so that the same topic has nothing to land afterwards."""
    left = site.journal.load()
    if left is not None and left.landed is not None:
        site.journal.clear()


def _watching(assembly: Assembly, clone: LandingClone, flags: LandFlags) -> Watching:
    """Say what is landed where, before anything is asked of the remote."""
    branch = assembly.git.branch
    trunk = assembly.settings.work.trunk or "the trunk"
    return Watching(
        task=assembly.task,
        repository=flags.repository or repository_of(clone.push_url, forge=assembly.settings.forge.url),
        server=parse_remote_url(clone.push_url).host,
        branch=branch,
        text=f"topic {branch} onto {trunk}" if branch else "a detached HEAD",
    )


def _ci_watch(assembly: Assembly, flags: LandFlags) -> Watch | None:
    """Make what follows the CI of the landed commit; without a server to ask, that is said before anything lands."""
    if not (flags.ci_watch and assembly.settings.work.ci):
        return None
    try:
        assembly.woodpecker_url  # noqa: B018 - reading it is what checks it
    except UsageError as error:
        raise UsageError(error.problem, hint=f"{error.hint}; or land with --no-ci-watch") from None
    return lambda commit: watch_ci(assembly, CiFlags(sha=commit, repository=flags.repository), once=False)


def _deploy_wait(assembly: Assembly, flags: LandFlags) -> Watch | None:
    wanted = assembly.settings.work.deploy if flags.deploy_wait is None else flags.deploy_wait
    if not wanted:
        return None
    if not assembly.settings.deploy.targets:
        hint = "set homelab.deploy.targets in invoke.yaml; or land with --no-deploy-wait"
        raise UsageError("no target is given to wait for", hint=hint)
    return lambda commit: wait_for_targets(assembly, DeployFlags(sha=commit, repository=flags.repository))
