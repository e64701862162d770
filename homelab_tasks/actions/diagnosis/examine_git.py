"""git on this machine: is it new enough, and does its remote lead to one place that answers."""

import re
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from homelab_tasks.actions.diagnosis.diagnose import failed, from_error, good, skipped, warning
from homelab_tasks.errors import HomelabError, UsageError
from homelab_tasks.model.events import Check
from homelab_tasks.model.landing.remote_url import without_credentials
from homelab_tasks.model.verdict import Word

OLDEST = (2, 39)  # the oldest that landing was tried with; merge-tree --write-tree came with 2.38
GIT, REMOTE = "git", "git remote"


class Clone(Protocol):
    """A clone and its remote."""

    remote: str
    push_urls: tuple[str, ...]
    fetch_url: str


C = TypeVar("C", bound=Clone)


def examine_git(version: Callable[[], str]) -> Iterator[Check]:
    """Check the version that *version* tells (`git version 2.43.0`); UsageError where there is no git."""
    told = version()
    found = re.search(r"(\d+)\.(\d+)\S*", told)
    number = (int(found[1]), int(found[2])) if found else (0, 0)
    oldest = ".".join(str(part) for part in OLDEST)
    if number < OLDEST:
        yield failed(GIT, f"{told.strip() or 'git'} is too old", hint=f"install git {oldest} or newer", word=Word.USAGE)
    else:
        yield good(GIT, f"version {found[0] if found else told}")


def examine_remote(open_clone: Callable[[], C], look: Callable[[C], object]) -> Iterator[Check]:
    """Look at the remote's URLs, and at what answers there; *open_clone* raises UsageError outside of a clone."""
    try:
        clone = open_clone()
    except UsageError as error:
        yield skipped(REMOTE, error.problem)
        return
    shown = [without_credentials(url) for url in clone.push_urls]
    if len(shown) > 1:
        text = f"remote {clone.remote!r} pushes to {len(shown)} places: {', '.join(shown)}"
        hint = f"a change lands in one place: git config --unset-all remote.{clone.remote}.pushurl, then set one"
        yield failed(REMOTE, text, hint=hint, word=Word.USAGE)
        return
    try:
        look(clone)
    except HomelabError as error:
        yield from_error(REMOTE, error, hint=f"try it by hand: git ls-remote {clone.remote}")
        return
    if clone.fetch_url != clone.push_urls[0]:
        text = f"{clone.remote!r} fetches from {without_credentials(clone.fetch_url)}, pushes to {shown[0]}"
        yield warning(REMOTE, text, hint="work.land reads the trunk where it pushes to; is that what you want?")
    else:
        yield good(REMOTE, f"{clone.remote!r} answers at {shown[0]}")
