"""The words a task can end with, and their exit codes."""

from collections.abc import Iterable
from enum import StrEnum


class Word(StrEnum):
    """
    One word for how something ended.

    The codes are the contract of docs/reference/exit-codes.md: the same for every task and form of output.
    """

    PASSED = "passed"
    LANDED = "landed"
    ROLLED_OUT = "rolled-out"
    OK = "ok"
    FAILED = "failed"
    USAGE = "usage"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    MISSING = "missing"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    PENDING = "pending"
    STUCK = "stuck"
    PROPOSED = "proposed"
    CONFLICT = "conflict"
    CONTENDED = "contended"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"
    DENIED = "denied"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"

    @property
    def exit_code(self) -> int:
        """The exit code of a process that ends with this word."""
        return EXIT_CODES[self]

    @property
    def is_good(self) -> bool:
        """Is what was asked for true?"""
        return self.exit_code == 0


EXIT_CODES = {
    Word.PASSED: 0,
    Word.LANDED: 0,
    Word.ROLLED_OUT: 0,
    Word.OK: 0,
    Word.FAILED: 1,
    Word.USAGE: 2,
    Word.CANCELLED: 3,
    Word.SUPERSEDED: 4,
    Word.MISSING: 5,
    Word.SKIPPED: 6,
    Word.BLOCKED: 7,
    Word.PENDING: 8,
    Word.STUCK: 9,
    Word.PROPOSED: 10,
    Word.CONFLICT: 11,
    Word.CONTENDED: 12,
    Word.UNAVAILABLE: 69,  # EX_UNAVAILABLE of sysexits.h
    Word.INTERNAL: 70,  # EX_SOFTWARE
    Word.DENIED: 77,  # EX_NOPERM
    Word.TIMEOUT: 124,  # as timeout(1) does
    Word.INTERRUPTED: 130,  # 128 + SIGINT, as a shell does
}

PIPELINES_WORST_FIRST = (
    Word.FAILED,
    Word.CANCELLED,
    Word.SUPERSEDED,
    Word.BLOCKED,
    Word.STUCK,
    Word.SKIPPED,
    Word.PASSED,
)
TARGETS_WORST_FIRST = (
    Word.DENIED,
    Word.UNAVAILABLE,
    Word.FAILED,
    Word.SUPERSEDED,
    Word.BLOCKED,
    Word.MISSING,
    Word.TIMEOUT,
    Word.PENDING,
    Word.ROLLED_OUT,
)


def worst(words: Iterable[Word], order: tuple[Word, ...]) -> Word:
    """Pick the word of *words* that stands first in *order*; a ValueError when there is none."""
    return min(words, key=order.index)
