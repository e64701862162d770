"""Steps as the agent really runs them: their environment, their processes, and what becomes of both."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from homelab_tasks.sandbox.homelab import Homelab
from tests.integration.sandbox.pinned import Ci, states


@pytest.fixture
def ci(shared_homelab: Homelab) -> Iterator[Ci]:
    made = Ci(shared_homelab)
    yield made
    made.close()


def config(*steps: Any, **keys: Any) -> dict[str, str]:
    named = [step if isinstance(step, dict) else {"commands": step} for step in steps]
    full = [{"name": f"s{index}", "image": "bash", **step} for index, step in enumerate(named)]
    return {".woodpecker.yaml": yaml.safe_dump({"when": {"event": "push"}, "steps": full, **keys}, sort_keys=False)}


def test_a_step_sees_the_variables_of_ci_and_none_of_ours(
    shared_homelab: Homelab, ci: Ci, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "sings")
    commands = ["echo $CI_REPO $CI_COMMIT_BRANCH $CI_COMMIT_SHA", "echo ${CI_STEP_NAME}-$CI_WORKFLOW_NAME", "env"]

    sha = shared_homelab.push(config({"commands": commands, "environment": {"GREETING": "hello"}}))

    log = ci.log(ci.reaches(sha, "success"), "s0", 10)
    assert f"lab/app main {sha}" in log
    assert "-woodpecker" in log  # `${NAME}` is the server's, and it knows no step yet
    assert "GREETING=hello" in log
    assert not any("CANARY" in line or line.startswith("PYTHONPATH=") for line in log)


def test_the_checkout_is_the_commit_and_is_shared_by_the_steps_of_a_workflow(shared_homelab: Homelab, ci: Ci) -> None:
    files = config("git rev-parse HEAD; echo made > made", "cat made content")

    sha = shared_homelab.push({**files, "content": "of the commit"})

    pipeline = ci.reaches(sha, "success")
    assert ci.log(pipeline, "s0", 2)[1] == sha
    assert ci.log(pipeline, "s1", 3)[1:] == ["made", "of the commit"]


def test_a_step_stops_at_its_first_failing_command_and_keeps_the_exit_code(shared_homelab: Homelab, ci: Ci) -> None:
    sha = shared_homelab.push(config(["true", "exit 42", "echo never"]))

    pipeline = ci.reaches(sha, "failure")

    assert pipeline["workflows"][0]["children"][1]["exit_code"] == 42
    assert ci.log(pipeline, "s0", 2) == ["+ true", "+ exit 42"]


def test_a_step_that_a_signal_ended_has_128_and_its_number(shared_homelab: Homelab, ci: Ci) -> None:
    sha = shared_homelab.push(config("kill -TERM $$"))

    assert ci.reaches(sha, "failure")["workflows"][0]["children"][1]["exit_code"] == 143


def test_what_a_step_leaves_running_ends_with_it(shared_homelab: Homelab, ci: Ci) -> None:
    sha = shared_homelab.push(config("sleep 4713 & echo $!"))

    pid = ci.log(ci.reaches(sha, "success"), "s0", 2)[1]

    assert not command_of(pid)


def test_cancelling_ends_every_process_of_a_step(shared_homelab: Homelab, ci: Ci) -> None:
    sha = shared_homelab.push(config("(sleep 4714) & echo $!; wait"))
    pid = ci.log(ci.reaches(sha, "running"), "s0", 2)[1]

    ci.post(f"/api/repos/1/pipelines/{ci.reaches(sha, 'running')['number']}/cancel")

    assert states(ci.reaches(sha, "killed")) == ["success", "killed"]
    assert not command_of(pid)


def test_a_step_without_commands_fails_and_says_why(shared_homelab: Homelab, ci: Ci) -> None:
    sha = shared_homelab.push(config({"image": "plugins/docker", "settings": {"repo": "x"}}))

    pipeline = ci.reaches(sha, "failure")

    assert pipeline["workflows"][0]["children"][1]["type"] == "plugin"
    assert ci.log(pipeline, "s0", 1) == ["the sandbox runs commands, not plugins"]


def test_a_service_runs_beside_the_steps_and_is_green_at_their_end(shared_homelab: Homelab, ci: Ci) -> None:
    services = {"database": {"image": "bash", "commands": ["touch up; sleep 4715"]}}
    waiting = "until [ -e up ]; do sleep 0.05; done"

    sha = shared_homelab.push(config(waiting, services=services))

    pipeline = ci.reaches(sha, "success")
    assert [step["type"] for step in pipeline["workflows"][0]["children"]] == ["clone", "service", "commands"]
    assert states(pipeline) == ["success", "success", "success"]


def test_long_lines_are_broken_and_the_last_one_needs_no_end(shared_homelab: Homelab, ci: Ci) -> None:
    sha = shared_homelab.push(config(["head -c 1500000 /dev/zero | tr '\\0' x; echo", "printf done"]))

    log = ci.log(ci.reaches(sha, "success"), "s0", 5)

    assert [len(line) for line in log[1:3]] == [1024 * 1024, 1500000 - 1024 * 1024]
    assert log[-1] == "done"


def test_a_pipeline_waits_for_an_agent_that_has_its_labels(shared_homelab: Homelab, ci: Ci) -> None:
    sha = shared_homelab.push(config("true", labels={"color": "red"}))
    ci.reaches(sha, "pending")

    shared_homelab.connect_agent(color="red")

    assert ci.reaches(sha, "success")["workflows"][0]["agent_id"] == 2


def test_a_pipeline_goes_on_for_ever_when_its_agent_vanished_and_new_ones_wait(homelab: Homelab) -> None:
    ci = Ci(homelab)
    orphan = homelab.push(config(["echo $$", "sleep 4716"]), branch="orphan")
    pid = ci.log(ci.reaches(orphan, "running"), "s0", 3)[1]
    homelab.disconnect_agents()
    waiting = homelab.push(config("true"), branch="waiting")
    ci.reaches(waiting, "pending")
    assert ci.get("/api/agents").json() is None

    homelab.connect_agent()

    ci.reaches(waiting, "success")
    assert ci.reaches(orphan, "running")["finished"] == 0
    assert not command_of(pid)
    ci.close()


def command_of(pid: str) -> str:
    """The command line of a process; empty when it has ended, also where nobody has asked how yet."""
    path = Path(f"/proc/{pid}/cmdline")
    return path.read_text() if path.exists() else ""
