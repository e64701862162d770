"""What a cluster keeps: objects by kind and name, a version for every change, and the changes for watches."""

import random
from bisect import bisect_right
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

Object = dict[str, Any]
Key = tuple[str, str, str]  # resource (`deployments`), namespace, name

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = {
    "deployments": ("apps/v1", "Deployment"),
    "replicasets": ("apps/v1", "ReplicaSet"),
    "statefulsets": ("apps/v1", "StatefulSet"),
    "daemonsets": ("apps/v1", "DaemonSet"),
    "pods": ("v1", "Pod"),
    "events": ("v1", "Event"),
    "resourcequotas": ("v1", "ResourceQuota"),
}
KEPT_CHANGES = 4000  # a watch from before gets 410, as after a compaction of etcd
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def copied(value: Any) -> Any:
    """A copy of JSON, all the way down; copy.deepcopy takes five times as long."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


class Change(Struct, frozen=True, kw_only=True):
    """A change as a watch tells it; *type* is ADDED, MODIFIED or DELETED."""

    version: int
    type: str
    resource: str
    namespace: str
    object: Object


class Store:
    """The objects of a cluster. What it hands out are copies; what it is given it keeps."""

    def __init__(self, now: Callable[[], float], *, seed: int = 0) -> None:
        """Stamp changes with *now*, in seconds; names and uids follow from *seed*."""
        self.now = now
        self.version = 1
        self.compacted = 0
        self.changes: list[Change] = []
        self._objects: dict[Key, Object] = {}
        self._recorded: dict[str, str] = {}  # the event that counts a message up
        self._random = random.Random(seed)

    def stamp(self) -> str:
        """The time now as the API writes it."""
        return (EPOCH + timedelta(seconds=self.now())).strftime("%Y-%m-%dT%H:%M:%SZ")

    def age_of(self, stamp: str) -> float:
        """How many seconds ago *stamp* was."""
        return self.now() - (datetime.fromisoformat(stamp) - EPOCH).total_seconds()

    def suffix(self, length: int = 5) -> str:
        """A random end of a name, as generateName makes it."""
        return "".join(self._random.choice(_LETTERS) for _ in range(length))

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        """A copy of an object, None where there is none."""
        found: Object | None = copied(self._objects.get((resource, namespace, name)))
        return found

    def all_of(self, resource: str, namespace: str | None = None) -> list[Object]:
        """Copies of all objects of a *resource*, those of one *namespace* where it is given, by name."""
        keys = sorted(key for key in self._objects if key[0] == resource and namespace in {None, key[1]})
        return [copied(self._objects[key]) for key in keys]

    def owned(self, resource: str, owner: Object) -> list[Object]:
        """The objects of a *resource* that *owner* controls."""
        uid, namespace = owner["metadata"]["uid"], owner["metadata"]["namespace"]
        return [
            copied(self._objects[key])
            for key in sorted(key for key in self._objects if key[:2] == (resource, namespace))
            if any(each["uid"] == uid for each in self._objects[key]["metadata"].get("ownerReferences", ()))
        ]

    def clear(self, namespace: str) -> None:
        """Forget everything in a *namespace*."""
        for resource, where, name in list(self._objects):
            if where == namespace:
                self.remove(resource, where, name)

    def create(self, resource: str, namespace: str, written: Object) -> Object:
        """Keep a new object; raises KeyError where its name is taken."""
        version, kind = KINDS[resource]
        metadata = {
            **written["metadata"],
            "namespace": namespace,
            "uid": str(UUID(int=self._random.getrandbits(128), version=4)),
            "creationTimestamp": self.stamp(),
        }
        if resource not in {"pods", "events"}:
            metadata["generation"] = 1
        key = (resource, namespace, metadata["name"])
        if key in self._objects:
            raise KeyError(metadata["name"])
        made = {"apiVersion": version, "kind": kind, **written, "metadata": metadata}
        return self._put(key, "ADDED", made)

    def update(self, resource: str, changed: Object) -> Object:
        """
        Keep *changed* in the place of what was there; nothing happens where nothing changed.

        The generation grows with every change of the spec.
        """
        metadata = changed["metadata"]
        key = (resource, metadata["namespace"], metadata["name"])
        before = self._objects[key]
        if before == changed:
            unchanged: Object = copied(before)
            return unchanged
        if before.get("spec") != changed.get("spec") and "generation" in metadata:
            metadata["generation"] = before["metadata"]["generation"] + 1
        return self._put(key, "MODIFIED", changed)

    def remove(self, resource: str, namespace: str, name: str) -> None:
        """Forget an object, and everything that it owns."""
        gone = self._objects.pop((resource, namespace, name), None)
        if gone is None:
            return
        self._note((resource, namespace, name), "DELETED", gone)
        for owned in KINDS:
            for each in self.owned(owned, gone):
                self.remove(owned, namespace, each["metadata"]["name"])

    def mark_deleted(self, pod: Object) -> None:
        """Tell a pod to stop: it lives on until the kubelet has stopped it."""
        if pod["metadata"].get("deletionTimestamp") is None:
            pod["metadata"]["deletionTimestamp"] = self.stamp()
            self.update("pods", pod)

    def record(self, about: Object, reason: str, message: str, *, warning: bool = False) -> None:
        """Record an event about an object; the same again counts up."""
        metadata = about["metadata"]
        namespace = metadata["namespace"]
        same = f"{metadata['uid']} {reason} {message}"
        there = self.get("events", namespace, self._recorded.get(same, ""))
        if there is not None:
            there["count"] += 1
            there["lastTimestamp"] = self.stamp()
            self.update("events", there)
            return
        reference = {"kind": about["kind"], "namespace": namespace, "name": metadata["name"], "uid": metadata["uid"]}
        event = {
            "metadata": {"name": f"{metadata['name']}.{self.suffix(16)}"},
            "involvedObject": reference,
            "reason": reason,
            "message": message,
            "type": "Warning" if warning else "Normal",
            "firstTimestamp": self.stamp(),
            "lastTimestamp": self.stamp(),
            "count": 1,
            "eventTime": None,
        }
        self._recorded[same] = self.create("events", namespace, event)["metadata"]["name"]

    def compact(self) -> None:
        """Forget the changes: a watch from before gets 410."""
        self.compacted = self.version
        self.changes.clear()

    def since(self, version: int) -> Iterable[Change]:
        """The changes after *version*."""
        return self.changes[bisect_right(self.changes, version, key=lambda change: change.version) :]

    def _put(self, key: Key, type_: str, kept: Object) -> Object:
        self._objects[key] = kept
        self._note(key, type_, kept)
        put: Object = copied(kept)
        return put

    def _note(self, key: Key, type_: str, kept: Object) -> None:
        self.version += 1
        kept["metadata"]["resourceVersion"] = str(self.version)
        shown = copied(kept)
        self.changes.append(Change(version=self.version, type=type_, resource=key[0], namespace=key[1], object=shown))
        if len(self.changes) > KEPT_CHANGES:
            del self.changes[: KEPT_CHANGES // 2]
            self.compacted = self.changes[0].version - 1
