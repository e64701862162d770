"""Puts the parts of a landing together: the clone, its remote, the checkout, the journal."""

import random
from collections.abc import Mapping

from homelab_tasks.actions.landing_site import Site
from homelab_tasks.actions.waiting import Clock, Patience
from homelab_tasks.clients.checkout import Checkout
from homelab_tasks.clients.git_command import GitCommand
from homelab_tasks.clients.git_merge import Merger
from homelab_tasks.clients.git_remote import Remote
from homelab_tasks.clients.journal_file import JournalFile
from homelab_tasks.clients.landing_clone import LandingClone
from homelab_tasks.clients.presence import Presence
from homelab_tasks.clients.verified_trees import VerifiedTrees


def landing_site(
    clone: LandingClone, command: GitCommand, *, clock: Clock, environment: Mapping[str, str], timeout: float
) -> Site:
    """Make the site of a landing from *clone*; *command* is the git that speaks with the remote."""
    journal = JournalFile(clone.git.git_directory)
    remote = Remote(command, name=clone.remote, url=clone.push_url, space=journal.space)
    deadline = clock.now() + timeout
    return Site(
        clone=clone,
        remote=remote,
        merger=Merger(clone.git.command),
        checkout=Checkout(clone.git.command, clone.git.git_directory, environment),
        verified=VerifiedTrees(clone.git.common_directory, environment),
        journal=journal,
        presence=Presence(),
        patience=Patience(clock, server=f"remote {clone.remote}", retry_for=timeout, deadline=deadline),
        jitter=lambda most: random.uniform(most / 4, most),
    )
