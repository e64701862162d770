"""The embedded homelab as its users see it: git, REST and streams through the pinned load balancer."""

import json
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from homelab_tasks.sandbox.homelab import Homelab

WAIT_SECONDS = 15.0
POLL_SECONDS = 0.02


class PinnedAdapter(HTTPAdapter):
    """Dials an address whatever the name; no code of the clients is used to test the servers."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        pool["server_hostname"] = pool["assert_hostname"] = host["host"]
        host["host"], _, port = self._address.partition(":")
        host["port"] = int(port)
        return host, pool


class Ci:
    """The CI server of a homelab over HTTP."""

    def __init__(self, homelab: Homelab) -> None:
        self.homelab = homelab
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(homelab.layout.ca_file)
        self.session.mount("https://", PinnedAdapter(homelab.addresses[0]))

    def get(self, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.homelab.token}", "Host": "ci.homelab.test"}
        return self.session.get(f"https://ci.homelab.test{path}", headers=headers, timeout=WAIT_SECONDS, **options)

    def ended(self, sha: str) -> dict[str, Any]:
        """Wait for the end of the pipeline of *sha*."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            rows = [row for row in self.get("/api/repos/1/pipelines").json() if row["commit"] == sha]
            if rows and rows[0]["finished"]:
                detail: dict[str, Any] = self.get(f"/api/repos/1/pipelines/{rows[0]['number']}").json()
                return detail
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"the pipeline of {sha} did not end")

    def log(self, pipeline: dict[str, Any], step: str, count: int) -> list[str]:
        """Wait for *count* lines of the log of *step*: they come in batches, after its end, too."""
        steps = [found for workflow in pipeline["workflows"] for found in workflow["children"] if found["name"] == step]
        path = f"/api/repos/1/logs/{pipeline['number']}/{steps[0]['id']}"
        deadline = time.monotonic() + WAIT_SECONDS
        while len(lines := self.get(path).json() or []) < count:
            assert time.monotonic() < deadline
            time.sleep(POLL_SECONDS)
        return [b64decode(line["data"] or "").decode() for line in lines]


@pytest.fixture
def ci(shared_homelab: Homelab) -> Iterator[Ci]:
    made = Ci(shared_homelab)
    yield made
    made.session.close()


def states(pipeline: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["state"] for workflow in pipeline["workflows"] for step in workflow["children"]}


def test_a_push_runs_its_steps_and_is_green_when_they_pass(shared_homelab: Homelab, ci: Ci) -> None:
    sha = shared_homelab.push({"note": "first"}, "Note it")

    pipeline = ci.ended(sha)

    assert pipeline["status"] == "success"
    assert pipeline["message"] == "Note it\n"
    assert pipeline["changed_files"] == ["note"]
    assert states(pipeline) == {"clone": "success", "lint": "success", "test": "success"}
    assert ci.log(pipeline, "test", 2) == ["+ bash test.sh", "greeting is right"]


def test_a_push_is_red_with_exit_code_and_log_when_a_step_fails(homelab: Homelab) -> None:
    ci = Ci(homelab)
    sha = homelab.push({"greet.sh": "echo 'Good day!'\n"}, "Greet otherwise")

    pipeline = ci.ended(sha)

    assert pipeline["status"] == "failure"
    assert pipeline["workflows"][0]["children"][2]["exit_code"] == 1
    assert ci.log(pipeline, "test", 2)[1] == "greet.sh said 'Good day!', expected 'Hello, homelab!'"
    ci.session.close()


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
    assert states(told) == {"compile": "pending", "links": "failure"}
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
