"""Which certificates are believed: those of the system, and of one more file. Never none."""

import re
import ssl
from contextlib import suppress
from pathlib import Path

from homelab_tasks.errors import UsageError

_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.\d+")


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
