"""The certificates of the homelab, from an authority that nobody else trusts."""

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import trustme

from homelab_tasks.sandbox.faults import Effect

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

    def context(self, effect: Effect = Effect.NONE) -> ssl.SSLContext:
        """Return the context to serve with; *effect* says what is wrong with its certificate."""
        if effect not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.set_alpn_protocols(["http/1.1"])
            self._issue(effect).configure_cert(context)
            self._contexts[effect] = context
        return self._contexts[effect]

    def _issue(self, effect: Effect) -> trustme.LeafCert:
        if effect is Effect.WRONG_CERTIFICATE:
            return self._authority.issue_cert(WRONG_NAME)
        if effect is Effect.EXPIRED_CERTIFICATE:
            yesterday = datetime.now(UTC) - timedelta(days=1)
            return self._authority.issue_cert(
                *self._names, not_before=yesterday - timedelta(days=90), not_after=yesterday
            )
        if effect is Effect.UNKNOWN_CERTIFICATE:
            return trustme.CA(organization_name="somebody else").issue_cert(*self._names)
        return self._authority.issue_cert(*self._names)
