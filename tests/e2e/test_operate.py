"""The operations on a real Woodpecker server, which HOMELAB_E2E_WOODPECKER_... name."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.contract.server import ContractServer, real_server, step, workflow
from tests.integration.tasks.running import Ended, Shell

NAMED = "HOMELAB_E2E_WOODPECKER_URL" in os.environ
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not NAMED, reason="HOMELAB_E2E_WOODPECKER_URL names no server"),
]
APPROVALS = 5  # each of five approvals sent at first sight was lost on the real server
TASKS = "from homelab_tasks import namespace as ns\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContractServer]:
    made = real_server(tmp_path_factory.mktemp("e2e") / "scratch")
    yield made
    made.session.close()


@pytest.fixture
def gated(server: ContractServer) -> ContractServer:
    found = server.on("gated")
    if found is None:
        pytest.skip("this server has no repository lab/gated")
    return found


class Operator:
    """Runs `inv ci.*` against *server* outside of any clone."""

    def __init__(self, server: ContractServer, directory: Path) -> None:
        (directory / "tasks.py").write_text(TASKS)
        environment = {"HOMELAB_WOODPECKER_URL": server.url, "WOODPECKER_TOKEN": server.good_token}
        self.shell = Shell(directory, (server.good_token,), **environment)
        self._repository = server.repository

    def inv(self, task: str, *words: str) -> Ended:
        return self.shell.inv(task, "--repository", self._repository, "--json", *words)


@pytest.fixture
def operator(server: ContractServer, tmp_path: Path) -> Operator:
    return Operator(server, tmp_path)


def config(nap: float = 0.2, exit_code: int = 0) -> dict[str, str]:
    return {".woodpecker/build.yaml": workflow(step("one", nap=nap, exit_code=exit_code))}


def test_a_red_pipeline_is_restarted_and_red_again(server: ContractServer, operator: Operator) -> None:
    red = server.run(config(exit_code=3), "failure")

    ended = operator.inv("ci.restart", "--sha", red["commit"], "--watch")

    assert ended.code == 1
    made = server.detail(ended.verdict["pipelines"][0]["number"])
    assert (made["parent"], made["commit"]) == (red["number"], red["commit"])


def test_a_running_pipeline_is_cancelled_and_then_has_ended(server: ContractServer, operator: Operator) -> None:
    row = server.appears(server.push(config(nap=20)))
    server.reaches(row, "running")

    first = operator.inv("ci.cancel", "--pipeline", str(row["number"]))
    second = operator.inv("ci.cancel", "--pipeline", str(row["number"]))

    assert (first.code, first.verdict["reason"]) == (0, f"#{row['number']} was cancelled by lab")
    assert second.code == 2


def test_every_approval_at_first_sight_lets_the_pipeline_run(gated: ContractServer, tmp_path: Path) -> None:
    operator = Operator(gated, tmp_path)
    for _ in range(APPROVALS):
        row = gated.appears(gated.push(config()))

        ended = operator.inv("ci.approve", "--pipeline", str(row["number"]), "--watch")

        assert (ended.code, ended.verdict["verdict"]) == (0, "passed")


def test_a_declined_pipeline_says_who_declined_it(gated: ContractServer, tmp_path: Path) -> None:
    row = gated.appears(gated.push(config()))

    ended = Operator(gated, tmp_path).inv("ci.decline", "--pipeline", str(row["number"]))

    assert (ended.code, ended.verdict["reason"]) == (0, f"#{row['number']} was declined by lab")


def test_a_branch_is_run_and_one_that_is_not_there_is_refused(server: ContractServer, operator: Operator) -> None:
    pushed = server.run(config(), "success")

    ran = operator.inv("ci.run", "--branch", pushed["branch"], "--var", "FLAVOUR=sour", "--watch")
    refused = operator.inv("ci.run", "--branch", "no-such-branch")

    made = server.detail(ran.verdict["pipelines"][0]["number"])
    assert ran.code == 0
    assert (made["event"], made["variables"]) == ("manual", {"FLAVOUR": "sour"})
    assert (refused.code, refused.verdict["verdict"]) == (2, "usage")


def test_doctor_finds_the_server_good(operator: Operator) -> None:
    ended = operator.shell.inv("doctor", "--json", env={"HOMELAB_CI_REPOSITORY": "lab/app"})

    states = {check["name"]: check["state"] for check in ended.told("check")}
    assert ended.code == 0
    assert {states[name] for name in ("woodpecker", "woodpecker token", "repository", "event stream")} == {"ok"}
