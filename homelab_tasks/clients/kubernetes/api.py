"""Requests to a Kubernetes API server: single tries, each ending in JSON or in an error that says what came."""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from requests import Response
from requests.exceptions import RequestException

from homelab_tasks.clients.kubernetes.credentials import Credentials, Signature
from homelab_tasks.clients.kubernetes.refusals import require_success
from homelab_tasks.clients.web.answer import Answer
from homelab_tasks.clients.web.failure import explain_failure
from homelab_tasks.clients.web.pin import StaleError
from homelab_tasks.clients.web.session import PinnedSession
from homelab_tasks.errors import TransientError

SHORTEST_TIMEOUT_SECONDS = 0.5
FIRST_READ_SECONDS = 5.0
"""How long the first try may wait for a byte: a connection that is dead without knowing it is found out by then."""
ANSWER_SECONDS = 60.0  # a long list over a slow line
USER_AGENT = "homelab-tasks"


class KubernetesApi:
    """One API server, asked as one user."""

    def __init__(  # noqa: PLR0913 - all but the first two are given by name
        self,
        server: str,
        session: PinnedSession,
        *,
        credentials: Credentials,
        connect_timeout: float,
        read_timeout: float,
        time_left: Callable[[], float] | None = None,
    ) -> None:
        """
        Ask *server* (a base URL) through *session*; timeouts are seconds, capped by *time_left*.

        *read_timeout* is what a slow server is given after shorter tries.
        """
        self._base_url = server
        self.server = server.partition("://")[2]
        self._session = session
        self._credentials = credentials
        self._connect_timeout, self._longest_read = connect_timeout, read_timeout
        self._read_timeout = min(FIRST_READ_SECONDS, read_timeout)
        self._time_left = time_left
        self._stream: Response | None = None
        self.requests = 0

    def get(self, path: str, parameters: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        """
        GET *path* as JSON.

        Raises ForbiddenError, AbsentError, GoneError; DeniedError for 401 after fresh credentials were tried;
        TransientError and UntrustedError for anything that is no answer of an API server.
        """
        with self._ask(path, parameters or {}) as answer:
            return answer.decode(answer.content(ANSWER_SECONDS), dict[str, Any])

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST *body* to *path*, where that changes nothing (a review); raises as *get* does."""
        with self._ask(path, {}, body=body) as answer:
            return answer.decode(answer.content(ANSWER_SECONDS), dict[str, Any])

    def text(self, path: str, parameters: Mapping[str, str | int]) -> str:
        """GET *path* as plain text, a log."""
        with self._ask(path, parameters) as answer:
            return answer.content(ANSWER_SECONDS).decode(errors="replace")

    @contextmanager
    def lines(
        self, path: str, parameters: Mapping[str, str | int], *, read_timeout: float
    ) -> Iterator[Iterator[bytes]]:
        """Open a stream of lines; raises as *get* does, also while it is read."""
        with self._ask(path, parameters, read_timeout=read_timeout) as answer:
            self._stream = answer.response
            yield _lines(answer)

    def close(self) -> None:
        """Close the connections that are idle."""
        self._session.close()

    def hang_up(self) -> None:
        """End the stream that another thread reads; the TLS layer is passed by, for it belongs to that thread."""
        connection = getattr(self._stream.raw, "connection", None) if self._stream is not None else None
        if connection is not None and connection.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    @contextmanager
    def _ask(
        self,
        path: str,
        parameters: Mapping[str, str | int],
        *,
        read_timeout: float | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Iterator[Answer]:
        ask = partial(self._request, path, parameters, read_timeout, body)
        try:
            response = ask()
        except StaleError:  # closed before it was used again: once more, for no request changes anything
            response = ask()
        if response.status_code == HTTPStatus.UNAUTHORIZED and self._credentials.renew():
            response.close()  # and its connection, so that a fresh client certificate is shown on the next
            response = ask()
        with response:
            answer = Answer(response, self.server)
            try:
                require_success(answer, self.server)
                yield answer
            except TransientError:
                self._session.turn_away(response)
                raise

    def _request(
        self,
        path: str,
        parameters: Mapping[str, str | int],
        read_timeout: float | None,
        body: Mapping[str, Any] | None,
    ) -> Response:
        self.requests += 1
        try:
            response = self._session.request(
                "GET" if body is None else "POST",
                f"{self._base_url}{path}",
                json=body,
                params={name: str(value) for name, value in parameters.items()},
                headers={"Accept": "application/json", "User-Agent": USER_AGENT},
                auth=Signature(self._credentials),
                timeout=self._timeouts(read_timeout),
                allow_redirects=False,
                stream=True,
            )
        except RequestException as error:
            self._session.close()
            self._read_timeout = min(2 * self._read_timeout, self._longest_read)
            raise explain_failure(error, self.server, proxied_by="the kubeconfig or the environment") from error
        self._read_timeout = min(FIRST_READ_SECONDS, self._longest_read)
        return response

    def _timeouts(self, read_timeout: float | None) -> tuple[float, float]:
        if self._time_left is None or read_timeout is not None:
            return self._connect_timeout, read_timeout or self._read_timeout
        left = max(SHORTEST_TIMEOUT_SECONDS, self._time_left())
        return min(self._connect_timeout, left), min(self._read_timeout, left)


def _lines(answer: Answer) -> Iterator[bytes]:
    rest = b""
    for part in answer.chunks():
        *whole, rest = (rest + part).split(b"\n")
        yield from (line for line in whole if line.strip())
