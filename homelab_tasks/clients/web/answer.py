"""An answer of a server: believed, decoded, or put into words that say what came instead."""

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from requests import Response
from urllib3.exceptions import HTTPError, ReadTimeoutError

from homelab_tasks.errors import (
    DeniedError,
    HomelabError,
    MissingError,
    RejectedError,
    TransientError,
    UntrustedError,
)

T = TypeVar("T")

JSON = "application/json"
LARGEST_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 65536
_EXCERPT_CHARACTERS = 200
_RETRIED_STATUSES = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


class Answer:
    """What *server* answered: its status and headers are here already, its body comes as it is read."""

    def __init__(self, response: Response, server: str) -> None:
        """Look at *response*, which the caller closes."""
        self.response = response
        self._server = server

    @property
    def has_content(self) -> bool:
        """Did the server say that there is something to read?"""
        return self.response.status_code != HTTPStatus.NO_CONTENT

    @property
    def date(self) -> datetime | None:
        """The server's time of day, to the second; None where it does not tell."""
        try:
            return parsedate_to_datetime(self.response.headers.get("Date", ""))
        except (TypeError, ValueError):
            return None

    def require_success(self, *, is_foreign: bool = False) -> None:
        """
        Raise what an HTTP status other than 2xx means; with *is_foreign*, a refusal is some proxy's.

        TransientError for 5xx, 408, 425 and 429, UntrustedError for 3xx, DeniedError for 401 and 403,
        MissingError for 404, RejectedError for any other 4xx.
        """
        status = self.response.status_code
        if status in range(200, 300):
            return
        if status in range(300, 400):
            raise self._redirected()
        said = self._excerpt()
        sentence = f"{self._server} answers HTTP {status}{f': {said}' if said else ''}"
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _RETRIED_STATUSES or is_foreign:
            raise TransientError(sentence, answered=True, retry_after=self._retry_after())
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise DeniedError(sentence)
        if status == HTTPStatus.NOT_FOUND:
            raise MissingError(sentence)
        raise RejectedError(sentence, status=status)

    def _redirected(self) -> UntrustedError:
        """Name the host only: the rest of a location may hold secrets."""
        location = urlsplit(self.response.headers.get("Location", ""))
        target = location.netloc.rpartition("@")[2] or "elsewhere on itself"
        sentence = f"{self._server} redirects to {target} (HTTP {self.response.status_code})"
        hint = (
            "redirects are not followed: set the URL that it leads to, or let the proxy pass the API without its login"
        )
        return UntrustedError(sentence, hint=hint)

    def _excerpt(self) -> str:
        """Take the server's own words from an error, where they are words: one line of plain text."""
        if self.response.headers.get("Content-Type", "").startswith("text/html"):
            return ""
        try:
            text = self.read(_EXCERPT_CHARACTERS * 4).decode(errors="replace")
        except HomelabError:
            return ""
        return " ".join(text.split())[:_EXCERPT_CHARACTERS]

    def _retry_after(self) -> float | None:
        """Read Retry-After, in seconds or as a date; the date is compared with the server's own clock."""
        written = self.response.headers.get("Retry-After", "").strip()
        if written.isdecimal():
            return float(written)
        try:
            server_clock = parsedate_to_datetime(self.response.headers.get("Date", ""))
            return max(0.0, (parsedate_to_datetime(written) - server_clock).total_seconds())
        except (TypeError, ValueError):
            return None

    def require_content_type(self, wanted: str) -> None:
        """Raise TransientError for HTML, the answer of Woodpecker to unknown paths and of proxies to anything."""
        found = self.response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if found != wanted:
            what = "HTML" if found == "text/html" else found or "an unnamed type"
            raise self._useless(f"{what} instead of {'JSON' if wanted == JSON else wanted}")

    def chunks(self, size: int = _CHUNK_BYTES) -> Iterator[bytes]:
        """Yield the body as it comes; raises TransientError when it breaks off."""
        try:
            while part := self.response.raw.read1(size, decode_content=True):
                yield part
        except (ReadTimeoutError, TimeoutError) as error:
            raise TransientError(f"{self._server} fell silent in mid answer") from error
        except (HTTPError, OSError) as error:
            raise TransientError(f"{self._server} broke off in mid answer") from error

    def read(self, size: int = _CHUNK_BYTES) -> bytes:
        """Read at most *size* bytes, fewer when fewer are there, none at the end: a file, for parsers."""
        return next(self.chunks(size), b"") if size else b""

    def content(self, seconds: float) -> bytes:
        """Read the whole body; raises TransientError when that takes longer than *seconds*, or is too much."""
        parts, size, until = [], 0, time.monotonic() + seconds
        for part in self.chunks():
            parts.append(part)
            size += len(part)
            if size > LARGEST_BYTES:
                raise self._useless("more than 64 MiB")
            if time.monotonic() > until:
                raise TransientError(f"{self._server} sends its answer too slowly")
        return b"".join(parts)

    def decode(self, content: bytes, kind: type[T], rename: Mapping[str, str] | None = None) -> T:
        """
        Decode *content* as JSON of *kind*; keys of *rename* are renamed first, at any depth.

        Raises TransientError for anything else: proxies and overloaded servers answer 200 with nothing in it.
        """
        if not content.strip():
            raise self._useless("empty bodies")
        self.require_content_type(JSON)
        try:
            return decode_json(content, kind, rename or {})
        except msgspec.ValidationError as error:
            what = "null" if content.strip() == b"null" else f"JSON of another shape: {error}"
            raise self._useless(what) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._useless("torn JSON") from error

    def _useless(self, what: str) -> TransientError:
        return TransientError(f"{self._server} answers with {what} (HTTP {self.response.status_code})", answered=True)


def decode_json(content: bytes, kind: type[T], rename: Mapping[str, str]) -> T:
    """
    Decode *content* as *kind*, keys of *rename* renamed first where they occur; raises msgspec.DecodeError.

    A member that is null is one that is not there, wherever *kind* knows no null.
    """
    if not any(f'"{old}":'.encode() in content for old in rename):
        with suppress(msgspec.ValidationError):
            return msgspec.json.decode(content, type=kind)
    try:
        return msgspec.convert(_tidied(msgspec.json.decode(content), rename), type=kind)
    except RecursionError as error:
        raise msgspec.DecodeError("nested too deeply") from error


def _tidied(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(name, name): _tidied(item, names) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_tidied(item, names) for item in value]
    return value
