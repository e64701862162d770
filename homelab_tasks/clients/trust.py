"""Which certificates are believed: those of the system, and of one more file. Never none."""

import re
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from homelab_tasks.errors import UntrustedError, UsageError

_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.\d+")
# OpenSSL's verification codes (openssl/x509_vfy.h.in).
NOT_YET_VALID = 9
EXPIRED = 10
SELF_SIGNED = 18
OTHER_NAME = 62
OTHER_ADDRESS = 64
UNKNOWN_ISSUERS = frozenset({2, SELF_SIGNED, 19, 20, 21})


class Trust:
    """
    The TLS context of every connection: certificate and name are always checked.

    The system's certificates (SSL_CERT_FILE and SSL_CERT_DIR, as for OpenSSL) are trusted, and beside them those
    of *ca_file*. Reading a bundle takes 20 ms, looking into a hashed directory none: the bundle is read only
    when a certificate is found nowhere else.
    """

    def __init__(self, ca_file: Path | None = None) -> None:
        """Trust *ca_file* too; raises UsageError when it holds no certificates."""
        paths = ssl.get_default_verify_paths()
        self._bundle: str | None = paths.cafile
        self.context = _strict_context()
        if ca_file is not None:
            _load_own(self.context, ca_file)
        if paths.capath and _is_hashed(Path(paths.capath)):
            self.context.load_verify_locations(capath=paths.capath)
        elif ca_file is None:
            self.widen()

    def widen(self) -> bool:
        """Trust the system's bundle too; was there anything that was not read yet?"""
        bundle, self._bundle = self._bundle or self._certifi_bundle(), ""
        if bundle:
            with suppress(ssl.SSLError, OSError):
                self.context.load_verify_locations(cafile=bundle)
        return bool(bundle)

    def _certifi_bundle(self) -> str:
        """Find the bundle that requests brings along, for a system that has none (Python of python.org on macOS)."""
        if self._bundle is not None:
            return ""
        import certifi

        return certifi.where()


def _strict_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificates and names
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    # As curl does: an intermediate or a server's own certificate in ca_file is trusted as it stands there.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.set_alpn_protocols(["http/1.1"])
    return context


def _load_own(context: ssl.SSLContext, ca_file: Path) -> None:
    hint = "homelab.load_balancer.ca_file is a file of certificates in PEM form"
    try:
        context.load_verify_locations(cafile=ca_file)
    except ssl.SSLError:
        raise UsageError(f"'{ca_file}' holds no certificates", hint=hint) from None
    except OSError as error:
        raise UsageError(f"cannot read '{ca_file}': {error.strerror}", hint=hint) from error


def _is_hashed(directory: Path) -> bool:
    with suppress(OSError):
        return any(_HASHED_NAME.fullmatch(entry.name) for entry in directory.iterdir())
    return False


def explain(error: ssl.SSLCertVerificationError, name: str, address: tuple[str, int], where: str) -> UntrustedError:
    """Say what is wrong with the certificate that *name* shows at *where*, and who issued it."""
    shown = _shown_certificate(name, address)
    at = "" if where == name else f" at {where}"
    issuer = _common_name(shown.get("issuer", ())) or "an issuer that could not be read"
    reason = _reason(error, shown, issuer)
    hint = None
    if error.verify_code in UNKNOWN_ISSUERS:
        hint = "if that issuer is yours, put its certificate into the file that homelab.load_balancer.ca_file names"
    return UntrustedError(f"the certificate of {name}{at} {reason}", hint=hint)


def _reason(error: ssl.SSLCertVerificationError, shown: dict[str, Any], issuer: str) -> str:
    match error.verify_code:
        case 10:
            return f"expired on {shown.get('notAfter', 'a day that could not be read')} (issued by {issuer})"
        case 9:
            return f"is not valid before {shown.get('notBefore', 'a later day')} (issued by {issuer})"
        case 62 | 64:
            return f"is for {', '.join(_names(shown)) or 'another name'} (issued by {issuer})"
        case 18:
            return f"is self-signed by {issuer}, which is not trusted"
        case code if code in UNKNOWN_ISSUERS:
            return f"is issued by {issuer}, which is not trusted"
        case _:
            return f"fails: {error.verify_message} (issued by {issuer})"


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


def _common_name(distinguished: Iterable[Iterable[tuple[str, str]]]) -> str | None:
    parts = dict(pair for relative in distinguished for pair in relative)
    found = parts.get("commonName") or parts.get("organizationName")
    return f'"{found}"' if found else None


def _names(shown: dict[str, Any]) -> list[str]:
    return [value for _, value in shown.get("subjectAltName", ())]
