"""The network itself: names, connections and certificates, before any server's protocol."""

import socket
import ssl
import time
from datetime import UTC, datetime
from typing import Any

from homelab_tasks.clients.web.certificate import UNKNOWN_ISSUERS, common_name, explain
from homelab_tasks.clients.web.pin import complaint
from homelab_tasks.clients.web.trust import Trust
from homelab_tasks.errors import MissingError, TransientError
from homelab_tasks.model.endpoint import Endpoint, Handshake


class Network:
    """Connects once to each endpoint it is asked about, and closes at once; no request is ever sent."""

    def __init__(self, trust: Trust, *, timeout: float) -> None:
        """Believe the certificates that *trust* does; *timeout* is for connecting, in seconds."""
        self._trust = trust
        self._timeout = timeout

    def shake_hands(self, endpoint: Endpoint) -> Handshake:
        """Connect; raises TransientError when nothing answers, UntrustedError when the certificate fails."""
        try:
            return self._shake_hands(endpoint)
        except ssl.SSLCertVerificationError as error:
            if error.verify_code in UNKNOWN_ISSUERS and self._trust.widen():
                return self.shake_hands(endpoint)
            raise explain(error, endpoint.host, _address(endpoint), _where(endpoint)) from error
        except OSError as error:
            raise TransientError(f"{_where(endpoint)} {complaint(error)}", sent=False) from error

    def _shake_hands(self, endpoint: Endpoint) -> Handshake:
        started = time.monotonic()
        with socket.create_connection(_address(endpoint), timeout=self._timeout) as plain:
            if not endpoint.secure:
                return Handshake(seconds=time.monotonic() - started)
            with self._trust.context.wrap_socket(plain, server_hostname=endpoint.host) as secured:
                certificate: dict[str, Any] = secured.getpeercert() or {}
                return Handshake(
                    seconds=time.monotonic() - started,
                    expires=datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC),
                    issuer=common_name(certificate.get("issuer", ())) or "",
                )

    def resolve(self, host: str) -> tuple[str, ...]:
        """Ask DNS (as the system does, /etc/hosts first) for the addresses of *host*; MissingError for none."""
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except OSError as error:
            raise MissingError(f"{host} is not known to DNS ({error.strerror})") from error
        return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _address(endpoint: Endpoint) -> tuple[str, int]:
    return endpoint.address or endpoint.host, endpoint.port


def _where(endpoint: Endpoint) -> str:
    return f"{endpoint.address}:{endpoint.port}" if endpoint.address else endpoint.host
