"""From a kubeconfig's access to a cluster that can be asked: pinned where its host is, trusted as it says."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from homelab_tasks.clients.kubernetes.access import Access
from homelab_tasks.clients.kubernetes.api import KubernetesApi
from homelab_tasks.clients.kubernetes.client import Kubernetes
from homelab_tasks.clients.kubernetes.credentials import credentials_of
from homelab_tasks.clients.kubernetes.review import ClusterReview
from homelab_tasks.clients.kubernetes.trust import ClusterTrust
from homelab_tasks.clients.web.addresses import AddressBook
from homelab_tasks.clients.web.session import PinnedSession
from homelab_tasks.clients.web.trust import Trust
from homelab_tasks.settings import Http, LoadBalancer


class Remembers(Protocol):
    """Who is told every secret, so that it is never shown."""

    def add(self, value: str) -> str: ...


class ClusterSession(PinnedSession):
    """A session whose proxy and TLS name are those of the kubeconfig, where it has them."""

    def __init__(self, book: AddressBook, trust: Trust, access: Access) -> None:
        """Dial as *book* says, else as *access* does."""
        super().__init__(book, trust)
        self._proxy_url = access.proxy_url
        if access.tls_server_name is not None:
            adapter: Any = self.get_adapter("https://")
            adapter.poolmanager.connection_pool_kw["server_hostname"] = access.tls_server_name

    def merge_environment_settings(
        self, url: str | bytes, proxies: object, stream: object, verify: object, cert: object
    ) -> dict[str, Any]:
        """Take the kubeconfig's proxy instead of the environment's."""
        merged = super().merge_environment_settings(url, proxies, stream, verify, cert)
        if self._proxy_url is not None:
            merged["proxies"] = {"http": self._proxy_url, "https": self._proxy_url}
        return merged


def connect(  # noqa: PLR0913 - all but the first are given by name
    access: Access,
    *,
    pins: LoadBalancer,
    http: Http,
    environment: Mapping[str, str],
    secrets: Remembers,
    now: Callable[[], float],
    time_left: Callable[[], float] | None = None,
) -> Kubernetes:
    """
    Make a client of the cluster of *access*; nothing is sent yet. *now* is a monotonic clock.

    No request lasts longer than *time_left* says, but for watches.

    Raises DeniedError where the credentials cannot be had at all: a plugin or a file that is missing.
    """
    api = _apis(access, pins, http, environment, secrets, plugin_time_left=time_left)
    return Kubernetes(api(time_left), open_watch_api=lambda: api(None), now=now)


def review(
    access: Access, *, pins: LoadBalancer, http: Http, environment: Mapping[str, str], secrets: Remembers
) -> ClusterReview:
    """Make a client that asks what the user of *access* may do; nothing is sent yet."""
    return ClusterReview(_apis(access, pins, http, environment, secrets)(None))


def _apis(  # noqa: PLR0913 - what connect is given
    access: Access,
    pins: LoadBalancer,
    http: Http,
    environment: Mapping[str, str],
    secrets: Remembers,
    *,
    plugin_time_left: Callable[[], float] | None = None,
) -> Callable[[Callable[[], float] | None], KubernetesApi]:
    """Make what opens sessions with the API server, which share their credentials."""
    book = AddressBook(pins)
    trust = ClusterTrust(access, Path(pins.ca_file).expanduser() if pins.ca_file else None)
    credentials = credentials_of(access, environment, remember=secrets.add, show=trust.show, time_left=plugin_time_left)
    credentials.authorization()

    def api(time_left: Callable[[], float] | None) -> KubernetesApi:
        return KubernetesApi(
            access.server,
            ClusterSession(book, trust, access),
            credentials=credentials,
            connect_timeout=http.connect_timeout,
            read_timeout=http.read_timeout,
            time_left=time_left,
        )

    return api
