"""Which pods of a DaemonSet have its template."""

from msgspec import structs

from homelab_tasks.model.rollouts.pod import Pod
from homelab_tasks.model.rollouts.progress import progress_of
from homelab_tasks.model.rollouts.rollout import Snapshot, State
from homelab_tasks.model.rollouts.target import Kind
from homelab_tasks.model.rollouts.workload import Template, Workload

COMPLETE = Workload(
    kind=Kind.DAEMON_SET,
    namespace="e",
    name="agent",
    uid="u",
    version="1",
    generation=3,
    observed_generation=3,
    template=Template(containers=(), fingerprint=""),
    selector="app=agent",
    desired=2,
    replicas=2,
    updated=2,
    ready=2,
    available=2,
    update_revision="3",
)


def pod(name: str, revision: str, generation: str) -> Pod:
    return Pod(name=name, uid=name, owner_uid="u", ready=True, revision=revision, template_generation=generation)


def test_pods_that_were_never_replaced_are_new_when_the_change_was_taken_back() -> None:
    pods = (pod("x-0", "hash-a", "1"), pod("x-1", "hash-a", "1"))

    assert progress_of(Snapshot(workload=COMPLETE, pods=pods)).state is State.COMPLETE


def test_pods_with_the_hash_of_a_new_one_are_new_when_their_generation_is_older() -> None:
    pods = (pod("x-0", "hash-a", "1"), pod("x-1", "hash-a", "3"))
    half = structs.replace(COMPLETE, updated=1)

    progress = progress_of(Snapshot(workload=half, pods=pods))

    assert [each.name for each in progress.new_pods or ()] == ["x-0", "x-1"]


def test_pods_with_another_hash_are_old() -> None:
    pods = (pod("x-0", "hash-b", "2"), pod("x-1", "hash-a", "3"))
    half = structs.replace(COMPLETE, updated=1)

    progress = progress_of(Snapshot(workload=half, pods=pods))

    assert progress.state is State.PROGRESSING
    assert [each.name for each in progress.old_pods or ()] == ["x-0"]
