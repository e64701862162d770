"""Who asks a cluster: what stands in the kubeconfig, a file that is replaced now and then, or who is asked for it."""

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from requests import PreparedRequest
from requests.auth import AuthBase

from homelab_tasks.clients.kubernetes.access import Access, User
from homelab_tasks.clients.kubernetes.auth_provider import Provider
from homelab_tasks.clients.kubernetes.bearer import Remember, bearer
from homelab_tasks.clients.kubernetes.credential_plugin import Command, Show
from homelab_tasks.errors import DeniedError


class Credentials(Protocol):
    """What signs requests."""

    def authorization(self) -> str | None:
        """The Authorization header; raises DeniedError when there is none to be had."""

    def renew(self) -> bool:
        """Get fresh ones after a 401; false where that cannot help."""


class Fixed:
    """Credentials that stand in the kubeconfig; None is a client certificate's, or nobody's."""

    def __init__(self, header: str | None) -> None:
        """Send *header*."""
        self._header = header

    def authorization(self) -> str | None:
        return self._header

    def renew(self) -> bool:
        return False


class TokenFile:
    """A token in a file, read for every request: the kubelet replaces it while it is used."""

    def __init__(self, path: Path, remember: Remember) -> None:
        """Read *path*; *remember* is told each token, so that it is never shown."""
        self._path, self._remember = path, remember
        self._sent: str | None = None

    def authorization(self) -> str | None:
        try:
            token = self._path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise DeniedError(f"cannot read the token file '{self._path}': {error.strerror}") from error
        self._sent = bearer(token, self._remember, whence=f"the token file '{self._path}'")
        return self._sent

    def renew(self) -> bool:
        refused = self._sent
        return self.authorization() != refused


def credentials_of(
    access: Access,
    environment: Mapping[str, str],
    *,
    remember: Remember,
    show: Show,
    time_left: Callable[[], float] | None = None,
) -> Credentials:
    """
    The credentials of *access*, in kubectl's order; *remember* is told every secret.

    *show* is given the client certificate that a plugin prints, and its key. No plugin runs longer than *time_left*
    says. Raises DeniedError for a token that cannot be one, UsageError for a provider that is not known.
    """
    user = access.user
    if user.token_file is not None:
        return TokenFile(user.token_file, remember)
    if user.token is not None:
        return Fixed(bearer(user.token, remember, whence=f"the kubeconfig's user of context {access.context!r}"))
    if user.username is not None:
        return Fixed(_basic(user, remember))
    if user.exec is not None:
        return Command(user.exec, access, environment, remember=remember, show=show, time_left=time_left)
    if user.auth_provider is not None:
        return Provider(access, remember)
    return Fixed(None)


def _basic(user: User, remember: Remember) -> str:
    password = remember(user.password or "")
    return "Basic " + remember(base64.b64encode(f"{user.username}:{password}".encode()).decode())


class Signature(AuthBase):
    """Signs requests; as an auth object, so that nothing of .netrc takes its place."""

    def __init__(self, credentials: Credentials) -> None:
        """Sign with *credentials*."""
        self._credentials = credentials

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        header = self._credentials.authorization()
        if header is not None:
            r.headers["Authorization"] = header
        return r
