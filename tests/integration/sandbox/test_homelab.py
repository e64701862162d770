"""The embedded homelab as its users see it: git, REST and streams through the pinned load balancer."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from homelab_tasks.sandbox.certificates import Certificates
from homelab_tasks.sandbox.git import git
from homelab_tasks.sandbox.homelab import Homelab
from tests.integration.sandbox.pinned import POLL_SECONDS, WAIT_SECONDS, Ci, states


@pytest.fixture
def ci(shared_homelab: Homelab) -> Iterator[Ci]:
    made = Ci(shared_homelab)
    yield made
    made.close()


def test_a_push_runs_its_steps_and_is_green_when_they_pass(shared_homelab: Homelab, ci: Ci) -> None:
    sha = shared_homelab.push({"note": "first"}, "Note it")

    pipeline = ci.reaches(sha, "success")

    assert pipeline["message"] == "Note it\n"
    assert pipeline["changed_files"] == ["note"]
    assert states(pipeline) == ["success", "success", "success", "success"]
    assert ci.log(pipeline, "test", 2) == ["+ bash test.sh", "greeting is right"]


def test_a_push_is_red_with_exit_code_and_log_when_a_step_fails(homelab: Homelab) -> None:
    ci = Ci(homelab)
    sha = homelab.push({"greet.sh": "echo 'Good day!'\n"}, "Greet otherwise")

    pipeline = ci.reaches(sha, "failure")

    assert pipeline["workflows"][0]["children"][2]["exit_code"] == 1
    assert ci.log(pipeline, "test", 2)[1] == "greet.sh said 'Good day!', expected 'Hello, homelab!'"
    ci.close()


def test_the_stream_pings_first_and_tells_every_change_until_the_end(shared_homelab: Homelab, ci: Ci) -> None:
    answer = ci.get("/api/stream/events", stream=True)
    lines = (line.decode() for line in answer.iter_lines(chunk_size=1))
    assert next(lines) == ": ping"
    sha = shared_homelab.push({"note": "streamed"}, "Stream it")

    told = []
    for line in lines:
        if line.startswith("data: "):
            told.append(json.loads(line.removeprefix("data: "))["pipeline"])
            assert told[-1]["commit"] == sha
            if told[-1]["status"] == "success":
                break
    answer.close()

    assert [pipeline["status"] for pipeline in told[:3]] == ["created", "pending", "pending"]
    assert all(pipeline["workflows"] for pipeline in told)


def test_a_scripted_pipeline_does_only_what_is_written(shared_homelab: Homelab, ci: Ci) -> None:
    life = shared_homelab.woodpecker.script("f" * 40, workflows={"build": ["compile"], "docs": ["links"]})
    life.status("running")
    life.step("docs", "links", "failure", exit_code=3)
    life.log("docs", "links", "404")

    told = ci.get(f"/api/repos/1/pipelines/{life.number}").json()

    assert told["status"] == "running"
    assert states(told) == ["pending", "failure"]
    life.vanish()
    assert ci.get(f"/api/repos/1/pipelines/{life.number}").status_code == 404


def test_nothing_is_left_running_when_it_stops_in_the_middle_of_a_step(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with Homelab(tmp_path / "homelab") as homelab:
        sleeping = {".woodpecker.yaml": "steps:\n  - name: sleep\n    image: bash\n    commands: [sleep 4711]\n"}
        homelab.push(sleeping)
        deadline = time.monotonic() + WAIT_SECONDS
        while not running_commands("sleep 4711"):
            assert time.monotonic() < deadline
            time.sleep(POLL_SECONDS)

    assert not running_commands("sleep 4711")
    assert {thread for thread in threading.enumerate() if thread.is_alive()} <= before


def running_commands(words: str) -> list[str]:
    """The processes whose command line is *words*."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode().strip()
        except OSError:
            continue
        if line == words:
            found.append(line)
    return found


def test_a_push_by_hand_works_whatever_authority_the_environment_names(shared_homelab: Homelab, tmp_path: Path) -> None:
    Certificates(["elsewhere.test"]).write_authority(tmp_path / "ca.pem", tmp_path / "ca")
    environment = {**os.environ, "GIT_SSL_CAINFO": str(tmp_path / "ca.pem"), "HTTPS_PROXY": "http://127.0.0.1:1"}
    git(shared_homelab.app, "commit", "--quiet", "--allow-empty", "--message=By hand [ci skip]")

    command = ["git", "push", "--quiet", "origin", "HEAD:refs/heads/by-hand"]
    pushed = subprocess.run(
        command, cwd=shared_homelab.app, env=environment, capture_output=True, text=True, check=False
    )

    assert pushed.returncode == 0, pushed.stderr
