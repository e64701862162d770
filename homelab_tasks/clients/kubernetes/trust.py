"""Which certificate a cluster's API server must show, and which one is shown to it."""

import ssl
import tempfile
from pathlib import Path

from homelab_tasks.clients.kubernetes.access import Access
from homelab_tasks.clients.web.trust import Trust
from homelab_tasks.errors import UsageError


class ClusterTrust(Trust):
    """
    Believes the authority that the kubeconfig names and no other, as kubectl does; without one, the system's.

    Shows the client certificate of the user where there is one.
    """

    def __init__(self, access: Access, ca_file: Path | None = None) -> None:
        """Take authority and certificate from *access*; *ca_file* is trusted too where no authority is named."""
        super().__init__(ca_file if access.authority is None else None)
        if access.authority is not None:
            self._only(access.authority.read())
        if access.user.certificate is not None and access.user.key is not None:
            self.show(access.user.certificate.read(), access.user.key.read())

    def _only(self, authority: bytes) -> None:
        strict = self.context
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.minimum_version = strict.minimum_version
        self.context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        self.context.set_alpn_protocols(["http/1.1"])
        self._bundle = ""
        try:
            self.context.load_verify_locations(cadata=authority.decode("ascii", errors="replace"))
        except ssl.SSLError as error:
            raise UsageError("the kubeconfig's certificate-authority holds no certificates") from error

    def show(self, certificate: bytes, key: bytes) -> None:
        """
        Show *certificate* on every connection from now on; raises UsageError where *key* is not its own.

        The ssl module reads files only, so that one exists for as long as that takes.
        """
        with tempfile.TemporaryDirectory(prefix="homelab-") as folder:
            path = Path(folder) / "client.pem"
            path.touch(mode=0o600)
            path.write_bytes(certificate + b"\n" + key)
            try:
                self.context.load_cert_chain(path, password=_no_passphrase)
            except _EncryptedError:
                hint = "decrypt it, for kubectl reads no other: openssl pkey -in KEY -out NEW"
                raise UsageError("the client key of the kubeconfig is encrypted", hint=hint) from None
            except ssl.SSLError as error:
                raise UsageError("the kubeconfig's client certificate and key do not belong together") from error


class _EncryptedError(Exception):
    """A key that asks for a passphrase."""


def _no_passphrase() -> str:
    """Give no passphrase, where the ssl module would ask the terminal for one."""
    raise _EncryptedError
