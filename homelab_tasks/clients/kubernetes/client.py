"""
A Kubernetes cluster, asked only for what a rollout is made of.

Reads are single tries against the API's storage (no resourceVersion), narrowed by name or by the workload's own
selector, so that what else runs in a namespace costs nothing. What the token may not read is None.
"""

import threading
from collections.abc import Callable, Mapping
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar
from urllib.parse import quote

from msgspec import Struct

from homelab_tasks.clients.kubernetes.api import KubernetesApi
from homelab_tasks.clients.kubernetes.listing import Rights, items_of, pages, version_of
from homelab_tasks.clients.kubernetes.pod_objects import decode_occurrence, decode_pod
from homelab_tasks.clients.kubernetes.quotas import decode_quota
from homelab_tasks.clients.kubernetes.refusals import AbsentError, ForbiddenError
from homelab_tasks.clients.kubernetes.watch import Watch, drain
from homelab_tasks.clients.kubernetes.workload_objects import decode_replica_set, decode_workload
from homelab_tasks.errors import TransientError
from homelab_tasks.model.rollouts.news import News, NewsKind
from homelab_tasks.model.rollouts.pod import Occurrence, Pod
from homelab_tasks.model.rollouts.quota import Quota
from homelab_tasks.model.rollouts.target import Kind
from homelab_tasks.model.rollouts.workload import ReplicaSet, Workload

T = TypeVar("T")

LONGEST_LOG_BYTES = 64 * 1024


class Seen(Struct, frozen=True, kw_only=True):
    """A workload, None where there is none, and the version of the collection, empty where only it could be read."""

    workload: Workload | None = None
    version: str = ""


class Kubernetes:
    """One cluster. Every read raises what KubernetesApi raises, but for what is said to be None."""

    def __init__(
        self, api: KubernetesApi, *, open_watch_api: Callable[[], KubernetesApi], now: Callable[[], float]
    ) -> None:
        """Read through *api*; each watch gets an *open_watch_api* of its own. *now* is a monotonic clock."""
        self.server = api.server
        self._api, self._open_watch_api, self._now = api, open_watch_api, now
        self._queue: SimpleQueue[News] = SimpleQueue()
        self._stopped = threading.Event()
        self._watch_apis: list[KubernetesApi] = []
        self._rights = Rights(now)

    @property
    def requests(self) -> int:
        """How many requests the reads have sent so far."""
        return self._api.requests

    def workload(self, kind: Kind, namespace: str, name: str) -> Seen:
        """
        Read a workload by list, so that its absence is an answer too; by its name where listing is not allowed.

        Raises ForbiddenError where neither is.
        """
        path = _path("apis/apps/v1", namespace, kind.resource)
        if self._rights.may_list(path):
            try:
                listed = self._api.get(path, {"fieldSelector": f"metadata.name={name}"})
            except ForbiddenError:
                self._rights.forbid(path)
            else:
                items = [each for each in items_of(listed) if each["metadata"]["name"] == name]
                return Seen(
                    workload=self._decoded(_of_kind(kind), items[0]) if items else None, version=version_of(listed)
                )
        try:
            return Seen(workload=self._decoded(_of_kind(kind), self._api.get(f"{path}/{quote(name)}")))
        except AbsentError:
            return Seen()

    def replica_sets(self, workload: Workload) -> tuple[ReplicaSet, ...] | None:
        """The ReplicaSets that the selector of *workload* finds."""
        path = _path("apis/apps/v1", workload.namespace, "replicasets")
        return self._listed(path, {"labelSelector": workload.selector}, decode_replica_set)

    def pods(self, workload: Workload) -> tuple[Pod, ...] | None:
        """The pods that the selector of *workload* finds, its own or not."""
        path = _path("api/v1", workload.namespace, "pods")
        return self._listed(path, {"labelSelector": workload.selector}, decode_pod)

    def occurrences(self, namespace: str, uid: str) -> tuple[Occurrence, ...] | None:
        """The events about the object *uid*."""
        path = _path("api/v1", namespace, "events")
        listed = self._listed(path, {"fieldSelector": f"involvedObject.uid={uid}"}, decode_occurrence)
        return None if listed is None else tuple(each for each in listed if each.about_uid == uid)

    def quotas(self, namespace: str) -> tuple[Quota, ...] | None:
        """What limits *namespace*."""
        return self._listed(_path("api/v1", namespace, "resourcequotas"), {}, decode_quota)

    def log(self, namespace: str, pod: str, container: str, *, previous: bool, lines: int) -> tuple[str, ...]:
        """The last *lines* of a container's log, oldest first; with *previous*, of the run before."""
        path = f"{_path('api/v1', namespace, 'pods')}/{quote(pod)}/log"
        parameters: dict[str, str | int] = {
            "container": container,
            "tailLines": lines,
            "limitBytes": LONGEST_LOG_BYTES,
            "previous": "true" if previous else "false",
        }
        return tuple(self._api.text(path, parameters).splitlines()[-lines:])

    def watch_workload(self, topic: str, kind: Kind, namespace: str, name: str, version: str) -> None:
        """Put what happens to a workload, from *version* on, into the news, as *topic*."""

        def decode(topic: str, type_: str, written: Mapping[str, Any]) -> News:
            return News(kind=_news_kind(type_), topic=topic, workload=decode_workload(kind, written))

        selection = {"fieldSelector": f"metadata.name={name}"}
        self._watch(topic, _path("apis/apps/v1", namespace, kind.resource), selection, version, decode)

    def watch_pods(self, topic: str, workload: Workload) -> None:
        """Put what happens to the pods of *workload* into the news, as *topic*; starts with those that exist."""

        def decode(topic: str, type_: str, written: Mapping[str, Any]) -> News:
            return News(kind=_news_kind(type_), topic=topic, pod=decode_pod(written))

        selection = {"labelSelector": workload.selector}
        self._watch(topic, _path("api/v1", workload.namespace, "pods"), selection, "", decode)

    def _watch(self, topic: str, path: str, selection: Mapping[str, str], version: str, decode: Any) -> None:
        api = self._open_watch_api()
        self._watch_apis.append(api)
        Watch(
            api,
            topic=topic,
            path=path,
            selection=selection,
            version=version,
            decode=decode,
            queue=self._queue,
            stopped=self._stopped,
            now=self._now,
        ).start()

    def news(self, seconds: float) -> tuple[News, ...]:
        """Wait up to *seconds* for news; returns all there is."""
        return drain(self._queue, seconds)

    def close(self) -> None:
        """End the watches, and close what is open."""
        self._stopped.set()
        for api in self._watch_apis:
            api.hang_up()
        self._api.close()

    def _listed(
        self, path: str, selection: Mapping[str, str], decode: Callable[[Mapping[str, Any]], T]
    ) -> tuple[T, ...] | None:
        if not self._rights.may_list(path):
            return None
        try:
            return tuple(self._decoded(decode, each) for each in pages(self._api, path, selection))
        except ForbiddenError:
            self._rights.forbid(path)
            return None

    def _decoded(self, decode: Callable[[Mapping[str, Any]], T], written: Mapping[str, Any]) -> T:
        try:
            return decode(written)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise TransientError(f"{self.server} answers with an object of another shape", answered=True) from error


def _of_kind(kind: Kind) -> Callable[[Mapping[str, Any]], Workload]:
    return partial(decode_workload, kind)


def _path(group: str, namespace: str, resource: str) -> str:
    return f"/{group}/namespaces/{quote(namespace)}/{resource}"


def _news_kind(type_: str) -> NewsKind:
    return NewsKind.GONE if type_ == "DELETED" else NewsKind.CHANGED
