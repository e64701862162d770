"""
Requests to one server: single tries, each of which ends in a decoded value or in an error that says what came.

Nothing is tried again here, and no redirect is followed.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from requests import PreparedRequest, Response
from requests.auth import AuthBase
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import RequestException, SSLError, Timeout
from urllib3.exceptions import HTTPError, ReadTimeoutError

from homelab_tasks.clients.pin import ANSWER_TIMEOUTS, PinnedSession, StaleError
from homelab_tasks.errors import (
    DeniedError,
    HomelabError,
    MissingError,
    RejectedError,
    TransientError,
    UntrustedError,
)
from homelab_tasks.settings import Url

T = TypeVar("T")

LARGEST_ANSWER_BYTES = 64 * 1024 * 1024
SHORTEST_TIMEOUT_SECONDS = 0.5
_CHUNK_BYTES = 65536
_EXCERPT_CHARACTERS = 200
NO_CONTENT = 204
_RETRIED_STATUSES = frozenset({408, 425, 429})


class Bearer(AuthBase):
    """
    The token of one server, sent to that scheme, host and port only.

    As an auth object it cannot be replaced by what .netrc says (requests#3929).
    """

    def __init__(self, base_url: str, token: Callable[[], str]) -> None:
        """Send what *token* returns, asked for at the first request, to the origin of *base_url*."""
        self._origin = _origin(base_url)
        self._token = token

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Sign the request."""
        if _origin(r.url or "") == self._origin:
            r.headers["Authorization"] = f"Bearer {self._token()}"
        return r


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or (443 if parts.scheme == "https" else 80)


class Http:
    """
    One server, asked in single tries.

    *signature* is a header that the server puts on every answer: once it was seen, a refusal without it is
    some proxy's, and worth another try. *time_left* caps every timeout by what is left of a deadline.
    """

    def __init__(  # noqa: PLR0913 - each but the first two has its usual value
        self,
        base_url: Url,
        session: PinnedSession,
        *,
        auth: AuthBase | None = None,
        connect_timeout: float = 5.0,
        read_timeout: float = 20.0,
        signature: str | None = None,
        time_left: Callable[[], float] | None = None,
    ) -> None:
        """Ask the server at *base_url* through *session*; timeouts are seconds."""
        self.base_url = base_url
        self.server = base_url.server
        self._session = session
        self._auth = auth
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._signature = signature
        self._signed = False
        self._time_left = time_left

    def get(self, path: str, kind: type[T], *, rename: Mapping[str, str] | None = None, **parameters: object) -> T:
        """
        GET *path* and decode the JSON as *kind*; keys of *rename* are renamed first, at any depth.

        Raises TransientError for anything that is no usable answer, MissingError for 404, DeniedError for 401 and
        403, UntrustedError for a redirect or a certificate that fails.
        """
        try:
            return self._get(path, kind, rename, parameters)
        except StaleError:
            return self._get(path, kind, rename, parameters)

    def _get(self, path: str, kind: type[T], rename: Mapping[str, str] | None, parameters: Mapping[str, object]) -> T:
        with self._answer("GET", path, parameters) as response:
            return self._decode(response, self._read(response), kind, rename)

    def post(self, path: str, kind: type[T], *, body: Any = None, rename: Mapping[str, str] | None = None) -> T | None:
        """
        POST *body* as JSON and decode what comes back; None for an answer without content (HTTP 204).

        Raises as *get* does, and RejectedError where the server understood and will not. The text of a
        TransientError says when the request may have been carried out all the same.
        """
        with _carried_out_perhaps(), self._answer("POST", path, body=body) as response:
            content = self._read(response)
            return None if response.status_code == NO_CONTENT else self._decode(response, content, kind, rename)

    def order(self, path: str) -> None:
        """POST without a body, where the status says everything; raises as *post* does."""
        with _carried_out_perhaps(), self._answer("POST", path) as response:
            self._read(response)

    @contextmanager
    def stream(self, path: str, *, accept: str, read_timeout: float | None = None) -> Iterator["Stream"]:
        """Open an answer that is read while it comes; raises as *get* does, also while it is read."""
        headers = {"Accept": accept}
        with self._answer("GET", path, headers=headers, read_timeout=read_timeout) as response:
            yield Stream(response, self)

    @contextmanager
    def _answer(  # noqa: PLR0913 - each but the first three has its usual value
        self,
        method: str,
        path: str,
        parameters: Mapping[str, object] | None = None,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        read_timeout: float | None = None,
    ) -> Iterator[Response]:
        try:
            response = self._session.request(
                method,
                f"{self.base_url}{path}",
                params={name: str(value) for name, value in (parameters or {}).items() if value is not None},
                json=body,
                headers={"Accept": "application/json", **(headers or {})},
                auth=self._auth or _Anonymous(),
                timeout=self._timeouts(read_timeout),
                allow_redirects=False,
                stream=True,
            )
        except RequestException as error:
            self._session.close()  # the other idle connections end where this one did
            raise self._failed(error) from error
        with response:
            try:
                self._refuse_bad(response)
                yield response
            except TransientError:
                self._session.turn_away(response)
                raise

    def _timeouts(self, read_timeout: float | None) -> tuple[float, float]:
        """Cap the timeouts by the time that is left; a stream's own *read_timeout* knows of no deadline."""
        if self._time_left is None or read_timeout is not None:
            return self._connect_timeout, read_timeout or self._read_timeout
        left = max(SHORTEST_TIMEOUT_SECONDS, self._time_left())
        return min(self._connect_timeout, left), min(self._read_timeout, left)

    def _failed(self, error: RequestException) -> HomelabError:
        """Put into words why no answer began."""
        cause = error.args[0] if error.args else error
        if isinstance(error, SSLError):  # the pin words its own; this comes through a proxy
            return UntrustedError(f"the TLS connection to {self.server} fails: {cause}")
        if isinstance(error, Timeout) or isinstance(cause, ReadTimeoutError | TimeoutError):
            return TransientError(f"{self.server} did not answer in time")
        if isinstance(error, RequestsConnectionError):
            return TransientError(f"{self.server} hung up without an answer")
        return TransientError(f"{self.server} could not be asked ({type(error).__name__})")

    def _read(self, response: Response) -> bytes:
        """Read the whole body, within the time and the size that an answer may have."""
        parts, size = [], 0
        until = time.monotonic() + ANSWER_TIMEOUTS * self._timeouts(None)[1]
        for part in self.chunks(response):
            parts.append(part)
            size += len(part)
            if size > LARGEST_ANSWER_BYTES:
                raise TransientError(f"{self.server} answers with more than 64 MiB", answered=True)
            if time.monotonic() > until:
                raise TransientError(f"{self.server} sends its answer too slowly")
        return b"".join(parts)

    def chunks(self, response: Response, size: int = _CHUNK_BYTES) -> Iterator[bytes]:
        """Yield the body as it comes; raises TransientError when it breaks off."""
        try:
            while part := response.raw.read1(size, decode_content=True):
                yield part
        except (ReadTimeoutError, TimeoutError) as error:
            raise TransientError(f"{self.server} fell silent in mid answer") from error
        except (HTTPError, OSError) as error:
            raise TransientError(f"{self.server} broke off in mid answer") from error

    def _decode(self, response: Response, content: bytes, kind: type[T], rename: Mapping[str, str] | None) -> T:
        said = f"(HTTP {response.status_code})"
        if not content.strip():
            raise TransientError(f"{self.server} answers with empty bodies {said}", answered=True)
        self.require_content_type(response, "application/json")
        try:
            if any(f'"{old}":'.encode() in content for old in rename or ()):
                return msgspec.convert(_renamed(msgspec.json.decode(content), rename or {}), type=kind)
            return msgspec.json.decode(content, type=kind)
        except msgspec.ValidationError as error:
            what = "null" if content.strip() == b"null" else f"JSON of another shape: {error}"
            raise TransientError(f"{self.server} answers with {what} {said}", answered=True) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise TransientError(f"{self.server} answers with torn JSON {said}", answered=True) from error

    def require_content_type(self, response: Response, wanted: str) -> None:
        """Raise TransientError for HTML, the answer of Woodpecker to unknown paths and of proxies to anything."""
        found = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if found != wanted:
            what = "HTML" if found == "text/html" else found or "an unnamed type"
            said = f"(HTTP {response.status_code})"
            wanted_word = "JSON" if wanted == "application/json" else wanted
            raise TransientError(f"{self.server} answers with {what} instead of {wanted_word} {said}", answered=True)

    def _refuse_bad(self, response: Response) -> None:
        status, signed = response.status_code, self._signature is None or self._signature in response.headers
        self._signed = self._signed or (signed and self._signature is not None)
        if 200 <= status < 300:  # noqa: PLR2004
            return
        if 300 <= status < 400:  # noqa: PLR2004
            target = urlsplit(response.headers.get("Location", "")).netloc.rpartition("@")[2] or "elsewhere on itself"
            raise UntrustedError(
                f"{self.server} redirects to {target} (HTTP {status})", hint="redirects are not followed"
            )
        said = self._excerpt(response)
        sentence = f"{self.server} answers HTTP {status}{f': {said}' if said else ''}"
        if status >= 500 or status in _RETRIED_STATUSES or (self._signed and not signed):  # noqa: PLR2004
            raise TransientError(sentence, answered=True, retry_after=_retry_after(response))
        if status in {401, 403}:
            raise DeniedError(sentence)
        if status == 404:  # noqa: PLR2004
            raise MissingError(sentence)
        raise RejectedError(sentence, status=status)

    def _excerpt(self, response: Response) -> str:
        """Take the server's own words from an error, where they are words: one line of plain text."""
        if response.headers.get("Content-Type", "").startswith("text/html"):
            return ""
        try:
            text = next(self.chunks(response, _EXCERPT_CHARACTERS * 4), b"").decode(errors="replace")
        except HomelabError:
            return ""
        return " ".join(text.split())[:_EXCERPT_CHARACTERS]


class Stream:
    """An answer while it comes: a file for parsers, or chunks as they arrive."""

    def __init__(self, response: Response, http: Http) -> None:
        """Read *response*; *http* words its failures."""
        self.response = response
        self._http = http

    def read(self, size: int = _CHUNK_BYTES) -> bytes:
        """Read at most *size* bytes, fewer when fewer are there, none at the end."""
        return next(self._http.chunks(self.response, size), b"") if size else b""

    def require_content_type(self, wanted: str) -> None:
        """Raise TransientError unless the body is of the type *wanted*."""
        self._http.require_content_type(self.response, wanted)


@contextmanager
def _carried_out_perhaps() -> Iterator[None]:
    """Say of a request that changes something, and whose answer was lost, what that means."""
    try:
        yield
    except TransientError as error:
        if not error.sent:
            raise
        text = f"{error.problem}; the request may have been carried out all the same"
        raise TransientError(text, hint=error.hint, answered=error.answered) from error


class _Anonymous(AuthBase):
    """No authorization at all, rather than what .netrc may hold for the host."""

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        return r


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(name, name): _renamed(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return value


def _retry_after(response: Response) -> float | None:
    """Read Retry-After, in seconds or as a date; the date is compared with the server's own clock."""
    written = response.headers.get("Retry-After", "").strip()
    if written.isdecimal():
        return float(written)
    try:
        server_clock = parsedate_to_datetime(response.headers.get("Date", ""))
        return max(0.0, (parsedate_to_datetime(written) - server_clock).total_seconds())
    except (TypeError, ValueError):
        return None
