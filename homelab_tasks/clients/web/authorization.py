"""How requests are signed, so that a token reaches the server that it is for, and no other."""

from collections.abc import Callable
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase


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
