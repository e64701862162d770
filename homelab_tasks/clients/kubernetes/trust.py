"""Which certificate a cluster's API server must show, and which one is shown to it."""

import ssl
import tempfile
from pathlib import Path

from homelab_tasks.clients.kubernetes.kubeconfig import Access
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
            self._show(access.user.certificate.read(), access.user.key.read())

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

    def _show(self, certificate: bytes, key: bytes) -> None:
        """Load the certificate; the ssl module reads files only, so that one exists for as long as that takes."""
        with tempfile.TemporaryDirectory(prefix="homelab-") as folder:
            path = Path(folder) / "client.pem"
            path.touch(mode=0o600)
            path.write_bytes(certificate + b"\n" + key)
            try:
                self.context.load_cert_chain(path)
            except ssl.SSLError as error:
                raise UsageError("the kubeconfig's client certificate and key do not belong together") from error
