"""The deploy tasks as commands, in the clone of an embedded homelab."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from homelab_tasks.sandbox.git import git
from homelab_tasks.sandbox.homelab import Homelab

ROOT = Path(__file__).parents[3]


def inv(homelab: Homelab, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "invoke", *words]
    return subprocess.run(
        command, cwd=homelab.app, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def verdict(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert last["event"] == "verdict"
    return last


def test_the_commit_is_waited_for_until_its_pipeline_has_deployed_it(shared_homelab: Homelab) -> None:
    shared_homelab.push({"note": "one"})

    done = inv(shared_homelab, "deploy.wait", "web/web", "--sha", "HEAD", "--json")

    assert done.returncode == 0
    assert verdict(done)["targets"] == [
        {"target": "web/deployment/web", "verdict": "rolled-out", "reason": verdict(done)["targets"][0]["reason"]}
    ]


def test_the_targets_of_the_settings_are_meant_when_none_is_given(shared_homelab: Homelab) -> None:
    shared_homelab.push({"note": "two"})

    assert inv(shared_homelab, "deploy.wait").returncode == 0
    assert inv(shared_homelab, "deploy.status").stdout.startswith("rolled-out web/deployment/web ")


def test_a_flag_may_stand_before_the_target(shared_homelab: Homelab) -> None:
    sha = git(shared_homelab.app, "rev-parse", "HEAD")

    done = inv(shared_homelab, "deploy.status", "--sha", sha, "web/nosuch")

    assert done.returncode == 5
    assert "web/nosuch: it does not exist" in done.stderr


def test_crashing_pods_end_it_with_their_log(shared_homelab: Homelab) -> None:
    shared_homelab.set_faults("crash")
    shared_homelab.push({"note": "three"})

    done = inv(shared_homelab, "deploy.wait", "--json")
    shared_homelab.set_faults("")

    failure = verdict(done)["failures"][0]
    assert done.returncode == 1
    assert failure["tail"][-1] == "KeyError: 'DATABASE_URL'"
    assert failure["exit_code"] == 1
    assert failure["pod"].startswith("web-")


def test_the_cluster_is_dialled_at_the_pinned_address(shared_homelab: Homelab) -> None:
    done = inv(shared_homelab, "deploy.status", "--image", "registry.homelab.test/web:nosuch")

    assert done.returncode == 5
    assert "on kubernetes.homelab.test via 127.0.0.1:" in done.stderr


def test_an_image_may_be_a_template_which_needs_a_commit(shared_homelab: Homelab) -> None:
    sha = git(shared_homelab.app, "rev-parse", "HEAD")

    done = inv(shared_homelab, "deploy.status", "--image", "registry.homelab.test/other:{sha8}", "--sha", sha)

    assert done.returncode == 5
    assert f"waiting for registry.homelab.test/other:{sha[:8]}" in done.stderr


def test_wrong_words_are_usage(shared_homelab: Homelab) -> None:
    for words in (["pod/web"], ["web/web", "--context", "nosuch"], ["web/web", "--timeout", "soon"], ["a//b"],
                  ["web/web", "--image", "registry/web:{sha"]):  # fmt: skip
        done = inv(shared_homelab, "deploy.wait", *words, "--json")

        assert done.returncode == 2, words
        assert verdict(done)["verdict"] == "usage"
