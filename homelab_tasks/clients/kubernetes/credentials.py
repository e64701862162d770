"""Who asks a cluster: a token, a file that is replaced now and then, a command, or what an older provider keeps."""

import base64
import json
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from requests import PreparedRequest
from requests.auth import AuthBase

from homelab_tasks.clients.kubernetes.kubeconfig import Access, Exec, User
from homelab_tasks.errors import DeniedError, UsageError

EXEC_SECONDS = 60.0  # a plugin that opens a browser waits for a person
_API_VERSION = "client.authentication.k8s.io/v1"
_SHOWN_CHARACTERS = 300


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

    def __init__(self, path: Path, remember: Callable[[str], str]) -> None:
        """Read *path*; *remember* is told each token, so that it is never shown."""
        self._path, self._remember = path, remember
        self._refused: str | None = None
        self._sent: str | None = None

    def authorization(self) -> str | None:
        try:
            self._sent = self._path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise DeniedError(f"cannot read the token file '{self._path}': {error.strerror}") from error
        return f"Bearer {self._remember(self._sent)}"

    def renew(self) -> bool:
        self._refused = self._sent
        self.authorization()
        return self._sent != self._refused


class Command:
    """A credential plugin: run once, and once more after a 401."""

    def __init__(
        self, written: Exec, access: Access, environment: Mapping[str, str], remember: Callable[[str], str]
    ) -> None:
        """Run what *written* says, for the cluster of *access*."""
        self._exec, self._access = written, access
        self._environment, self._remember = environment, remember
        self._header: str | None = None
        self._lock = threading.Lock()

    def authorization(self) -> str | None:
        with self._lock:
            if self._header is None:
                self._header = self._run()
            return self._header

    def renew(self) -> bool:
        with self._lock:
            before, self._header = self._header, self._run()
            return self._header != before

    def _run(self) -> str:
        command = [self._exec.command, *(self._exec.args or ())]
        try:
            done = subprocess.run(
                command,
                env={**os.environ, **self._environment, **self._own_environment()},
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=EXEC_SECONDS,
                text=True,
                check=False,
            )
        except OSError as error:
            problem = f"the kubeconfig's credential plugin {self._exec.command!r} cannot be run: {error.strerror}"
            raise DeniedError(problem, hint=self._exec.install_hint) from error
        except subprocess.TimeoutExpired as error:
            raise DeniedError(f"the credential plugin {self._exec.command!r} did not end in time") from error
        if done.returncode != 0:
            said = " ".join(done.stderr.split())[-_SHOWN_CHARACTERS:]
            problem = f"the credential plugin {self._exec.command!r} exited with {done.returncode}: {said}"
            raise DeniedError(problem, hint=f"run it by hand: {' '.join(command)}")
        return f"Bearer {self._remember(self._token(done.stdout))}"

    def _own_environment(self) -> dict[str, str]:
        spec: dict[str, Any] = {"interactive": False}
        if self._exec.provideClusterInfo:
            authority = base64.b64encode(self._access.authority.read()).decode() if self._access.authority else None
            spec["cluster"] = {"server": self._access.server, "certificate-authority-data": authority}
        info = {"apiVersion": self._exec.api_version or _API_VERSION, "kind": "ExecCredential", "spec": spec}
        own = {each["name"]: each.get("value", "") for each in self._exec.env or () if each.get("name")}
        return {**own, "KUBERNETES_EXEC_INFO": json.dumps(info)}

    def _token(self, printed: str) -> str:
        """The token of an ExecCredential; what was printed is never shown, it may hold one."""
        try:
            status = json.loads(printed).get("status") or {}
        except (json.JSONDecodeError, AttributeError) as error:
            raise DeniedError(f"the credential plugin {self._exec.command!r} printed no ExecCredential") from error
        if status.get("token"):
            return str(status["token"])
        why = "only a client certificate" if status.get("clientCertificateData") else "no token"
        raise DeniedError(f"the credential plugin {self._exec.command!r} printed {why}, and a token is needed")


class Provider:
    """The older `auth-provider` (oidc), which the package `kubernetes` knows how to refresh."""

    def __init__(self, access: Access, remember: Callable[[str], str]) -> None:
        """Ask the package for the credentials of the context of *access*."""
        self._access, self._remember = access, remember
        self._header: str | None = None

    def authorization(self) -> str | None:
        if self._header is None:
            self.renew()
        return self._header

    def renew(self) -> bool:
        try:
            from kubernetes.client import Configuration
            from kubernetes.config import ConfigException, load_kube_config
        except ImportError as error:
            hint = "install homelab-tasks[kubernetes]"
            raise UsageError("this context needs the package kubernetes, for its auth-provider", hint=hint) from error
        configuration, before = Configuration(), self._header
        try:
            load_kube_config(
                config_file=os.pathsep.join(str(path) for path in self._access.files),
                context=self._access.context,
                client_configuration=configuration,
                persist_config=False,
            )
        except ConfigException as error:
            raise DeniedError(f"context {self._access.context!r} gives no credentials: {error}") from error
        settings: Any = configuration.auth_settings()
        header = next((each.get("value") for each in settings.values() if each.get("key") == "authorization"), None)
        self._header = (
            None if header is None else f"Bearer {self._remember(str(header).removeprefix('Bearer ').strip())}"
        )
        return self._header != before


def credentials_of(access: Access, environment: Mapping[str, str], remember: Callable[[str], str]) -> Credentials:
    """The credentials of *access*, in kubectl's order; *remember* is told every secret."""
    user = access.user
    if user.token_file is not None:
        return TokenFile(user.token_file, remember)
    if user.token is not None:
        return Fixed(f"Bearer {remember(user.token)}")
    if user.username is not None:
        return Fixed(_basic(user, remember))
    if user.exec is not None:
        return Command(user.exec, access, environment, remember)
    if user.auth_provider is not None:
        return Provider(access, remember)
    return Fixed(None)


def _basic(user: User, remember: Callable[[str], str]) -> str:
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
