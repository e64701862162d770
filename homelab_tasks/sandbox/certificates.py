"""The certificates of the homelab, from an authority that nobody else trusts."""

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from pathlib import Path

import trustme
from cryptography import x509

from homelab_tasks.sandbox.faults import Effect

VALID = timedelta(days=90)  # as long as those of the authorities that homelabs use
WRONG_NAME = "default.ingress.test"


class Certificates:
    """A server's TLS contexts by what is wrong with them; each is made when it is first needed."""

    def __init__(self, names: Sequence[str]) -> None:
        """Make an authority, and be ready to certify *names*."""
        self._authority = trustme.CA(organization_name="homelab sandbox")
        self._names = tuple(names)
        self._contexts: dict[Effect, ssl.SSLContext] = {}

    @property
    def authority_pem(self) -> str:
        """The authority's certificate, for `ca_file`."""
        return self._authority.cert_pem.bytes().decode()

    def write_authority(self, file: Path, directory: Path) -> None:
        """Write the authority's certificate to *file*, and into *directory* as OpenSSL looks it up there."""
        file.write_text(self.authority_pem)
        directory.mkdir(exist_ok=True)
        certificate = x509.load_pem_x509_certificate(self.authority_pem.encode())
        (directory / f"{openssl_hash(certificate.subject)}.0").write_text(self.authority_pem)

    def context(self, effect: Effect = Effect.NONE) -> ssl.SSLContext:
        """Return the context to serve with; *effect* says what is wrong with its certificate."""
        if effect not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.set_alpn_protocols(["http/1.1"])
            self._issue(effect).configure_cert(context)
            self._contexts[effect] = context
        return self._contexts[effect]

    def _issue(self, effect: Effect) -> trustme.LeafCert:
        now = datetime.now(UTC)
        if effect is Effect.WRONG_CERTIFICATE:
            return self._authority.issue_cert(WRONG_NAME)
        if effect is Effect.EXPIRED_CERTIFICATE:
            yesterday = now - timedelta(days=1)
            return self._authority.issue_cert(*self._names, not_before=yesterday - VALID, not_after=yesterday)
        if effect is Effect.UNKNOWN_CERTIFICATE:
            return trustme.CA(organization_name="somebody else").issue_cert(*self._names)
        return self._authority.issue_cert(*self._names, not_before=now - timedelta(hours=1), not_after=now + VALID)


def openssl_hash(name: x509.Name) -> str:
    """
    Compute the file name, without its `.0`, by which OpenSSL finds the certificate of *name* in a directory.

    It is the SHA-1 of the name with its values in lower case and single spaces (crypto/x509/x509_cmp.c
    `X509_NAME_hash_ex`). Good for names whose parts are short, as ours are.
    """
    canonical = b""
    for part in name:
        identifier = x509.Name([x509.NameAttribute(part.oid, "x" * 2)]).public_bytes()[6:-4]
        value = " ".join(str(part.value).lower().split()).encode()
        canonical += _der(0x31, _der(0x30, identifier + _der(0x0C, value)))
    return f"{int.from_bytes(sha1(canonical, usedforsecurity=False).digest()[:4], 'little'):08x}"


def _der(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content
