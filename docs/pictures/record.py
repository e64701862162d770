"""
Records the runs that the pictures are drawn from, in an embedded homelab of their own.

    $ python -m docs.pictures.record

What is recorded is what `inv TASK --json` tells, of a real pipeline and a real landing. It takes two minutes.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from homelab_tasks.sandbox.git import git
from homelab_tasks.sandbox.homelab import Homelab

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PORT = 8443
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


def main() -> None:
    """Record a pipeline that ends red, and a landing that loses a race."""
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


def record(name: str, directory: Path, *words: str) -> None:
    """Keep what *words*, a task and its flags, tell in *directory*."""
    (HERE / f"{name}.jsonl").write_text(inv(directory, *words, "--json"))


def inv(directory: Path, *words: str) -> str:
    """Run inv in *directory*; returns what it prints."""
    command = [sys.executable, "-m", "invoke", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=directory, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout


if __name__ == "__main__":
    main()
