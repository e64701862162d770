"""
Secrets in Vault or OpenBao, KV version 1 or 2, read by hvac through the pinned session.

What the answers mean was recorded from a real server (tests/recordings/vault).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from requests import Response
from requests.exceptions import RequestException

from homelab_tasks.clients.web.session import PinnedSession
from homelab_tasks.errors import DeniedError, HomelabError, MissingError, TransientError, UntrustedError
from homelab_tasks.locations import Url

if TYPE_CHECKING:
    from hvac import Client

_POLICY = "1 error occurred"  # how a server begins when the token is good, and its policy is not
_REDIRECTS = range(300, 400)


class Vault:
    """One Vault server, as whom *token* says; each read is a single try."""

    def __init__(
        self, base_url: Url, session: PinnedSession, token: Callable[[], str], *, timeout: tuple[float, float] = (5, 20)
    ) -> None:
        """Read from *base_url*; *timeout* is for connecting and for the next byte, in seconds."""
        self.server = base_url.server
        self._base_url = base_url
        self._session = session
        self._token = token
        self._timeout = timeout

    def field(self, path: str, field: str) -> str:
        """
        Read *field* of the secret at *path*, which begins with the mount: `secret/ci/global`.

        Raises DeniedError, MissingError (no such secret, deleted, no such field, not text), UntrustedError for a
        redirect, TransientError for a server that is sealed or gives no usable answer.
        """
        import hvac

        client = hvac.Client(
            url=self._base_url,
            token=self._token(),
            session=self._session,
            timeout=self._timeout,  # type: ignore[arg-type] # requests, which it is handed to, takes a pair
            allow_redirects=False,  # X-Vault-Token would go along: requests only strips Authorization
        )
        clean = "/".join(part for part in path.split("/") if part)  # a slash too many is HTTP 500, or a redirect
        return _text_of(self._secret(client, clean), clean, field)

    def _secret(self, client: "Client", path: str) -> dict[str, Any]:
        """Read *path* as KV 2, and look at its mount only if that fails: a token may be good for one use."""
        guess, _, rest = path.partition("/")
        try:
            return self._read_version_2(client, guess, rest)
        except (DeniedError, MissingError) as error:
            mount, version = self._mount(client, path)
            if version == 2 and mount != guess:  # noqa: PLR2004
                return self._read_version_2(client, mount, path.removeprefix(f"{mount}/"))
            if version == 2:  # noqa: PLR2004
                raise
            try:
                return self._ask(client, path)
            except (DeniedError, MissingError):
                if version is None:
                    raise error from None
                raise

    def _read_version_2(self, client: "Client", mount: str, rest: str) -> dict[str, Any]:
        return _dictionary(self._ask(client, f"{mount}/data/{rest}").get("data"))

    def _mount(self, client: "Client", path: str) -> tuple[str, int | None]:
        """Ask where the mount of *path* ends and which version it has; no version for a token that may not know."""
        try:
            mount = self._ask(client, f"sys/internal/ui/mounts/{path}", is_check=True)
        except (DeniedError, MissingError):
            return "", None
        version = _dictionary(mount.get("options")).get("version")
        return str(mount.get("path", "")).strip("/"), 2 if version == "2" else 1

    def _ask(self, client: "Client", path: str, *, is_check: bool = False) -> dict[str, Any]:
        from hvac.exceptions import VaultError

        try:
            answer = client.adapter.get(f"/v1/{path}")
        except VaultError as error:
            raise self._refusal(client, error, is_check=is_check) from None  # it carries the whole answer
        except RequestException as error:
            raise TransientError(f"{self.server} did not answer ({type(error).__name__})") from None
        if isinstance(answer, Response):
            raise self._no_answer(answer)
        if answer.get("wrap_info"):
            raise MissingError("the answer is wrapped, so that it holds no secret")
        return _dictionary(answer.get("data"))

    def _no_answer(self, answer: Response) -> HomelabError:
        if answer.status_code in _REDIRECTS:
            return UntrustedError(f"{self.server} redirects (HTTP {answer.status_code})", hint="it is not followed")
        return TransientError(f"{self.server} answers without JSON (HTTP {answer.status_code})", answered=True)

    def _refusal(self, client: "Client", error: Any, *, is_check: bool) -> HomelabError:
        from hvac import exceptions

        said = " ".join(str(part) for part in error.errors or ())
        match error:
            case exceptions.Forbidden() | exceptions.Unauthorized():
                is_good = not is_check and (_POLICY in said or self._knows_token(client))
                reason = "the token's policy does not allow it" if is_good else "the token is wrong, expired or revoked"
                return DeniedError(f"403: {reason}")
            case exceptions.InvalidPath():
                return MissingError(_missing(said, _dictionary(error.json)))
            case exceptions.VaultDown() if "sealed" in said:
                return TransientError(
                    f"{self.server} is sealed", hint="unseal it: vault operator unseal", answered=True
                )
            case exceptions.InvalidRequest():
                return MissingError(f"400: {said}")
            case _:
                return TransientError(f"{self.server} answers {said or 'with an error'}", answered=True)

    def _knows_token(self, client: "Client") -> bool:
        """Ask whether the token is one at all; one without the default policy may not ask, and is refused too."""
        from hvac.exceptions import VaultError

        try:
            return isinstance(client.adapter.get("/v1/auth/token/lookup-self"), dict)
        except (VaultError, RequestException, HomelabError):
            return False


def _missing(said: str, body: dict[str, Any]) -> str:
    """Tell the bodies of a 404 apart."""
    metadata = _dictionary(_dictionary(body.get("data")).get("metadata"))
    if metadata.get("destroyed"):
        return "404: its latest version was destroyed"
    if metadata.get("deletion_time"):
        return "404: its latest version was deleted"
    if "no handler for route" in said:
        return "404: no such mount"
    return f"404: {said}" if said else "404: no such secret"


def _text_of(secret: dict[str, Any], path: str, field: str) -> str:
    if field not in secret:
        known = ", ".join(sorted(secret)) or "none"
        raise MissingError(f"{path} has no field {field!r}; its fields: {known}")
    value = secret[field]
    if not isinstance(value, str):
        raise MissingError(f"the field {field!r} is not text")
    return value


def _dictionary(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
