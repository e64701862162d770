"""What people do to pipelines, and how the server answers."""

import pytest

from tests.integration.contract.server import LOGIN, ContractServer, new_branch, step, steps_of, workflow

TRIES = 10


@pytest.fixture
def gated(server: ContractServer) -> ContractServer:
    found = server.on("gated")
    if found is None:
        pytest.skip("this server has no repository lab/gated")
    return found


def test_cancelling_answers_204_kills_it_and_a_second_time_is_400(server: ContractServer) -> None:
    config = workflow(step("one"), step("long", nap=10), step("later"))
    row = server.appears(server.push({".woodpecker/build.yaml": config}))
    server.reaches(row, "running")
    path = f"{server.base}/pipelines/{row['number']}/cancel"

    answer = server.post(path)

    assert (answer.status_code, answer.content) == (204, b"")
    ended = server.reaches(row, "killed")
    assert ended["cancel_info"] == {"canceled_by_user": LOGIN}
    assert (ended["workflows"][0]["state"], ended["workflows"][0]["error"]) == ("killed", "Canceled")
    assert steps_of(ended)["later"]["state"] == "canceled"
    again = server.post(path)
    told = "Cannot cancel a non-running or non-pending or non-blocked pipeline"
    assert (again.status_code, again.text) == (400, told)


def test_a_restart_is_a_new_pipeline_of_the_same_commit_with_a_parent(server: ContractServer) -> None:
    red = server.run({".woodpecker/build.yaml": workflow(step("x", exit_code=1))}, "failure")

    answer = server.post(f"{server.base}/pipelines/{red['number']}?FLAVOUR=second")

    made = answer.json()
    assert answer.status_code == 200
    assert (made["status"], made["parent"], made["rerun_count"]) == ("pending", red["number"], 1)
    assert made["id"] > red["id"]
    assert (made["commit"], made["event"], made["ref"]) == (red["commit"], red["event"], red["ref"])
    assert "variables" not in made
    assert [found["state"] for found in made["workflows"]] == ["pending"]
    server.reaches(made, "failure")


def test_a_restart_for_another_event_than_a_deployment_is_400(server: ContractServer) -> None:
    green = server.run({".woodpecker/build.yaml": workflow(step("x"))}, "success")

    answer = server.post(f"{server.base}/pipelines/{green['number']}?event=push")

    assert (answer.status_code, answer.content) == (400, b"")


def test_a_blocked_pipeline_waits_and_runs_once_it_is_approved(gated: ContractServer) -> None:
    row = gated.appears(gated.push({".woodpecker/build.yaml": workflow(step("one"))}))
    path = f"{gated.base}/pipelines/{row['number']}"
    blocked = gated.reaches_workflows(row)
    assert (row["status"], blocked["status"]) == ("blocked", "blocked")
    assert blocked["workflows"][0]["state"] == "blocked"
    refused = gated.post(path)
    assert (refused.status_code, refused.text) == (400, "cannot restart a pipeline with status blocked")

    answer = gated.post(f"{path}/approve")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["reviewed_by"]) == ("pending", LOGIN)
    ended = gated.reaches(row, "success")
    old, new = (each["workflows"][0]["children"][0]["id"] for each in (blocked, ended))
    assert new > old
    again = gated.post(f"{path}/approve")
    assert (again.status_code, again.text) == (400, "cannot approve a pipeline with status success")


def test_a_declined_pipeline_never_ran_and_a_second_time_is_500(gated: ContractServer) -> None:
    row = gated.appears(gated.push({".woodpecker/build.yaml": workflow(step("one"))}))
    path = f"{gated.base}/pipelines/{row['number']}"
    gated.reaches_workflows(row)

    answer = gated.post(f"{path}/decline")

    ended = answer.json()
    assert (answer.status_code, ended["status"], ended["reviewed_by"]) == (200, "declined", LOGIN)
    assert (ended["started"], ended["finished"]) == (0, 0)
    assert {ended["workflows"][0]["state"], steps_of(ended)["one"]["state"]} == {"declined"}
    assert gated.post(f"{path}/decline").status_code == 500


def test_a_run_by_hand_has_the_bare_branch_for_a_ref_and_its_variables(server: ContractServer) -> None:
    pushed = server.run({".woodpecker/build.yaml": workflow(step("x"))}, "success")
    wanted = {"branch": pushed["branch"], "variables": {"FLAVOUR": "sour"}}

    answer = server.post(f"{server.base}/pipelines", json=wanted)

    made = answer.json()
    assert answer.status_code == 200
    assert (made["event"], made["ref"], made["commit"]) == ("manual", pushed["branch"], pushed["commit"])
    assert made["variables"] == {"FLAVOUR": "sour"}
    assert made["message"] == f"MANUAL PIPELINE @ {pushed['branch']}"
    server.reaches(made, "success")


