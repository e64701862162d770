"""Where a cluster is and who asks it, whether a kubeconfig or a pod's service account says so."""

from pathlib import Path

from msgspec import Struct, field

from homelab_tasks.errors import UsageError


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
