"""Credential plugins: a command of the kubeconfig that prints a token, or a client certificate and its key."""

import base64
import json
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from msgspec import MsgspecError, Struct
from msgspec.json import decode

from homelab_tasks.clients.kubernetes.access import Access, Exec
from homelab_tasks.clients.kubernetes.bearer import Remember, bearer
from homelab_tasks.errors import DeniedError

EXEC_SECONDS = 60.0  # a plugin that opens a browser waits for a person
_API_VERSION = "client.authentication.k8s.io/v1"
_SHOWN_CHARACTERS = 300
Show = Callable[[bytes, bytes], None]


class Printed(Struct, frozen=True, kw_only=True, rename="camel"):
    """The status of an ExecCredential: a token, a certificate with its key (PEM), or all of them."""

    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""


class _ExecCredential(Struct, frozen=True, kw_only=True):
    status: Printed | None = None


class Command:
    """A credential plugin: run once, and once more after a 401."""

    def __init__(  # noqa: PLR0913 - all but the first three are given by name
        self,
        written: Exec,
        access: Access,
        environment: Mapping[str, str],
        *,
        remember: Remember,
        show: Show,
        time_left: Callable[[], float] | None,
    ) -> None:
        """
        Run what *written* says, for the cluster of *access*, and for no longer than *time_left* says.

        *show* is given a client certificate and its key, for the connections that are opened from then on.
        """
        self._exec, self._access, self._environment = written, access, environment
        self._remember, self._show, self._time_left = remember, show, time_left
        self._name = f"the credential plugin {written.command!r}"
        self._printed: Printed | None = None
        self._lock = threading.Lock()

    def authorization(self) -> str | None:
        """The Authorization header; None where a certificate says it all. Raises DeniedError when none is printed."""
        with self._lock:
            return self._header(self._printed or self._run())

    def renew(self) -> bool:
        """Run it again; did it print something else?"""
        with self._lock:
            return self._printed != self._run()

    def _header(self, printed: Printed) -> str | None:
        return bearer(printed.token, self._remember, whence=self._name) if printed.token else None

    def _run(self) -> Printed:
        printed = self._understood(self._output())
        self._header(printed)
        if printed.client_certificate_data:
            self._remember(printed.client_key_data)
            self._show(printed.client_certificate_data.encode(), printed.client_key_data.encode())
        self._printed = printed
        return printed

    def _output(self) -> bytes:
        command = [self._exec.command, *(self._exec.args or ())]
        seconds = EXEC_SECONDS if self._time_left is None else max(1.0, min(EXEC_SECONDS, self._time_left()))
        try:
            done = subprocess.run(
                command,
                env={**os.environ, **self._environment, **self._own_environment()},
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=seconds,
                check=False,
            )
        except OSError as error:
            problem = f"the kubeconfig's credential plugin {self._exec.command!r} cannot be run: {error.strerror}"
            raise DeniedError(problem, hint=self._exec.install_hint) from error
        except subprocess.TimeoutExpired as error:
            raise DeniedError(f"{self._name} did not end within {seconds:.0f} s", hint=_by_hand(command)) from error
        if done.returncode != 0:
            with suppress(DeniedError):  # it may say on stderr what it printed all the same
                self._header(self._understood(done.stdout))
            said = " ".join(done.stderr.decode(errors="replace").split())[-_SHOWN_CHARACTERS:]
            raise DeniedError(f"{self._name} exited with {done.returncode}: {said}", hint=_by_hand(command))
        return done.stdout

    def _own_environment(self) -> dict[str, str]:
        spec: dict[str, Any] = {"interactive": False}
        if self._exec.provideClusterInfo:
            authority = base64.b64encode(self._access.authority.read()).decode() if self._access.authority else None
            spec["cluster"] = {"server": self._access.server, "certificate-authority-data": authority}
        info = {"apiVersion": self._exec.api_version or _API_VERSION, "kind": "ExecCredential", "spec": spec}
        own = {each["name"]: each.get("value", "") for each in self._exec.env or () if each.get("name")}
        return {**own, "KUBERNETES_EXEC_INFO": json.dumps(info)}

    def _understood(self, output: bytes) -> Printed:
        """Read an ExecCredential; what was printed is never shown, it may hold a token."""
        try:
            printed = decode(output, type=_ExecCredential).status or Printed()
        except (MsgspecError, UnicodeDecodeError):
            raise DeniedError(f"{self._name} printed no ExecCredential", hint=_by_hand([self._exec.command])) from None
        if bool(printed.client_certificate_data) is not bool(printed.client_key_data):
            raise DeniedError(f"{self._name} printed a client certificate or its key, and both are needed")
        if not printed.token and not printed.client_certificate_data:
            raise DeniedError(f"{self._name} printed neither a token nor a client certificate")
        return printed


def _by_hand(command: list[str]) -> str:
    return f"run it by hand: {' '.join(command)}"
