"""Puts the parts of a landing together: the clone, its remote, the checkout, the journal, the forge."""

import os
import random
from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from homelab_tasks.actions.landing.fall_back import Proposer
from homelab_tasks.actions.landing.propose import Proposal, propose
from homelab_tasks.actions.landing.site import Site
from homelab_tasks.actions.waiting import Clock, Patience
from homelab_tasks.clients.git.access import GitAccess
from homelab_tasks.clients.git.checkout import Checkout
from homelab_tasks.clients.git.command import GitCommand
from homelab_tasks.clients.git.journal_file import JournalFile
from homelab_tasks.clients.git.landing_clone import LandingClone
from homelab_tasks.clients.git.merge import Merger
from homelab_tasks.clients.git.presence import Presence
from homelab_tasks.clients.git.remote import Remote
from homelab_tasks.clients.git.verified_trees import VerifiedTrees
from homelab_tasks.clients.web.addresses import AddressBook
from homelab_tasks.connections.servers import Connections
from homelab_tasks.errors import MissingError, TokenError, UsageError
from homelab_tasks.model.events import Event
from homelab_tasks.model.landing.remote_url import repository_of

if TYPE_CHECKING:
    from homelab_tasks.clients.forge import Forge


def prepare_landing(
    connections: Connections, *, timeout: float, title: str = "", repository: str = ""
) -> tuple[Site, Proposer]:
    """
    Make what `land` asks for, for the clone around and the remote that the settings name.

    The landing may take *timeout* seconds. A pull request gets *title* (the commit's own), on *repository*
    (OWNER/NAME, the remote's).
    """
    clone = LandingClone(connections.git, connections.settings.work.remote)
    deadline = connections.clock.now() + timeout
    remote = remote_of(clone, reach(connections, clone), time_left=lambda: deadline - connections.clock.now())
    site = landing_site(clone, remote, clock=connections.clock, environment=dict(os.environ), timeout=timeout)
    return site, proposer(connections, clone, remote, site, title=title, repository=repository)


def reach(connections: Connections, clone: LandingClone) -> GitCommand:
    """Make the git that speaks with the remote of *clone*, as the settings say."""
    settings = connections.settings
    ca_file = settings.load_balancer.ca_file
    access = GitAccess(
        AddressBook(settings.load_balancer),
        ca_file=Path(ca_file).expanduser() if ca_file else None,
        keep_in=clone.git.common_directory / "land",
    )
    url = settings.forge.url

    def token() -> str:
        if url is None:
            raise MissingError("homelab.forge.url is not set")
        return connections.tokens(url, settings.forge.token)()

    return access.configure(clone.git.command, clone.push_url, forge=url, token=token)


def landing_site(
    clone: LandingClone, remote: Remote, *, clock: Clock, environment: dict[str, str], timeout: float
) -> Site:
    """Make the site of a landing from *clone* to *remote*, which may take *timeout* seconds."""
    deadline = clock.now() + timeout
    command = clone.git.command.within(lambda: deadline - clock.now())
    patience = Patience(clock, server=f"remote {clone.remote!r}", retry_for=timeout, deadline=deadline)
    return Site(
        clone=clone,
        remote=remote,
        merger=Merger(command),
        checkout=Checkout(command, clone.git.git_directory, environment),
        verified=VerifiedTrees(clone.git.common_directory, environment),
        journal=JournalFile(clone.git.git_directory),
        presence=Presence(),
        patience=patience,
        jitter=lambda most: random.uniform(most / 4, most),
    )


def remote_of(clone: LandingClone, command: GitCommand, *, time_left: Callable[[], float] = lambda: inf) -> Remote:
    """Make the remote of *clone*, with a place of its worktree's own for what is fetched."""
    space = JournalFile(clone.git.git_directory).space
    return Remote(command, name=clone.remote, url=clone.push_url, space=space, time_left=time_left)


def proposer(  # noqa: PLR0913 - what a proposal is made of
    connections: Connections, clone: LandingClone, remote: Remote, site: Site, *, title: str, repository: str
) -> Proposer:
    """Make what opens a pull request, on the forge that the settings name where it is the remote's."""

    def open_or_find(topic: str, tip: str, trunk: str, reason: str) -> Iterator[Event]:
        subject = title or site.merger.message_of(tip).strip().partition("\n")[0] or topic
        proposal = Proposal(topic=topic, tip=tip, trunk=trunk, title=subject, reason=reason)
        forge = forge_of(connections, clone, repository)
        yield from propose(proposal, remote, forge, site.patience)

    return open_or_find


def forge_of(connections: Connections, clone: LandingClone, repository: str) -> "Forge | None":
    """Make the forge that the settings name; None where they name none."""
    from homelab_tasks.clients.forge import Forge
    from homelab_tasks.clients.web.http import Http

    url = connections.settings.forge.url
    if url is None:
        return None
    name = repository or repository_of(clone.push_url, forge=url)
    if name is None:
        problem = f"the URL of git remote {clone.remote!r} names no OWNER/NAME"
        raise UsageError(problem, hint="give --repository OWNER/NAME")
    token = connections.tokens(url, connections.settings.forge.token)
    try:
        token()
    except TokenError:  # a public forge lets everybody look, and AGit only wants git's own credentials
        return Forge(Http(url, connections.session), name)
    return Forge(connections.http(url, token), name)
