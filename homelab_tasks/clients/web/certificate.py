"""Certificates that fail: which one, why, who issued it, and what to do."""

import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from homelab_tasks.errors import UntrustedError

# OpenSSL's verification codes (openssl/x509_vfy.h.in).
NOT_YET_VALID = 9
EXPIRED = 10
SELF_SIGNED = 18
OTHER_NAMES = frozenset({62, 64})  # a host, an IP address
UNKNOWN_ISSUERS = frozenset({2, SELF_SIGNED, 19, 20, 21})
HINTS = {
    EXPIRED: "renew the certificate",
    NOT_YET_VALID: "compare the clocks of this machine and of the server",
    **dict.fromkeys(OTHER_NAMES, "see whether homelab.load_balancer.addresses leads to that server"),
    **dict.fromkeys(
        UNKNOWN_ISSUERS,
        "if that issuer is yours, put its certificate into the file that homelab.load_balancer.ca_file names",
    ),
}


def explain(error: ssl.SSLCertVerificationError, name: str, address: tuple[str, int], where: str) -> UntrustedError:
    """Say what is wrong with the certificate that *name* shows at *where*, and who issued it."""
    shown = _shown_certificate(name, address)
    at = "" if where == name else f" at {where}"
    issuer = common_name(shown.get("issuer", ())) or "an issuer that could not be read"
    reason = _reason(error, name, shown, issuer)
    hint = HINTS.get(error.verify_code)
    return UntrustedError(f"the certificate of {name}{at} {reason}", hint=hint)


def _reason(error: ssl.SSLCertVerificationError, name: str, shown: dict[str, Any], issuer: str) -> str:
    code = error.verify_code
    if code == EXPIRED:
        return f"expired on {_day(shown.get('notAfter'))} (issued by {issuer})"
    if code == NOT_YET_VALID:
        return f"is not valid before {_day(shown.get('notBefore'))} (issued by {issuer})"
    if code in OTHER_NAMES:
        names = [] if name in _names(shown) else _names(shown)  # the next connection may have met another server
        return f"is for {', '.join(names) or 'another name'} (issued by {issuer})"
    if code == SELF_SIGNED:
        return f"is self-signed by {issuer}, which is not trusted"
    if code in UNKNOWN_ISSUERS:
        return f"is issued by {issuer}, which is not trusted"
    return f"fails: {error.verify_message} (issued by {issuer})"


def _day(written: str | None) -> str:
    """Write a time of a certificate as people do: `2026-11-01`."""
    if written is None:
        return "a day that could not be read"
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(written), UTC).date().isoformat()


def _shown_certificate(name: str, address: tuple[str, int]) -> dict[str, Any]:
    """
    Fetch the failing certificate once more, only to read it: nothing is sent, the connection is closed.

    The ssl module decodes no certificate that failed, except here: an attribute that is its own, so that
    everything that goes wrong ends in an empty answer.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        suppress(OSError, AttributeError, TypeError, IndexError, ValueError),
        socket.create_connection(address, timeout=2) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        chain: Any = secured._sslobj.get_unverified_chain()  # type: ignore[attr-defined] # noqa: SLF001
        return dict(chain[0].get_info())
    return {}


def common_name(distinguished: Iterable[Iterable[tuple[str, str]]]) -> str | None:
    """Pick the name that people know a certificate's subject or issuer by, in quotes."""
    parts = dict(pair for relative in distinguished for pair in relative)
    found = parts.get("commonName") or parts.get("organizationName")
    return f'"{found}"' if found else None


def _names(shown: dict[str, Any]) -> list[str]:
    return [value for _, value in shown.get("subjectAltName", ())]
