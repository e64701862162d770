"""Landings on real repositories, with what happens meanwhile as hooks and verify commands."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from homelab_tasks.actions.landing.fall_back import Proposer
from homelab_tasks.actions.landing.land import land
from homelab_tasks.actions.landing.site import Order, Site
from homelab_tasks.clients.clock import SystemClock
from homelab_tasks.clients.git.clone import Git
from homelab_tasks.clients.git.landing_clone import LandingClone
from homelab_tasks.connections.landing import landing_site, remote_of
from homelab_tasks.model.events import Event, Land, Note, Verdict
from homelab_tasks.model.verdict import Word
from tests.integration.git_repositories import ENVIRONMENT, clone, commit, git, make_remote


def environment(home: Path) -> dict[str, str]:
    return {**ENVIRONMENT, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}


def site_of(work: Path, *, timeout: float = 60.0, remote: str = "origin") -> Site:
    opened = LandingClone(Git.open(work), remote)
    remote_git = remote_of(opened, opened.git.command)
    return landing_site(opened, remote_git, clock=SystemClock(), environment=environment(work.parent), timeout=timeout)


def no_proposal(topic: str, tip: str, trunk: str, reason: str) -> Iterator[Event]:
    yield Verdict(verdict=Word.FAILED, reason=f"{reason}, and there is no forge")


def events_of(work: Path, *, timeout: float = 60.0, propose: Proposer = no_proposal, **order: object) -> list[Event]:
    site = site_of(work, timeout=timeout)
    urls = LandingClone(Git.open(work), "origin").push_urls
    asked = {"verify": "true", "push_urls": urls, **order}
    return list(land(Order(**asked), site, propose))  # type: ignore[arg-type] # the orders of the tests below


def landed(work: Path, **order: object) -> Verdict:
    """Land what is checked out in *work*; the verdict."""
    return verdict_of(events_of(work, **order))  # type: ignore[arg-type] # as above


def verdict_of(events: list[Event]) -> Verdict:
    last = events[-1]
    assert isinstance(last, Verdict)
    assert not any(isinstance(event, Verdict) for event in events[:-1])
    return last


def texts(events: list[Event]) -> str:
    return "\n".join(event.text or "" for event in events if isinstance(event, Land | Note))


def trunk_of(remote: Path, name: str = "main") -> str:
    return git(remote, "rev-parse", f"refs/heads/{name}")


def first_parents(remote: Path, name: str = "main") -> list[str]:
    return git(remote, "rev-list", "--first-parent", f"refs/heads/{name}").split()


def snapshot(work: Path) -> dict[str, str]:
    """Take down everything of the user's: refs, HEAD, index, files, stash; not what we keep under refs/land."""
    refs = git(work, "for-each-ref", "--format=%(refname) %(objectname)")
    own = [line for line in refs.splitlines() if line.startswith("refs/land/")]
    files = {
        str(path.relative_to(work)): path.read_bytes().hex()
        for path in sorted(work.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(work).parts
    }
    common = Path(git(work, "rev-parse", "--path-format=absolute", "--git-dir"))
    kept = {
        name: (common / name).read_bytes().hex() for name in ("HEAD", "index", "FETCH_HEAD") if (common / name).exists()
    }
    status = git(work, "status", "--porcelain", environment={"GIT_OPTIONAL_LOCKS": "0"})
    return {"refs": refs, "status": status, "own": str(own), **files, **kept}


def hook(remote: Path, name: str, script: str) -> Path:
    """Write a hook of a repository, as a shell script."""
    hooks = remote / "hooks" if (remote / "hooks").is_dir() else remote / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    path = hooks / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def start_topic(work: Path, name: str = "topic", file: str = "topic.txt", text: str = "topic\n") -> str:
    """Make a topic with one commit; its tip."""
    git(work, "switch", "--quiet", "--create", name)
    return commit(work, file, text)


def land_elsewhere(directory: Path, remote: Path, file: str = "other.txt", text: str = "other\n") -> str:
    """Push a commit to the trunk from another clone; its sha."""
    other = directory / "other"
    if not other.exists():
        clone(remote, other)
    git(other, "pull", "--quiet")
    sha = commit(other, file, text)
    git(other, "push", "--quiet", "origin", "HEAD")
    return sha


def sees_all(path: Path) -> bool:
    """Whether permissions do not apply, as for root."""
    return os.access(path, os.W_OK) and os.geteuid() == 0


__all__ = ["clone", "commit", "git", "make_remote"]
