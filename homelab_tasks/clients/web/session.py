"""Sessions of requests that dial pinned addresses, and believe only what is trusted."""

from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from homelab_tasks.clients.web.addresses import AddressBook
from homelab_tasks.clients.web.pin import connection_pools
from homelab_tasks.clients.web.trust import Trust


class _Adapter(HTTPAdapter):
    """Dials through the address book, and believes what *trust* believes, whatever `verify` says."""

    def __init__(self, book: AddressBook, trust: Trust) -> None:
        self._book, self._trust = book, trust
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **keywords: Any) -> None:
        super().init_poolmanager(*arguments, **keywords)
        self.poolmanager.pool_classes_by_scheme = connection_pools(self._book, self._trust)

    def proxy_manager_for(self, proxy: str, **keywords: Any) -> Any:
        """Make connections through *proxy*; they are urllib3's own, which do not widen the trust by themselves."""
        self._trust.widen()
        return super().proxy_manager_for(proxy, **keywords)

    def build_connection_pool_key_attributes(
        self,
        request: PreparedRequest,
        verify: object,
        cert: Any = None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        del verify, cert
        host, _ = super().build_connection_pool_key_attributes(request, verify=True, cert=None)
        secured = {"ssl_context": self._trust.context, "cert_reqs": "CERT_REQUIRED"}
        return host, secured if host["scheme"] == "https" else {}

    def cert_verify(self, conn: Any, url: str, verify: object, cert: object) -> None:
        """Nothing to add: the context says it all, and requests would load a bundle for every connection."""


class PinnedSession(Session):
    """
    A requests session that takes its connections from an address book.

    It never follows a redirect, never reads .netrc nor REQUESTS_CA_BUNDLE, and its verification cannot be
    switched off. Hosts that are not pinned go through the proxy that the environment names.
    """

    def __init__(self, book: AddressBook, trust: Trust) -> None:
        """Dial as *book* says and believe what *trust* believes."""
        super().__init__()
        self.book = book
        self.trust_env = False
        self.headers["Accept-Encoding"] = "identity"
        for scheme in ("http://", "https://"):  # a longer prefix would catch look-alikes: https://host.evil.tld
            self.mount(scheme, _Adapter(book, trust))

    def merge_environment_settings(
        self,
        url: str | bytes,
        proxies: object,
        stream: object,
        verify: object,
        cert: object,
    ) -> dict[str, Any]:
        """Take from the environment nothing but the proxies of hosts that are not pinned."""
        del proxies, verify, cert
        pinned = self.book.addresses(urlsplit(str(url)).hostname or "")
        outside = {} if pinned else get_environ_proxies(str(url), no_proxy=None)
        return {"proxies": outside, "stream": stream, "verify": True, "cert": None}

    def turn_away(self, response: Response) -> None:
        """Let the next request go to another address than *response* came from, where there is one."""
        address = getattr(response.raw, "dialled", None)
        host = urlsplit(response.url).hostname or ""
        if address is not None and len(self.book.addresses(host)) > 1:
            self.book.demote(host, address)
            self.close()  # idle connections lead to the old address

    def get_redirect_target(self, resp: Response) -> None:
        """Nowhere: a redirect is an answer that must not be believed."""
