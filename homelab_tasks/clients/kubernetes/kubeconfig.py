"""
The kubeconfig, read as kubectl reads it: several files merged, paths relative to their file, or from inside a pod.

Only what says where the cluster is and who asks; nothing is run and nothing is sent here.
"""

import base64
import binascii
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, ValidationError, convert, field

from homelab_tasks.errors import UsageError

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class Bytes(Struct, frozen=True, kw_only=True):
    """Certificates or a key: as they stand in the kubeconfig, or the file that holds them."""

    data: bytes | None = None
    path: Path | None = None

    def read(self) -> bytes:
        """The PEM text; raises UsageError when the file cannot be read."""
        if self.data is not None:
            return self.data
        try:
            return self.path.read_bytes() if self.path is not None else b""
        except OSError as error:
            raise UsageError(f"cannot read '{self.path}' that the kubeconfig names: {error.strerror}") from error


class Exec(Struct, frozen=True, kw_only=True, rename={"api_version": "apiVersion", "install_hint": "installHint"}):
    """A command that prints credentials (client.authentication.k8s.io)."""

    command: str
    api_version: str = ""
    args: tuple[str, ...] | None = None
    env: tuple[dict[str, str], ...] | None = None
    install_hint: str | None = None
    provideClusterInfo: bool = False  # noqa: N815 - the kubeconfig's own name


class AuthProvider(Struct, frozen=True, kw_only=True):
    """The older way: a provider by name, with its settings."""

    name: str = ""
    config: dict[str, str] = field(default_factory=dict)


class User(Struct, frozen=True, kw_only=True):
    """Who asks, by one of these; a token beats a command."""

    token: str | None = None
    token_file: Path | None = None
    username: str | None = None
    password: str | None = None
    certificate: Bytes | None = None
    key: Bytes | None = None
    exec: Exec | None = None
    auth_provider: AuthProvider | None = None


class Access(Struct, frozen=True, kw_only=True):
    """Where a cluster is, who asks, and in which namespace; *files* are the kubeconfigs that said so."""

    context: str
    namespace: str
    server: str
    user: User
    authority: Bytes | None = None
    tls_server_name: str | None = None
    proxy_url: str | None = None
    files: tuple[Path, ...] = ()


def load_access(environment: Mapping[str, str], *, kubeconfig: str | None = None, context: str | None = None) -> Access:
    """
    Read the access of *context*, or of the current one.

    From the file *kubeconfig*, else those of KUBECONFIG in *environment*, else ~/.kube/config, else from inside a
    pod. Raises UsageError for a file, context, cluster or user that is not there, naming those that are.
    """
    paths = _paths(environment, kubeconfig)
    found = [path for path in paths if path.is_file()]
    if not found:
        inside = _in_cluster(environment) if kubeconfig is None and context is None else None
        if inside is not None:
            return inside
        hint = "say where it is: --kubeconfig, homelab.kubernetes.kubeconfig, or KUBECONFIG"
        raise UsageError(f"there is no kubeconfig at {' or '.join(repr(str(path)) for path in paths)}", hint=hint)
    return _choose(_Merged(found), context)


def _paths(environment: Mapping[str, str], kubeconfig: str | None) -> list[Path]:
    if kubeconfig is not None:
        return [Path(kubeconfig).expanduser()]
    named = [Path(each).expanduser() for each in environment.get("KUBECONFIG", "").split(os.pathsep) if each]
    return named or [Path("~/.kube/config").expanduser()]


