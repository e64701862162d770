"""The DaemonSet controller (pkg/controller/daemon): one pod on every node that matches, replaced one by one."""

from hashlib import blake2b

from homelab_tasks.sandbox.kubernetes.pods import PodMaker, is_active, is_ready
from homelab_tasks.sandbox.kubernetes.store import Object, Store

GENERATION = "deprecated.daemonset.template.generation"
HASH_LABEL, GENERATION_LABEL = "controller-revision-hash", "pod-template-generation"
NODES = ("sandbox-0", "sandbox-1")


def sync_daemon_set(store: Store, daemon_set: Object, maker: PodMaker) -> None:
    """One turn: make what is missing, replace one old pod, write the status."""
    template = daemon_set["spec"]["template"]
    hashed = blake2b(repr(sorted(template.items())).encode(), digest_size=5).hexdigest()
    generation = _template_generation(daemon_set, hashed)
    nodes = () if template["spec"].get("nodeSelector") else NODES
    pods = store.owned("pods", daemon_set)
    by_node = {pod["metadata"]["annotations"].get("node"): pod for pod in pods if is_active(pod)}
    stopping = {pod["metadata"]["annotations"].get("node") for pod in pods if not is_active(pod)}
    for node in nodes:
        if node not in by_node and node not in stopping:
            _make(store, daemon_set, node, {HASH_LABEL: hashed, GENERATION_LABEL: generation}, maker)
    for node, pod in by_node.items():
        if node not in nodes:
            store.mark_deleted(pod)
    rolls = (daemon_set["spec"].get("updateStrategy") or {}).get("type") != "OnDelete"
    old = [pod for node, pod in sorted(by_node.items()) if node in nodes and not _is_new(pod, hashed)]
    if rolls and old and not stopping and all(is_ready(pod) for pod in by_node.values() if _is_new(pod, hashed)):
        store.mark_deleted(old[0])
    _write_status(store, daemon_set, nodes, hashed)


def _template_generation(daemon_set: Object, hashed: str) -> str:
    """The generation of the template: it grows with the template only, not with the rest of the spec."""
    annotations = daemon_set["metadata"].setdefault("annotations", {})
    if annotations.get("sandbox/hash") != hashed:
        annotations["sandbox/hash"] = hashed
        annotations[GENERATION] = str(int(annotations.get(GENERATION, "0")) + 1)
    return str(annotations[GENERATION])


def _is_new(pod: Object, hashed: str) -> bool:
    return bool(pod["metadata"]["labels"].get(HASH_LABEL) == hashed)


def _make(store: Store, daemon_set: Object, node: str, labels: dict[str, str], maker: PodMaker) -> None:
    name = f"{daemon_set['metadata']['name']}-{store.suffix()}"
    template = daemon_set["spec"]["template"]
    metadata = template.get("metadata") or {}
    placed = {**template, "metadata": {**metadata, "annotations": {**metadata.get("annotations", {}), "node": node}}}
    maker.make(daemon_set, placed, name, labels)


def _write_status(store: Store, daemon_set: Object, nodes: tuple[str, ...], hashed: str) -> None:
    pods = store.owned("pods", daemon_set)
    placed = [pod for pod in pods if pod["metadata"]["annotations"].get("node") in nodes]
    ready = sum(is_ready(pod) for pod in placed)
    daemon_set["status"] = {
        "observedGeneration": daemon_set["metadata"]["generation"],
        "desiredNumberScheduled": len(nodes),
        "currentNumberScheduled": len({pod["metadata"]["annotations"]["node"] for pod in placed}),
        "numberMisscheduled": len(pods) - len(placed),
        "numberReady": ready,
        "numberAvailable": ready,
        "numberUnavailable": max(0, len(nodes) - ready),
        "updatedNumberScheduled": sum(_is_new(pod, hashed) and is_active(pod) for pod in placed),
    }
    store.update("daemonsets", daemon_set)
