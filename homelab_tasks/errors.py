"""
Every error that a task can end with, and the exit code it ends with.

HomelabError                 70  internal
├── UsageError                2  bad arguments, settings, or not a repository
├── MissingError              5  the thing asked for is not there
├── DeniedError              77  token expired, or not allowed
├── TokenError               77  no token anywhere
└── UnavailableError         69  could not find out: says nothing about the commit
    ├── TransientError           no usable answer this time; worth another try
    ├── RejectedError            the server understood, and will not do it (HTTP 400, 409, 422)
    └── UntrustedError           a redirect, or a certificate that fails

"It failed" is never an error here: that is a verdict. An error means that the verdict could not be reached.
"""

from typing import ClassVar


class HomelabError(Exception):
    """Something kept a task from reaching its verdict: *problem* says what, *hint* what to do next."""

    word: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 70

    def __init__(self, problem: str, *, hint: str | None = None) -> None:
        """Keep *problem* (lower-case start, no full stop) and *hint* apart, so that a view can place them."""
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


class UsageError(HomelabError):
    """Arguments, settings or the working directory cannot be used; nothing was done."""

    word = "usage"
    exit_code = 2


class MissingError(HomelabError):
    """A server says that the thing asked for is not there (HTTP 404)."""

    word = "missing"
    exit_code = 5


class DeniedError(HomelabError):
    """A token is expired, or not allowed to do this (HTTP 401, 403)."""

    word = "denied"
    exit_code = 77


class TokenError(HomelabError):
    """There is no token, wherever the settings say to look: no server was asked, so that waiting changes nothing."""

    word = "denied"
    exit_code = 77


class UnavailableError(HomelabError):
    """A server could not be asked: this says nothing about the commit."""

    word = "unavailable"
    exit_code = 69


class TransientError(UnavailableError):
    """
    A try that brought no usable answer, and may bring one when made again.

    *retry_after* is what the server asked for, in seconds. *answered* is false when nothing came back at all
    (refused, timed out, reset), true when something did that is no answer (HTTP 500, an empty body, HTML). *sent* is
    false when no connection came about, so that even a request that changes something may safely be made again.
    """

    def __init__(
        self,
        problem: str,
        *,
        hint: str | None = None,
        retry_after: float | None = None,
        answered: bool = False,
        sent: bool = True,
    ) -> None:
        """Keep what decides about the next try beside the words."""
        super().__init__(problem, hint=hint)
        self.retry_after = retry_after
        self.answered = answered
        self.sent = sent


class RejectedError(UnavailableError):
    """The server understood the request and will not do it as things stand; *status* is the HTTP status."""

    def __init__(self, problem: str, *, status: int, hint: str | None = None) -> None:
        """Keep the *status* beside the server's words."""
        super().__init__(problem, hint=hint)
        self.status = status


class UntrustedError(UnavailableError):
    """The answer came from somewhere that must not be believed: a redirect, or a certificate that fails."""


REFUSALS = (MissingError, DeniedError, RejectedError, UntrustedError)
"""
Answers that are believed only when they last.

Woodpecker answers 404 and 401 for any database error (server/store/datastore/helper.go `wrapGet`), and a load
balancer that starts serves its default certificate, or a 400 or 421 of its own, for a moment.
"""