class _Merged:
    """Kubeconfig files as one: for every name the first file that has it wins."""

    def __init__(self, files: list[Path]) -> None:
        self.files = tuple(files)
        self.current = ""
        self.entries: dict[str, dict[str, tuple[dict[str, Any], Path]]] = {"contexts": {}, "clusters": {}, "users": {}}
        for path in files:
            written = _load(path)
            self.current = self.current or str(written.get("current-context") or "")
            for kind, known in self.entries.items():
                for entry in _list(written.get(kind)):
                    known.setdefault(str(entry.get("name")), (entry.get(kind[:-1]) or {}, path.parent))

    def entry(self, kind: str, name: str) -> tuple[dict[str, Any], Path]:
        """The cluster, context or user *name*, and the folder that its paths are relative to."""
        if name not in self.entries[kind]:
            known = ", ".join(sorted(self.entries[kind])) or "none"
            files = ", ".join(str(path) for path in self.files)
            raise UsageError(f"{kind[:-1]} {name!r} does not exist in {files}", hint=f"{kind} there: {known}")
        return self.entries[kind][name]


def _list(value: object) -> Iterable[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _load(path: Path) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        written = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader
    except OSError as error:
        raise UsageError(f"cannot read kubeconfig '{path}': {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:  # its text would show the file, and so tokens
        raise UsageError(f"kubeconfig '{path}' is not YAML") from error
    if not isinstance(written, dict):
        raise UsageError(f"kubeconfig '{path}' is not a mapping")
    return written


def _choose(merged: _Merged, context: str | None) -> Access:
    name = context or merged.current
    if not name:
        known = ", ".join(sorted(merged.entries["contexts"])) or "none"
        raise UsageError("the kubeconfig has no current context", hint=f"--context, one of: {known}")
    chosen, _ = merged.entry("contexts", name)
    cluster, cluster_folder = merged.entry("clusters", str(chosen.get("cluster") or ""))
    user_name = str(chosen.get("user") or "")
    user, user_folder = merged.entry("users", user_name) if user_name else ({}, Path())
    if cluster.get("insecure-skip-tls-verify"):
        hint = "put the cluster's certificate there: certificate-authority-data"
        raise UsageError(f"context {name!r} switches certificate checks off, which is not done here", hint=hint)
    return Access(
        context=name,
        namespace=str(chosen.get("namespace") or "default"),
        server=str(cluster.get("server") or "http://localhost:8080").rstrip("/"),
        user=_user(user, user_folder, user_name),
        authority=_bytes(cluster, "certificate-authority", cluster_folder),
        tls_server_name=cluster.get("tls-server-name"),
        proxy_url=cluster.get("proxy-url"),
        files=merged.files,
    )


def _user(written: dict[str, Any], folder: Path, name: str) -> User:
    token_file = written.get("tokenFile")
    try:
        return User(
            token=written.get("token") or None,
            token_file=folder / Path(token_file).expanduser() if token_file else None,
            username=written.get("username"),
            password=written.get("password"),
            certificate=_bytes(written, "client-certificate", folder),
            key=_bytes(written, "client-key", folder),
            exec=convert(written["exec"], Exec) if written.get("exec") else None,
            auth_provider=convert(written["auth-provider"], AuthProvider) if written.get("auth-provider") else None,
        )
    except ValidationError as error:
        raise UsageError(f"user {name!r} of the kubeconfig: {error}") from None


def _bytes(written: dict[str, Any], name: str, folder: Path) -> Bytes | None:
    data, path = written.get(f"{name}-data"), written.get(name)
    if data:
        try:
            return Bytes(data=base64.b64decode(data, validate=True))
        except (binascii.Error, ValueError, TypeError) as error:
            raise UsageError(f"{name}-data in the kubeconfig is not base64") from error
    return Bytes(path=folder / Path(path).expanduser()) if path else None


def _in_cluster(environment: Mapping[str, str]) -> Access | None:
    """The access of a pod's service account, as client-go's rest.InClusterConfig."""
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not (_ACCOUNT / "token").is_file():
        return None
    namespace = _ACCOUNT / "namespace"
    return Access(
        context="in-cluster",
        namespace=namespace.read_text().strip() if namespace.is_file() else "default",
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        user=User(token_file=_ACCOUNT / "token"),
        authority=Bytes(path=_ACCOUNT / "ca.crt"),
    )
