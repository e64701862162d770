"""
Records the runs that the pictures are drawn from, in an embedded homelab of their own.

    $ python -m docs.pictures.record

What is recorded is what a person at a terminal is told (told.py), of a real pipeline, a real landing and a real
rollout. It takes two minutes.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from homelab_tasks.sandbox.git import git
from homelab_tasks.sandbox.homelab import Homelab
from homelab_tasks.sandbox.kubernetes.pods import is_ready
from homelab_tasks.sandbox.sample_app import NAMESPACE

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PORT = 8443
LOOK_SECONDS = 0.05
RUNS_BEFORE = 2  # experience: what a pipeline usually takes is told from earlier ones
LINKS = "echo checking 118 links; sleep 1"
DEAD_LINK = "docs/how-to/vault.md:31: 404 https://vault.homelab.test/docs/kv"
Steps = Mapping[str, str]
WORKFLOWS: dict[str, Steps] = {
    "docs": {"build": "sleep 2", "links": LINKS},
    "lint": {"shellcheck": "sleep 1.8", "codespell": "sleep 1"},
    "test": {"unit": "sleep 5", "integration": "sleep 4"},
    "publish": {"wheel": "sleep 1.3", "image": "sleep 1.5"},
}
NEEDS = {"publish": "test"}
DEPLOYING: dict[str, Steps] = {"deploy": {"image": "sleep 2", "rollout": "python3 deploy.py"}}
REPLICAS, GOOD_PODS = 4, 2  # one by one, and the third does not come up


def main() -> None:
    """Record a pipeline that ends red, a landing that loses a race, and a rollout whose pods crash."""
    with tempfile.TemporaryDirectory() as directory, Homelab(Path(directory, "lab"), port=PORT) as homelab:
        for number in range(RUNS_BEFORE):
            homelab.push(pipeline(WORKFLOWS), f"Try it, {number}")
            inv(homelab.app, "ci.watch")
        broken = {**WORKFLOWS, "docs": {**WORKFLOWS["docs"], "links": f"{LINKS}; echo '{DEAD_LINK}'; exit 1"}}
        homelab.push(pipeline(broken), "Trim the retry budget")
        record("ci-watch", homelab.app, "ci.watch")
        homelab.push(pipeline(WORKFLOWS), "Mend the link")
        inv(homelab.app, "ci.watch")
        topic = start_topic(homelab.app, "retry-budget")
        homelab.overtake()
        record("work-land", topic, "work.land", "--verify", "bash test.sh && sleep 4")
        scale(homelab, REPLICAS)
        git(homelab.app, "pull", "--quiet", "--rebase")
        sha = homelab.push(pipeline(DEPLOYING), "Read the database's address")
        record("deploy-wait", homelab.app, "deploy.wait", meanwhile=lambda: crash_after(homelab, sha, GOOD_PODS))


def scale(homelab: Homelab, replicas: int) -> None:
    """Let the application run in *replicas* pods."""
    cluster = homelab.kubernetes.cluster

    def change() -> None:
        (deployment,) = cluster.store.all_of("deployments", NAMESPACE)
        deployment["spec"]["replicas"] = replicas
        cluster.store.update("deployments", deployment)

    homelab.in_loop(change)


def crash_after(homelab: Homelab, sha: str, count: int) -> None:
    """Let the pods of commit *sha* crash from now on, once *count* of them are ready."""
    store = homelab.kubernetes.cluster.store

    def ready() -> int:
        pods = [pod for pod in store.all_of("pods", NAMESPACE) if is_ready(pod)]
        return sum(pod["spec"]["containers"][0]["image"].endswith(sha[:8]) for pod in pods)

    while homelab.in_loop(ready) < count:
        time.sleep(LOOK_SECONDS)
    homelab.set_faults("crash")


def pipeline(workflows: Mapping[str, Steps]) -> dict[str, str]:
    """Write the files that configure *workflows*."""
    return {f".woodpecker/{name}.yaml": _workflow(name, steps) for name, steps in workflows.items()}


def _workflow(name: str, steps: Steps) -> str:
    lines = ["when:", "  - event: push", "steps:"]
    for step, command in steps.items():
        lines += [f"  - name: {step}", "    image: bash", "    commands:"]
        lines += [f"      - {json.dumps(part)}" for part in command.split("; ")]
    if name in NEEDS:
        lines.append(f"depends_on: [{NEEDS[name]}]")
    return "\n".join(lines) + "\n"


def start_topic(app: Path, name: str) -> Path:
    """Start a topic of two commits; returns its worktree."""
    inv(app, "work.start", name)
    place = app / ".worktrees" / name
    for remark in ("Spend less", "Say so"):
        with (place / "greet.sh").open("a") as file:
            file.write(f"# {remark}.\n")
        git(place, "commit", "--quiet", "--all", f"--message={remark}")
    return place


def record(name: str, directory: Path, *words: str, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Keep what *words*, a task and its flags, tell in *directory*, while *meanwhile* is done."""
    with (HERE / f"{name}.jsonl").open("w") as file, started(directory, "docs.pictures.told", *words, output=file):
        meanwhile()


def inv(directory: Path, *words: str) -> None:
    """Run inv in *directory* to its end."""
    with started(directory, "invoke", *words, output=subprocess.DEVNULL):
        pass


def started(directory: Path, module: str, *words: str, output: IO[str] | int) -> subprocess.Popen[str]:
    """Start a module with *words* in *directory*; left as a context, it has ended."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", module, *words]
    return subprocess.Popen(command, cwd=directory, env=environment, stdout=output, text=True)


if __name__ == "__main__":
    main()
