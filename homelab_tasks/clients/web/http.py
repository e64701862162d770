"""
Requests to one server: single tries, each of which ends in a decoded value or in an error that says what came.

Nothing is tried again here, and no redirect is followed.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from requests import Response
from requests.auth import AuthBase
from requests.exceptions import RequestException

from homelab_tasks.clients.web.answer import JSON, Answer
from homelab_tasks.clients.web.failure import explain_failure
from homelab_tasks.clients.web.pin import ANSWER_TIMEOUTS, StaleError
from homelab_tasks.clients.web.session import PinnedSession
from homelab_tasks.errors import TransientError
from homelab_tasks.locations import Url

T = TypeVar("T")

SHORTEST_TIMEOUT_SECONDS = 2.0  # what is slow at the very end of a deadline is not called away


class Http:
    """
    One server, asked in single tries.

    *signature* is a header that the server puts on every answer: once it was seen, a refusal without it is
    some proxy's, and worth another try. *time_left* caps every timeout by what is left of a deadline.
    """

    def __init__(  # noqa: PLR0913 - all but the first two are given by name
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
        self._was_signed = False
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
        with self._ask("GET", path, parameters) as answer:
            return answer.decode(answer.content(self._longest), kind, rename)

    def post(self, path: str, kind: type[T], *, body: Any = None, rename: Mapping[str, str] | None = None) -> T | None:
        """
        POST *body* as JSON and decode what comes back; None for an answer without content (HTTP 204).

        Raises as *get* does, and RejectedError where the server understood and will not. The text of a
        TransientError says when the request may have been carried out all the same.
        """
        with _carried_out_perhaps(), self._ask("POST", path, body=body) as answer:
            content = answer.content(self._longest)
            return answer.decode(content, kind, rename) if answer.has_content else None

    def order(self, path: str) -> None:
        """POST without a body, where the status says everything; raises as *post* does."""
        with _carried_out_perhaps(), self._ask("POST", path) as answer:
            answer.content(self._longest)

    @contextmanager
    def stream(self, path: str, *, accept: str, read_timeout: float | None = None) -> Iterator[Answer]:
        """Open an answer that is read while it comes; raises as *get* does, also while it is read."""
        with self._ask("GET", path, accept=accept, read_timeout=read_timeout) as answer:
            answer.require_content_type(accept)
            yield answer

    @contextmanager
    def _ask(  # noqa: PLR0913 - all but the first two are given by name
        self,
        method: str,
        path: str,
        parameters: Mapping[str, object] | None = None,
        *,
        body: Any = None,
        accept: str = JSON,
        read_timeout: float | None = None,
    ) -> Iterator[Answer]:
        try:
            response = self._session.request(
                method,
                f"{self.base_url}{path}",
                params={name: str(value) for name, value in (parameters or {}).items()},
                json=body,
                headers={"Accept": accept},
                auth=self._auth,
                timeout=self._timeouts(read_timeout),
                allow_redirects=False,
                stream=True,
            )
        except RequestException as error:
            raise explain_failure(error, self.server) from error
        with response:
            yield from self._believed(response)

    def _believed(self, response: Response) -> Iterator[Answer]:
        """Hand out the answer if it is one; after a useless one, the next try goes to another address."""
        is_signed = self._signature is not None and self._signature in response.headers
        self._was_signed = self._was_signed or is_signed
        answer = Answer(response, self.server)
        try:
            answer.require_success(is_foreign=self._was_signed and not is_signed)
            yield answer
        except TransientError:
            self._session.turn_away(response)
            raise

    @property
    def _longest(self) -> float:
        """How many seconds a whole answer may take."""
        return ANSWER_TIMEOUTS * self._timeouts(None)[1]

    def _timeouts(self, read_timeout: float | None) -> tuple[float, float]:
        """Cap the timeouts by the time that is left; a stream's own *read_timeout* knows of no deadline."""
        if self._time_left is None or read_timeout is not None:
            return self._connect_timeout, read_timeout or self._read_timeout
        left = max(SHORTEST_TIMEOUT_SECONDS, self._time_left())
        return min(self._connect_timeout, left), min(self._read_timeout, left)


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
