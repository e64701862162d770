"""
What an API server says instead of an object: a Status (staging/src/k8s.io/apimachinery/pkg/api/errors).

An error page of a proxy is none, and is no answer about the object.
"""

from http import HTTPStatus

import msgspec
from msgspec import Struct

from homelab_tasks.clients.web.answer import Answer
from homelab_tasks.errors import DeniedError, MissingError, TransientError

STATUS_SECONDS = 10.0  # a few lines


class Details(Struct, frozen=True, kw_only=True):
    """What a Status is about."""

    kind: str = ""
    name: str = ""


class Status(Struct, frozen=True, kw_only=True):
    """An answer that is no object: why a request was refused."""

    kind: str = ""
    reason: str = ""
    message: str = ""
    code: int = 0
    details: Details | None = None

    @property
    def is_authentic(self) -> bool:
        """Does it come from an API server rather than from something before it?"""
        return self.kind == "Status"


class ForbiddenError(DeniedError):
    """The API server knows who asks, and does not allow it (403)."""


class AbsentError(MissingError):
    """The API server itself says that the object does not exist."""


class GoneError(TransientError):
    """The version that was asked for is too old (410): list again."""


def require_success(answer: Answer, server: str) -> None:
    """
    Raise what *answer* of *server* says instead of success.

    ForbiddenError, AbsentError and GoneError where an API server says so, DeniedError for 401, TransientError for the
    page of a proxy, else what Answer.require_success raises.
    """
    code = answer.response.status_code
    if code not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        answer.require_success()
        return
    status = _status(answer)
    if not status.is_authentic and code != HTTPStatus.UNAUTHORIZED:
        raise TransientError(f"{server} answers HTTP {code}, not as an API server does", answered=True)
    said = status.message or status.reason or f"HTTP {code}"
    if code == HTTPStatus.UNAUTHORIZED:
        hint = "is the token or certificate of this context expired? kubectl auth whoami"
        raise DeniedError(f"{server} does not accept the credentials ({said})", hint=hint)
    if code == HTTPStatus.FORBIDDEN:
        hint = "what this user may do: kubectl auth can-i --list --namespace NAMESPACE"
        raise ForbiddenError(f"{server}: {said}", hint=hint)
    if code == HTTPStatus.GONE:
        raise GoneError(f"{server}: {said}", answered=True)
    raise AbsentError(f"{server}: {said}")


def _status(answer: Answer) -> Status:
    try:
        return msgspec.json.decode(answer.content(STATUS_SECONDS), type=Status)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Status()
