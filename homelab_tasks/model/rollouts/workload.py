"""
Workloads as Kubernetes tells them: Deployments, StatefulSets, DaemonSets, and the ReplicaSets between.

One shape for the three kinds, so that what differs is said once, where it is decoded. Counts are pods; times are
the server's text, and are compared only among themselves.
"""

from enum import StrEnum

from msgspec import Struct

from homelab_tasks.model.rollouts.image import ContainerImage
from homelab_tasks.model.rollouts.target import Kind


class Strategy(StrEnum):
    """How a new template reaches the pods."""

    ROLLING_UPDATE = "RollingUpdate"
    RECREATE = "Recreate"
    ON_DELETE = "OnDelete"


class Condition(Struct, frozen=True, kw_only=True):
    """A condition of an object; *status* is `True`, `False` or `Unknown`."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    updated: str = ""


class Writer(Struct, frozen=True, kw_only=True):
    """Who wrote a template last, and when (metadata.managedFields)."""

    manager: str
    time: str = ""


class Template(Struct, frozen=True, kw_only=True):
    """A pod template. Two are the same when their *fingerprint* is: everything but the pod-template-hash label."""

    containers: tuple[ContainerImage, ...]
    fingerprint: str


class Workload(Struct, frozen=True, kw_only=True):
    """
    A Deployment, StatefulSet or DaemonSet.

    *desired* is spec.replicas, for a DaemonSet the number of nodes that should run it. *terminating* is None
    where the server does not count (Deployments before 1.35; never for the others). *partition* counts pods, from
    the first ordinal, that keep their revision. *ordered* says that pods are made one after the other, each
    waiting for the one before. *update_revision* is the controller-revision-hash of new pods (StatefulSet), the
    generation of the template (DaemonSet), empty for a Deployment.
    """

    kind: Kind
    namespace: str
    name: str
    uid: str
    version: str
    generation: int
    observed_generation: int
    template: Template
    selector: str
    strategy: Strategy = Strategy.ROLLING_UPDATE
    paused: bool = False
    partition: int = 0
    first_ordinal: int = 0
    ordered: bool = False
    desired: int = 1
    replicas: int = 0
    updated: int = 0
    ready: int = 0
    available: int = 0
    terminating: int | None = None
    current_revision: str = ""
    update_revision: str = ""
    conditions: tuple[Condition, ...] = ()
    writer: Writer | None = None
    deleting: bool = False

    @property
    def is_observed(self) -> bool:
        """Has the controller seen the spec that stands there now?"""
        return self.observed_generation >= self.generation

    def condition(self, type_: str) -> Condition | None:
        """The condition of that type."""
        return next((each for each in self.conditions if each.type == type_), None)

    @property
    def reference(self) -> str:
        """How kubectl names it: `deployment/web`."""
        return f"{self.kind.value.lower()}/{self.name}"

    def __str__(self) -> str:
        """Write it as a target that can be given again."""
        return f"{self.namespace}/{self.reference}"


class ReplicaSet(Struct, frozen=True, kw_only=True):
    """The pods of one template of a Deployment; *created* is the server's time."""

    name: str
    uid: str
    owner_uid: str
    created: str
    template: Template
    desired: int = 0
    replicas: int = 0
    ready: int = 0
    available: int = 0
    conditions: tuple[Condition, ...] = ()


def new_replica_set(workload: Workload, replica_sets: tuple[ReplicaSet, ...]) -> ReplicaSet | None:
    """
    The ReplicaSet of the template that stands in *workload* now.

    Found by owner and template, oldest first, as the controller does (pkg/controller/deployment/util
    FindNewReplicaSet); its revision annotation lags, with strategy Recreate for as long as old pods run.
    """
    owned = [each for each in replica_sets if each.owner_uid == workload.uid]
    same = [each for each in owned if each.template.fingerprint == workload.template.fingerprint]
    return min(same, key=lambda each: (each.created, each.name), default=None)
