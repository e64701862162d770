"""The recorded rollouts of a real control plane, and what is known of them at each moment."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from homelab_tasks.clients.kubernetes.pod_objects import decode_occurrence, decode_pod
from homelab_tasks.clients.kubernetes.workload_objects import decode_replica_set, decode_workload
from homelab_tasks.model.rollouts.pod import Occurrence
from homelab_tasks.model.rollouts.rollout import Snapshot
from homelab_tasks.model.rollouts.target import Kind

RECORDINGS = Path(__file__).parent / "recordings" / "kubernetes"


class Line(Struct):
    """A line of a recording: *t* is in seconds since its start."""

    t: float
    type: str = ""
    object: dict[str, Any] = {}
    note: str = ""


def lines(name: str) -> list[Line]:
    return [Line(**json.loads(line)) for line in (RECORDINGS / f"{name}.jsonl").read_text().splitlines()]


class Store:
    """The objects that exist."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}

    def apply(self, line: Line) -> None:
        if line.type == "DELETED":
            self.objects.pop(line.object["metadata"]["uid"], None)
        elif line.object:
            self.objects[line.object["metadata"]["uid"]] = line.object

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.objects.values() if each["kind"] == kind]

    def occurrences(self, uid: str) -> tuple[Occurrence, ...]:
        about = [each for each in self.of_kind("Event") if each["involvedObject"].get("uid") == uid]
        return tuple(decode_occurrence(each) for each in about)

    def snapshot(self) -> Snapshot | None:
        for kind in Kind:
            for written in self.of_kind(kind.value):
                uid = written["metadata"]["uid"]
                return Snapshot(
                    workload=decode_workload(kind, written),
                    replica_sets=tuple(decode_replica_set(each) for each in self.of_kind("ReplicaSet")),
                    pods=tuple(decode_pod(each) for each in self.of_kind("Pod")),
                    occurrences=self.occurrences(uid),
                )
        return None


def snapshots(name: str) -> Iterator[tuple[float, Snapshot]]:
    store = Store()
    for line in lines(name):
        store.apply(line)
        snapshot = store.snapshot()
        if snapshot is not None:
            yield line.t, snapshot