def test_a_run_by_hand_that_nothing_is_for_is_204_and_says_so(server: ContractServer) -> None:
    branch = new_branch()
    server.push({".woodpecker/build.yaml": workflow(step("x"), when={"event": "cron"})}, branch=branch)

    answer = server.post(f"{server.base}/pipelines", json={"branch": branch})

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Pipeline-Filtered"] == "true"


def test_a_run_by_hand_of_an_unknown_branch_is_500_and_of_nonsense_400(server: ContractServer) -> None:
    unknown = server.post(f"{server.base}/pipelines", json={"branch": "no-such-branch"})
    nonsense = server.post(f"{server.base}/pipelines", data="nonsense")

    assert (unknown.status_code, unknown.content) == (500, b"")
    assert nonsense.status_code == 400


@pytest.mark.parametrize("path", ["", "/1", "/1/cancel", "/1/approve", "/1/decline"])
def test_the_anonymous_change_nothing(server: ContractServer, path: str) -> None:
    answer = server.post(f"{server.base}/pipelines{path}", token="")

    assert (answer.status_code, answer.content) == (401, b"")


def test_a_pipeline_that_is_not_there_cannot_be_changed(server: ContractServer) -> None:
    answer = server.post(f"{server.base}/pipelines/99999/cancel")

    assert (answer.status_code, answer.content) == (404, b"")


def test_an_approval_before_the_workflows_are_there_strands_the_pipeline(gated: ContractServer) -> None:
    for _ in range(TRIES):  # it is a race, and a busy machine may lose it
        row = gated.appears(gated.push({".woodpecker/build.yaml": workflow(step("one"))}))
        answer = gated.post(f"{gated.base}/pipelines/{row['number']}/approve")
        stranded = gated.reaches_workflows(row)
        if (answer.status_code, stranded["status"], stranded["workflows"][0]["state"]) == (200, "pending", "blocked"):
            assert stranded["reviewed_by"] == LOGIN
            return

    pytest.fail("every approval came after the workflows")


def test_a_restart_inherits_who_cancelled_its_parent(server: ContractServer) -> None:
    row = server.appears(server.push({".woodpecker/build.yaml": workflow(step("nap", nap=10))}))
    server.reaches(row, "running")
    server.post(f"{server.base}/pipelines/{row['number']}/cancel")
    server.reaches(row, "killed")

    made = server.restart(row["number"])

    assert (made["status"], made["parent"]) == ("pending", row["number"])
    assert made["cancel_info"] == {"canceled_by_user": LOGIN}
    server.post(f"{server.base}/pipelines/{made['number']}/cancel")
    server.reaches(made, "killed", "canceled")


def test_a_restart_supersedes_a_newer_pipeline_of_its_branch(server: ContractServer) -> None:
    branch = new_branch()
    old = server.appears(server.push({".woodpecker/build.yaml": workflow(step("x"))}, branch=branch))
    server.reaches(old, "success")
    newer = server.appears(server.push({".woodpecker/build.yaml": workflow(step("nap", nap=10))}, branch=branch))
    server.reaches(newer, "running")

    made = server.restart(old["number"])

    assert server.reaches(newer, "killed")["cancel_info"] == {"superseded_by": made["number"]}
    server.reaches(made, "success")


def test_a_blocked_pipeline_that_is_cancelled_is_killed_and_its_workflows_stay_blocked(gated: ContractServer) -> None:
    row = gated.appears(gated.push({".woodpecker/build.yaml": workflow(step("one"))}))
    gated.reaches_workflows(row)

    answer = gated.post(f"{gated.base}/pipelines/{row['number']}/cancel")

    ended = gated.detail(row["number"])
    assert answer.status_code == 204
    assert (ended["status"], ended["workflows"][0]["state"]) == ("killed", "blocked")


def test_a_pipeline_is_deleted_only_after_its_end(server: ContractServer) -> None:
    row = server.appears(server.push({".woodpecker/build.yaml": workflow(step("nap", nap=2))}))
    server.reaches(row, "running")
    path = f"{server.base}/pipelines/{row['number']}"

    early = server.request("DELETE", path)
    server.reaches(row, "success")
    late = server.request("DELETE", path)

    assert (early.status_code, late.status_code) == (422, 204)
    assert server.get(path).status_code == 404
