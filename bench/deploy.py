"""
What waiting for a rollout costs: latency from its last status to the end, and what foreign pods add.

On the embedded cluster; where HOMELAB_E2E_KUBECONFIG and HOMELAB_E2E_KUBECTL name a real one and a kubectl, there too.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from statistics import median
from typing import Any
from uuid import uuid4

from bench.figures import Figure, percentile
from bench.lab import homelab, seconds_of, start
from homelab_tasks.sandbox.homelab import Homelab
from homelab_tasks.sandbox.kubernetes.store import Object

TIMES = 10
STARTING_SECONDS = 1.2  # an inv process watches by then
FOREIGN_PODS = 5000
KUBECTL = os.environ.get("HOMELAB_E2E_KUBECTL", "")
KUBECONFIG = os.environ.get("HOMELAB_E2E_KUBECONFIG", "")


def figures() -> Iterator[Figure]:
    """Measure."""
    with homelab() as lab:
        latencies = [_latency(lab, number) for number in range(TIMES)]
        yield _figure("last status to exit, p50", "ms", percentile(latencies, 50) * 1000, goal=60)
        yield _figure("last status to exit, p95", "ms", percentile(latencies, 95) * 1000, goal=250)
        sha = _sha(TIMES - 1)
        taken = min(seconds_of(lab.app, "deploy.wait", "--sha", sha) for _ in range(TIMES))
        yield _figure(f"already complete, fastest of {TIMES}", "ms", taken * 1000, goal=1000)
        yield from _beside_kubectl(lab)
        before = _requests(lab, sha)
        _crowd(lab)
        yield _figure(f"requests more for {FOREIGN_PODS} foreign pods", "", _requests(lab, sha) - before, goal=0)
        slower = median(seconds_of(lab.app, "deploy.wait", "--sha", sha) for _ in range(3))
        yield _figure(f"already complete beside {FOREIGN_PODS} foreign pods", "ms", slower * 1000, goal=2000)


def _figure(name: str, unit: str, ours: float, *, goal: float, beside: dict[str, float] | None = None) -> Figure:
    return Figure(bench="deploy", figure=name, unit=unit, ours=ours, beside=beside or {}, goal=goal)


def _sha(number: int) -> str:
    return f"{number + 1:08x}" + "d" * 32


def _latency(lab: Homelab, number: int) -> float:
    """Seconds from the status that completes the rollout of a new image to the end of the process that waits for it."""
    with start(lab.app, "deploy.wait", "--sha", _sha(number), "--json") as process:
        time.sleep(STARTING_SECONDS)
        image = f"registry.homelab.test/web:{_sha(number)[:8]}"
        _patch(lab, image)
        while not _is_complete(lab, image):
            time.sleep(0.002)
        complete = time.perf_counter()
        process.wait()
        ended = time.perf_counter()
        assert process.returncode == 0
    return ended - complete


def _patch(lab: Homelab, image: str) -> None:
    store = lab.kubernetes.cluster.store

    def change() -> None:
        there = _deployment(lab)
        there["spec"]["template"]["spec"]["containers"][0]["image"] = image
        store.update("deployments", there)
        lab.kubernetes.api.wake()

    lab.in_loop(change)


def _deployment(lab: Homelab) -> Object:
    there = lab.kubernetes.cluster.store.get("deployments", "web", "web")
    assert there is not None
    return there


def _is_complete(lab: Homelab, image: str) -> bool:
    def look() -> bool:
        there = _deployment(lab)
        status: dict[str, Any] = there["status"]
        same = there["spec"]["template"]["spec"]["containers"][0]["image"] == image
        observed = status["observedGeneration"] == there["metadata"]["generation"]
        counts = {status[name] for name in ("updatedReplicas", "availableReplicas", "replicas")}
        return same and observed and counts == {2} and not status["terminatingReplicas"]

    return lab.in_loop(look)


def _beside_kubectl(lab: Homelab) -> Iterator[Figure]:
    """The same question on a real cluster, beside `kubectl rollout status`, where both are named."""
    if not (KUBECTL and KUBECONFIG):
        return
    name, sha = f"bench-{uuid4().hex[:6]}", _sha(0)
    kubectl = [KUBECTL, "--kubeconfig", KUBECONFIG, "-n", "default"]
    _run([*kubectl, "create", "deployment", name, f"--image=registry.homelab.test/web:{sha[:8]}"])
    _run([*kubectl, "rollout", "status", f"deployment/{name}", "--timeout=60s"])
    peer = min(_run([*kubectl, "rollout", "status", f"deployment/{name}"]) for _ in range(TIMES))
    words = ("deploy.wait", f"default/{name}", "--sha", sha, "--kubeconfig", KUBECONFIG)
    ours = min(seconds_of(lab.app, *words) for _ in range(TIMES))
    _run([*kubectl, "delete", "deployment", name, "--wait=false"])
    beside = {"kubectl rollout status": peer * 1000}
    yield _figure(f"real cluster, already complete, fastest of {TIMES}", "ms", ours * 1000, goal=1000, beside=beside)


def _run(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun


def _requests(lab: Homelab, sha: str) -> float:
    asked = lab.kubernetes.api.asked
    del asked[:]
    seconds_of(lab.app, "deploy.wait", "--sha", sha)
    return len(asked)


def _crowd(lab: Homelab) -> None:
    """Let thousands of pods that are none of ours stand in the same namespace."""
    store = lab.kubernetes.cluster.store

    def crowd() -> None:
        lab.kubernetes.cluster.turns.clear()  # they only stand there
        for number in range(FOREIGN_PODS):
            metadata = {"name": f"foreign-{number}", "labels": {"app": "foreign"}}
            store.create("pods", "web", {"metadata": metadata, "spec": {"containers": []}, "status": {}})

    lab.in_loop(crowd)
