"""
Connections that dial a pinned address instead of asking DNS, as `curl --resolve` does.

The name stays in SNI, in the Host header, in cookies and in the check of the certificate. urllib3 has no hook for
that (urllib3#2156): here a connection's `connect` is tried once for each address.
"""

import socket
import ssl
import threading
import time
from contextlib import suppress
from http.client import HTTPException

from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from homelab_tasks.clients.web.addresses import AddressBook
from homelab_tasks.clients.web.certificate import UNKNOWN_ISSUERS, explain
from homelab_tasks.clients.web.trust import Trust
from homelab_tasks.errors import TransientError, UntrustedError
from homelab_tasks.locations import Address

ADDRESS_SECONDS = 3.0
"""How long one of several addresses may take to connect and shake hands, before the next one is tried."""
READ_SECONDS = 20.0  # where the caller names no read timeout, as hvac does not
ANSWER_TIMEOUTS = 3.0
"""How many read timeouts the head of an answer, or its body, may take: a byte a second is no answer."""


class StaleError(TransientError):
    """The server closed a connection that was kept open, just when it was used again: says nothing of the server."""


class _Dialler(HTTPConnection):
    """A connection that looks its host up in an address book."""

    book: AddressBook
    trust: Trust
    _dialled: Address | None = None
    _answers = 0  # on the present connection
    _may_be_repeated = False  # the present request

    def connect(self) -> None:
        """Connect to the first address that takes the call; raises TransientError or UntrustedError otherwise."""
        addresses: tuple[Address | None, ...] = self.book.addresses(self.host)
        problems: list[TransientError | UntrustedError] = []
        if len(addresses) > 1:  # urllib3 sets the timeout anew for every request
            self.timeout = min(self.timeout or ADDRESS_SECONDS, ADDRESS_SECONDS)
        for address in addresses or (None,):
            problem = self._try(address)
            if problem is None:
                return
            problems.append(problem)
            if address is not None:
                self.book.demote(self.host, address)
        raise _summary(problems)

    def _try(self, address: Address | None) -> TransientError | UntrustedError | None:
        """Connect to *address*, or to what DNS says; returns what went wrong."""
        self._dialled, self._answers = address, 0
        try:
            self._connect_trusting()
        except (OSError, NameResolutionError, NewConnectionError, ConnectTimeoutError) as error:
            self.close()
            return self._problem(error)
        return None

    def _connect_trusting(self) -> None:
        try:
            super().connect()
        except ssl.SSLCertVerificationError as error:
            self.close()
            if error.verify_code not in UNKNOWN_ISSUERS or not self.trust.widen():
                raise
            super().connect()

    def _new_conn(self) -> socket.socket:
        if self._dialled is None:
            return super()._new_conn()
        where = (self._dialled.ip, self._dialled.port or self.port)
        return create_connection(where, self.timeout, self.source_address, self.socket_options)

    def putrequest(self, method: str, url: str, *arguments: bool, **keywords: bool) -> None:
        """Begin a request, and note whether it may be made again elsewhere."""
        self._may_be_repeated = method == "GET"
        super().putrequest(method, url, *arguments, **keywords)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as in urllib3 itself
        """Read the head of the answer, and note on it which address it came from."""
        longest, sock, started = self.timeout or READ_SECONDS, self.sock, time.monotonic()
        self.timeout = self.book.quiet_seconds(self.host, longest) if self._may_be_repeated else longest
        watchdog = threading.Timer(ANSWER_TIMEOUTS * self.timeout, self._hang_up)
        watchdog.daemon = True
        watchdog.start()
        try:
            response = super().getresponse()
        except (OSError, HTTPException) as error:
            self._note_failure(error)
            raise
        finally:
            watchdog.cancel()
        if sock is not None:  # the head has come: the body may take its time
            sock.settimeout(longest)
        self.book.answered(self.host, time.monotonic() - started)
        self._answers += 1
        response.dialled = self._dialled  # type: ignore[attr-defined]
        return response

    def _note_failure(self, error: Exception) -> None:
        """Remember what came instead of an answer; raises StaleError where that says nothing of the address."""
        if self._answers and isinstance(error, ConnectionError):  # includes RemoteDisconnected
            raise StaleError(f"{self._dialled or self.host} hung up without an answer") from error
        if self._dialled is None:
            return
        if isinstance(error, TimeoutError):
            self.book.was_silent(self.host, self._dialled)
        else:
            self.book.demote(self.host, self._dialled)

    def _hang_up(self) -> None:
        """End a read that goes on in another thread; the TLS layer is passed by, for it belongs to that thread."""
        if self.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def _problem(self, error: Exception) -> TransientError | UntrustedError:
        where = str(self._dialled or self.host)
        if isinstance(error, ssl.SSLCertVerificationError):
            address = (self._dialled.ip, self._dialled.port or self.port) if self._dialled else (self.host, self.port)
            return explain(error, self.host, address, where)
        return TransientError(f"{where} {complaint(error)}", sent=False)


_COMPLAINTS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((ConnectTimeoutError, TimeoutError), "timed out"),
    ((ConnectionRefusedError,), "refused"),
    ((ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError), "hung up while connecting"),
    ((ssl.SSLError,), "does not speak TLS"),
    ((socket.gaierror,), "is not known to DNS"),
)


def complaint(error: Exception) -> str:
    """Say in a few words why no connection came about."""
    cause = error.__cause__ if isinstance(error, NewConnectionError | NameResolutionError) else error
    for kinds, words in _COMPLAINTS:
        if isinstance(cause, kinds):
            return words
    reason = cause.strerror if isinstance(cause, OSError) else None
    return f"cannot be reached ({reason or cause or error})"


def _summary(problems: list[TransientError | UntrustedError]) -> TransientError | UntrustedError:
    """Join what each address had to say; a failing certificate outweighs an address that is silent."""
    text = ", ".join(problem.problem for problem in problems)
    for problem in problems:
        if isinstance(problem, UntrustedError):
            return UntrustedError(text, hint=problem.hint)
    return TransientError(text, sent=False)


class PinnedHTTPConnection(_Dialler):
    """A plain connection to a pinned address."""


class PinnedHTTPSConnection(_Dialler, HTTPSConnection):
    """A TLS connection to a pinned address, with the certificate checked for the name."""


def connection_pools(book: AddressBook, trust: Trust) -> dict[str, type[HTTPConnectionPool]]:
    """Make the pools, by scheme, whose connections look into *book*; for any urllib3.PoolManager."""

    class Plain(PinnedHTTPConnection):
        pass

    class Secured(PinnedHTTPSConnection):
        pass

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecuredPool(HTTPSConnectionPool):
        ConnectionCls = Secured

    for connection in (Plain, Secured):
        connection.book, connection.trust = book, trust
    return {"http": PlainPool, "https": SecuredPool}
