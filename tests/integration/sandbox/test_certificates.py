import ssl
from pathlib import Path

import pytest

from homelab_tasks.sandbox.certificates import Certificates


def test_openssl_finds_the_authority_in_its_directory(tmp_path: Path) -> None:
    certificates = Certificates(["ci.homelab.test"])
    certificates.write_authority(tmp_path / "ca.pem", tmp_path / "ca")

    handshake(certificates, ssl.create_default_context(capath=str(tmp_path / "ca")))
    handshake(certificates, ssl.create_default_context(cafile=str(tmp_path / "ca.pem")))


def test_nobody_else_trusts_the_authority() -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(Certificates(["ci.homelab.test"]), ssl.create_default_context())


def handshake(certificates: Certificates, trusting: ssl.SSLContext) -> None:
    """Let a client and a server shake hands in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(to_client, to_server, server_hostname="ci.homelab.test")
    server = certificates.context().wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
