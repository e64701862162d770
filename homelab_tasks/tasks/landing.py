"""Puts the parts of a landing together: the clone, its remote, the checkout, the journal, the forge."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from homelab_tasks.actions.land import Proposer
from homelab_tasks.actions.landing_site import Site
from homelab_tasks.actions.propose import Proposal, propose
from homelab_tasks.actions.waiting import Clock, Patience
from homelab_tasks.clients.addresses import AddressBook
from homelab_tasks.clients.checkout import Checkout
from homelab_tasks.clients.git_access import GitAccess
from homelab_tasks.clients.git_command import GitCommand
from homelab_tasks.clients.git_merge import Merger
from homelab_tasks.clients.git_remote import Remote
from homelab_tasks.clients.journal_file import JournalFile
from homelab_tasks.clients.landing_clone import LandingClone
from homelab_tasks.clients.presence import Presence
from homelab_tasks.clients.verified_trees import VerifiedTrees
from homelab_tasks.errors import MissingError, TokenError, UsageError
from homelab_tasks.model.events import Event
from homelab_tasks.model.remote_url import repository_of
from homelab_tasks.tasks.assembly import Assembly

if TYPE_CHECKING:
    from homelab_tasks.clients.forge import Forge


def reach(assembly: Assembly, clone: LandingClone) -> GitCommand:
    """Make the git that speaks with the remote of *clone*, as the settings say."""
    settings = assembly.settings
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
        return assembly.tokens(url, settings.forge.token)()

    return access.configure(clone.git.command, clone.push_url, forge=url, token=token)


def landing_site(
    clone: LandingClone, remote: Remote, *, clock: Clock, environment: dict[str, str], timeout: float
) -> Site:
    """Make the site of a landing from *clone* to *remote*, which may take *timeout* seconds."""
    patience = Patience(clock, server=f"remote {clone.remote!r}", retry_for=timeout, deadline=clock.now() + timeout)
    return Site(
        clone=clone,
        remote=remote,
        merger=Merger(clone.git.command),
        checkout=Checkout(clone.git.command, clone.git.git_directory, environment),
        verified=VerifiedTrees(clone.git.common_directory, environment),
        journal=JournalFile(clone.git.git_directory),
        presence=Presence(),
        patience=patience,
        jitter=lambda most: random.uniform(most / 4, most),
    )


def remote_of(clone: LandingClone, command: GitCommand, *, purpose: str = "") -> Remote:
    """Make the remote of *clone*, with a place of its worktree's own (and its *purpose*'s) for what is fetched."""
    space = JournalFile(clone.git.git_directory).space + purpose
    return Remote(command, name=clone.remote, url=clone.push_url, space=space)


def proposer(
    assembly: Assembly, clone: LandingClone, remote: Remote, site: Site, *, title: str, repository: str
) -> Proposer:
    """Make what opens a pull request, on the forge that the settings name where it is the remote's."""

    def open_or_find(topic: str, tip: str, trunk: str, reason: str) -> Iterator[Event]:
        subject = title or site.merger.message_of(tip).strip().partition("\n")[0] or topic
        proposal = Proposal(topic=topic, tip=tip, trunk=trunk, title=subject, reason=reason)
        forge = forge_of(assembly, clone, repository)
        yield from propose(proposal, remote, forge, site.patience)

    return open_or_find


def forge_of(assembly: Assembly, clone: LandingClone, repository: str) -> "Forge | None":
    """Make the forge that the settings name; None where they name none."""
    from homelab_tasks.clients.forge import Forge
    from homelab_tasks.clients.http import Http

    url = assembly.settings.forge.url
    if url is None:
        return None
    name = repository or repository_of(clone.push_url, forge=url)
    if name is None:
        problem = f"the URL of git remote {clone.remote!r} names no OWNER/NAME"
        raise UsageError(problem, hint="give --repository OWNER/NAME")
    token = assembly.tokens(url, assembly.settings.forge.token)
    try:
        token()
    except TokenError:  # a public forge lets everybody look, and AGit only wants git's own credentials
        return Forge(Http(url, assembly.session), name)
    return Forge(assembly.http(url, token), name)
