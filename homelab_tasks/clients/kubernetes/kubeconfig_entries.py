"""
The entries of a kubeconfig, a cluster and a user, checked as they are read.

What is wrong is said without what stands there, which may be a secret.
"""

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct, ValidationError, convert, field, structs

from homelab_tasks.clients.kubernetes.access import AuthProvider, Bytes, Exec, User
from homelab_tasks.errors import UsageError
from homelab_tasks.locations import parse_url

T = TypeVar("T")

_DEFAULT_SERVER = "http://localhost:8080"  # client-go's, for a cluster without one


class Cluster(Struct, frozen=True, kw_only=True):
    """Where an API server is, and how it is known to be the right one."""

    server: str
    authority: Bytes | None
    tls_server_name: str | None
    proxy_url: str | None


class _WrittenCluster(Struct, rename="kebab"):
    server: str | None = None
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    tls_server_name: str | None = None
    proxy_url: str | None = None
    insecure_skip_tls_verify: bool = False


class _WrittenUser(Struct, rename="kebab"):
    token: str | None = None
    token_file: str | None = field(default=None, name="tokenFile")
    username: str | None = None
    password: str | None = None
    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    exec: Exec | None = None
    auth_provider: AuthProvider | None = None
    impersonated: str | None = field(default=None, name="as")


def read_cluster(written: Mapping[str, Any], *, name: str, folder: Path) -> Cluster:
    """Read the cluster *name*, whose paths are relative to *folder*; raises UsageError for one that cannot be."""
    entry = _read(written, _WrittenCluster, f"cluster {name!r}")
    if entry.insecure_skip_tls_verify:
        hint = "put the cluster's certificate there: certificate-authority-data"
        raise UsageError(f"cluster {name!r} switches certificate checks off, which is not done here", hint=hint)
    data, path = entry.certificate_authority_data, entry.certificate_authority
    return Cluster(
        server=str(parse_url(entry.server or _DEFAULT_SERVER)),
        authority=_bytes("certificate-authority", data, path, folder),
        tls_server_name=entry.tls_server_name or None,
        proxy_url=_proxy(entry.proxy_url, name) if entry.proxy_url else None,
    )


def read_user(written: Mapping[str, Any], *, name: str, folder: Path) -> User:
    """Read the user *name*, whose paths are relative to *folder*; raises UsageError for one that cannot be."""
    entry = _read(written, _WrittenUser, f"user {name!r}")
    if entry.impersonated:
        hint = "choose a context whose user has the rights itself"
        raise UsageError(f"user {name!r} of the kubeconfig impersonates another, which is not done here", hint=hint)
    certificate = _bytes("client-certificate", entry.client_certificate_data, entry.client_certificate, folder)
    key = _bytes("client-key", entry.client_key_data, entry.client_key, folder)
    if (certificate is None) is not (key is None):
        raise UsageError(f"user {name!r} of the kubeconfig needs both client-certificate and client-key")
    return User(
        token=entry.token or None,
        token_file=folder / Path(entry.token_file).expanduser() if entry.token_file else None,
        username=entry.username,
        password=entry.password,
        certificate=certificate,
        key=key,
        exec=_beside(entry.exec, folder) if entry.exec is not None else None,
        auth_provider=entry.auth_provider,
    )


def _read(written: Mapping[str, Any], kind: type[T], what: str) -> T:
    try:
        return convert(written, kind)
    except ValidationError as error:
        raise UsageError(f"{what} of the kubeconfig: {error}") from None


def _bytes(name: str, data: str | None, path: str | None, folder: Path) -> Bytes | None:
    """Take what stands in the kubeconfig before what a file holds."""
    if data:
        try:
            return Bytes(data=base64.b64decode(data, validate=True))
        except (binascii.Error, ValueError) as error:
            raise UsageError(f"{name}-data in the kubeconfig is not base64") from error
    return Bytes(path=folder / Path(path).expanduser()) if path else None


def _beside(written: Exec, folder: Path) -> Exec:
    """Find a command that is written as a path in the kubeconfig's *folder*, any other in PATH (as client-go)."""
    return structs.replace(written, command=str(folder / written.command)) if os.sep in written.command else written


def _proxy(written: str, cluster: str) -> str:
    from urllib3.exceptions import LocationParseError
    from urllib3.util import parse_url as parse_any_url

    try:
        parts = parse_any_url(written)
    except LocationParseError:
        parts = None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.host:
        hint = "write it as http://proxy.example.org:3128; SOCKS is not known here"
        raise UsageError(f"the proxy-url of cluster {cluster!r} is no http or https URL", hint=hint)
    return written
