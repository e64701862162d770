"""
The kubeconfig, read as kubectl reads it: several files merged, paths relative to their file, or from inside a pod.

Only what says where the cluster is and who asks; nothing is run and nothing is sent here.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from homelab_tasks.clients.kubernetes.access import Access, Bytes, User
from homelab_tasks.clients.kubernetes.kubeconfig_entries import read_cluster, read_user
from homelab_tasks.errors import UsageError

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


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
    cluster_name, user_name = str(chosen.get("cluster") or ""), str(chosen.get("user") or "")
    written, folder = merged.entry("clusters", cluster_name)
    cluster = read_cluster(written, name=cluster_name, folder=folder)
    written, folder = merged.entry("users", user_name) if user_name else ({}, Path())
    return Access(
        context=name,
        namespace=str(chosen.get("namespace") or "default"),
        server=cluster.server,
        user=read_user(written, name=user_name, folder=folder),
        authority=cluster.authority,
        tls_server_name=cluster.tls_server_name,
        proxy_url=cluster.proxy_url,
        files=merged.files,
    )


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
