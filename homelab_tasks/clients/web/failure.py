"""Requests that brought no answer at all: what went wrong, in words."""

from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ProxyError, RequestException, SSLError, Timeout
from urllib3.exceptions import ReadTimeoutError

from homelab_tasks.errors import HomelabError, TransientError, UntrustedError


def explain_failure(error: RequestException, server: str, *, proxied_by: str = "the environment") -> HomelabError:
    """Say why *server* did not begin to answer; *proxied_by* names the proxy, where one stands between."""
    cause = error.args[0] if error.args else error
    if isinstance(error, SSLError):  # the pin words its own; this comes through a proxy, or after the handshake
        return UntrustedError(f"the TLS connection to {server} fails: {cause}")
    if isinstance(error, ProxyError):
        return TransientError(f"{server} cannot be reached through the proxy that {proxied_by} names")
    if isinstance(error, Timeout) or isinstance(cause, ReadTimeoutError | TimeoutError):
        return TransientError(f"{server} did not answer in time")
    if isinstance(error, RequestsConnectionError):
        return TransientError(f"{server} hung up without an answer")
    return TransientError(f"{server} could not be asked ({type(error).__name__})")
