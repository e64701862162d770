"""Commits: what a sha looks like, and how a message tells CI to stay away."""

import re

from msgspec import Struct

SHORT_SHA_LENGTH = 7
_FULL_SHA = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
# The server's own expression (Woodpecker pipeline/frontend/yaml/constraint/skip.go:23): spaces only, any case.
_CI_SKIP = re.compile(r"\[(?:ci *skip|skip *ci)\]", re.IGNORECASE)


class Commit(Struct, frozen=True, kw_only=True):
    """
    A commit that is watched: *sha* is the full 40-hex name.

    *message*, *branch* and *committed* (unix seconds) are what the local clone knows of it, None without one.
    """

    sha: str
    message: str | None = None
    branch: str | None = None
    committed: float | None = None

    @property
    def short(self) -> str:
        """The name that people read."""
        return self.sha[:SHORT_SHA_LENGTH]

    @property
    def title(self) -> str | None:
        """The first line of the message."""
        return self.message.strip().partition("\n")[0] if self.message else None

    @property
    def skip_marker(self) -> str | None:
        """The marker in the message that tells Woodpecker to make no pipeline, as it is written there."""
        found = _CI_SKIP.search(self.message or "")
        return found.group() if found else None


def is_full_sha(revision: str) -> bool:
    """Is *revision* a full 40-hex sha, which needs no clone to be understood?"""
    return _FULL_SHA.fullmatch(revision) is not None
