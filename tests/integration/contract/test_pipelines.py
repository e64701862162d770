"""How a push becomes a pipeline, what its parts are called, and how it ends."""

from datetime import UTC, datetime

import pytest

from tests.integration.contract.server import (
    ContractServer,
    eventually,
    new_branch,
    step,
    steps_of,
    workflow,
    workflows_of,
)

ROW_KEYS = [
    "id", "number", "author", "parent", "event", "event_reason", "status", "errors", "created", "updated", "started",
    "finished", "deploy_to", "deploy_task", "commit", "branch", "rerun_count", "ref", "refspec", "author_avatar",
    "forge_url", "reviewed_by", "reviewed", "changed_files", "version", "title", "message", "timestamp", "sender",
    "author_email",
]  # fmt: skip
WORKFLOW_KEYS = ["id", "pipeline_id", "pid", "name", "state", "started", "finished", "agent_id", "children"]
STEP_KEYS = [
    "id", "uuid", "pipeline_id", "pid", "ppid", "name", "state", "exit_code", "started", "finished", "type",
]  # fmt: skip
ENTRY_KEYS = ["id", "step_id", "time", "line", "data", "type"]
SETTLE_SECONDS = 1.5


def test_a_green_push_has_the_keys_of_a_row_and_of_a_detail(server: ContractServer) -> None:
    files = {
        ".woodpecker/build.yaml": workflow(step("one"), step("two")),
        ".woodpecker/test.yaml": workflow(step("unit")),
    }
    branch = new_branch()
    server.reaches(server.appears(server.push(files, branch=branch)), "success")

    commit = server.push(files, "a subject\n\nand a body", branch=branch)
    detail = server.reaches(server.appears(commit), "success")

    row = next(row for row in server.rows() if row["id"] == detail["id"])
    first, second = detail["workflows"]
    assert list(row) == ROW_KEYS
    assert [key for key in detail if key != "workflows"] == ROW_KEYS
    assert list(first) == WORKFLOW_KEYS
    assert list(first["children"][0]) == STEP_KEYS
    assert (row["event"], row["branch"], row["ref"]) == ("push", branch, f"refs/heads/{branch}")
    assert (row["commit"], row["message"], row["parent"]) == (commit, "a subject\n\nand a body\n", 0)
    assert row["changed_files"] == ["stamp"]
    assert 0 < row["created"] <= row["started"] <= row["finished"] == row["updated"]
    assert (first["name"], second["name"]) == ("build", "test")


def test_process_ids_count_workflows_first_and_steps_after_them(server: ContractServer) -> None:
    files = {".woodpecker/a.yaml": workflow(step("one")), ".woodpecker/b.yaml": workflow(step("two"))}

    detail = server.run(files, "success")

    assert [found["pid"] for found in detail["workflows"]] == [1, 2]
    told = [(found["pid"], found["ppid"], found["name"]) for each in detail["workflows"] for found in each["children"]]
    assert told == [(3, 1, "clone"), (4, 1, "one"), (5, 2, "clone"), (6, 2, "two")]
    assert [found["type"] for found in detail["workflows"][0]["children"]] == ["clone", "commands"]


def test_one_file_is_a_workflow_called_woodpecker_and_its_warnings_do_not_make_it_red(server: ContractServer) -> None:
    config = workflow(step("only")).replace("when:", "unused:", 1)
    config = config[config.index("steps:") :]

    detail = server.run({".woodpecker.yaml": config}, "success")

    assert [found["name"] for found in detail["workflows"]] == ["woodpecker"]
    assert [(found["type"], found["is_warning"]) for found in detail["errors"]] == [("bad_habit", True)]
    assert detail["errors"][0]["data"]["field"] == "steps.only"


def test_a_failing_step_skips_the_later_ones_and_not_the_other_workflow(server: ContractServer) -> None:
    build = workflow(step("compile"), step("unit", exit_code=3), step("deploy"))

    detail = server.run({".woodpecker/build.yaml": build, ".woodpecker/test.yaml": workflow(step("lint"))}, "failure")

    found = steps_of(detail)
    assert [found[name]["state"] for name in ("compile", "unit", "deploy", "lint")] == [
        "success", "failure", "skipped", "success",
    ]  # fmt: skip
    assert (found["unit"]["exit_code"], found["deploy"]["exit_code"]) == (3, 0)
    assert "started" not in found["deploy"]
    assert {name: each["state"] for name, each in workflows_of(detail).items()} == {
        "build": "failure",
        "test": "success",
    }


def test_a_step_for_failures_runs_after_the_failing_one(server: ContractServer) -> None:
    steps = [step("compile", exit_code=1), step("tell", when=[{"status": ["failure"]}]), step("deploy")]

    detail = server.run({".woodpecker/build.yaml": workflow(*steps)}, "failure")

    assert [found["state"] for found in steps_of(detail).values()] == ["failure", "success", "skipped"]


def test_an_ignored_failure_is_red_as_a_step_and_green_as_a_workflow(server: ContractServer) -> None:
    steps = [step("flaky", exit_code=4, failure="ignore"), step("after")]

    detail = server.run({".woodpecker/build.yaml": workflow(*steps)}, "success")

    assert [(found["state"], found["exit_code"]) for found in steps_of(detail).values()] == [
        ("failure", 4),
        ("success", 0),
    ]
    assert detail["workflows"][0]["state"] == "success"


def test_a_failure_that_cancels_kills_the_pipeline_and_names_the_step(server: ContractServer) -> None:
    build = workflow(step("gate", nap=0.7, exit_code=2, failure="cancel"), step("after"))
    test = workflow(step("long", nap=8), step("later"))

    detail = server.run({".woodpecker/build.yaml": build, ".woodpecker/test.yaml": test}, "killed")

    found = steps_of(detail)
    assert detail["cancel_info"] == {"canceled_by_step": "gate"}
    assert (found["gate"]["state"], found["gate"]["exit_code"]) == ("failure", 2)
    assert (found["long"]["state"], found["long"]["exit_code"], found["long"]["error"]) == ("killed", 130, "Canceled")
    assert (found["after"]["state"], found["later"]["state"]) == ("canceled", "canceled")
    assert {each["error"] for each in detail["workflows"]} == {"Canceled"}


def test_a_dependent_workflow_is_skipped_and_one_for_failures_runs(server: ContractServer) -> None:
    files = {
        ".woodpecker/build.yaml": workflow(step("compile", exit_code=1)),
        ".woodpecker/notify.yaml": workflow(step("mail"), depends_on=["build"], runs_on=["success", "failure"]),
        ".woodpecker/test.yaml": workflow(step("unit"), depends_on=["build"]),
    }

    detail = server.run(files, "failure")

    assert [found["state"] for found in detail["workflows"]] == ["failure", "success", "skipped"]
    assert {found["state"] for found in workflows_of(detail)["test"]["children"]} == {"killed"}
    assert [(found["type"], found["is_warning"]) for found in detail["errors"]] == [("deprecation", True)]


def test_a_workflow_waits_for_the_one_that_it_depends_on(server: ContractServer) -> None:
    files = {
        ".woodpecker/a.yaml": workflow(step("second"), depends_on=["b"]),
        ".woodpecker/b.yaml": workflow(step("first", nap=1.2)),
    }

    found = workflows_of(server.run(files, "success"))

    assert found["a"]["started"] >= found["b"]["finished"]


def test_workflows_of_a_matrix_share_a_name_and_differ_by_environ(server: ContractServer) -> None:
    matrix = workflow(step("one"), matrix={"FLAVOUR": ["sweet", "sour"]})

    detail = server.run({".woodpecker/build.yaml": matrix}, "success")

    assert [(found["pid"], found["name"], found["environ"]) for found in detail["workflows"]] == [
        (1, "build", {"FLAVOUR": "sweet"}),
        (2, "build", {"FLAVOUR": "sour"}),
    ]


def test_a_configuration_that_is_no_yaml_ends_in_error_without_workflows(server: ContractServer) -> None:
    detail = server.run({".woodpecker/build.yaml": "steps:\n  - name: x\n   image: [broken\n"}, "error")

    assert "workflows" not in detail
    assert detail["started"] == detail["finished"] > 0
    assert [(found["type"], found["is_warning"]) for found in detail["errors"]] == [("compiler", False)]
    assert list(detail["errors"][0]) == ["type", "message", "is_warning", "data"]


def test_a_step_without_an_image_ends_in_error_and_says_which(server: ContractServer) -> None:
    config = "when:\n  - event: push\nsteps:\n  - name: x\n    commands: [echo hi]\n"

    detail = server.run({".woodpecker/build.yaml": config}, "error")

    first = detail["errors"][0]
    assert (first["type"], first["message"], first["is_warning"]) == ("linter", "Invalid or missing image", False)
    assert first["data"] == {"file": "build", "field": "steps.x"}


def test_a_filtered_pipeline_vanishes_and_its_number_is_used_again(server: ContractServer) -> None:
    seen = server.appears(server.push({".woodpecker/build.yaml": workflow(step("x"), when={"event": "cron"})}))
    assert seen["status"] == "created"
    eventually(
        lambda: server.get(f"{server.base}/pipelines/{seen['number']}").status_code == 404 or None, "it to vanish"
    )

    after = server.run({".woodpecker/build.yaml": workflow(step("x"))}, "success")

    assert after["number"] == seen["number"]
    assert after["id"] > seen["id"]


def test_a_commit_without_configuration_has_no_pipeline_that_stays(server: ContractServer) -> None:
    commit = server.push({"readme": "nothing to run"})
    seen = server.appears(commit)

    eventually(lambda: (seen["id"] not in {row["id"] for row in server.rows()}) or None, "it to vanish")

    assert server.get(f"{server.base}/pipelines/{seen['number']}").status_code == 404


def test_a_message_that_skips_ci_makes_no_row_at_all(server: ContractServer) -> None:
    skipped = server.push({".woodpecker/build.yaml": workflow(step("x"))}, "quietly [CI SKIP]")

    followed = server.run({".woodpecker/build.yaml": workflow(step("x"))}, "success")

    rows = server.rows()
    assert skipped not in {row["commit"] for row in rows}
    assert rows[0]["id"] == followed["id"]


def test_a_newer_push_to_the_branch_supersedes_the_running_one(server: ContractServer) -> None:
    config = {".woodpecker/build.yaml": workflow(step("long", nap=10), step("later"))}
    branch = new_branch()
    first = server.appears(server.push(config, branch=branch))
    server.reaches(first, "running")

    second = server.appears(server.push({".woodpecker/build.yaml": workflow(step("short"))}, branch=branch))

    old = server.reaches(first, "killed")
    assert old["cancel_info"] == {"superseded_by": second["number"]}
    assert old["workflows"][0]["state"] == "killed"
    assert server.reaches(second, "success")["number"] == second["number"]


def test_an_annotated_tag_has_the_tag_object_for_a_commit(server: ContractServer) -> None:
    tag = f"v0-{new_branch()}"
    commit = server.push({".woodpecker/build.yaml": workflow(step("x"))}, tag=tag)

    row = server.appears(server.git("rev-parse", tag))

    assert row["commit"] != commit
    assert (row["event"], row["branch"], row["ref"]) == ("tag", "", f"refs/tags/{tag}")
    assert (row["message"], row["tag_title"]) == (f"created tag {tag}", tag)
    assert "changed_files" not in row
    server.reaches(row, "success")
    server.reaches(server.appears(commit), "success")


def test_lists_are_newest_first_in_pages_of_at_most_fifty_and_can_be_filtered(server: ContractServer) -> None:
    for _ in range(2):
        server.run({".woodpecker/build.yaml": workflow(step("x"))}, "success")
    rows = server.rows()

    assert [row["number"] for row in rows] == sorted((row["number"] for row in rows), reverse=True)
    assert [server.rows(page=page, perPage=1)[0]["id"] for page in (1, 2)] == [row["id"] for row in rows[:2]]
    assert len(server.rows(perPage=51)) == len(server.rows(perPage=0)) == min(len(rows), 50)
    assert [row["id"] for row in server.rows(branch=rows[0]["branch"])] == [rows[0]["id"]]
    assert {row["status"] for row in server.rows(status="success")} == {"success"}
    assert server.rows(event="cron") == []


def test_latest_is_the_newest_push_of_a_branch(server: ContractServer) -> None:
    detail = server.run({".woodpecker/build.yaml": workflow(step("x"))}, "success")

    assert server.get(f"{server.base}/pipelines/latest?branch={detail['branch']}").json() == detail


def test_a_log_comes_by_step_id_late_and_a_step_that_never_ran_has_null(server: ContractServer) -> None:
    detail = server.run({".woodpecker/build.yaml": workflow(step("unit", exit_code=1), step("never"))}, "failure")
    found = steps_of(detail)

    lines = eventually(lambda: server.log(detail, found["unit"]), "the log")

    assert list(lines[0]) == ENTRY_KEYS
    assert [line["line"] for line in lines] == list(range(len(lines)))
    assert {line["step_id"] for line in lines} == {found["unit"]["id"]}
    assert {line["type"] for line in lines} == {0}
    assert server.log(detail, found["never"]) is None
    assert server.get(f"{server.base}/logs/{detail['number']}/99999").status_code == 404


def test_the_configuration_of_a_pipeline_can_be_read(server: ContractServer) -> None:
    detail = server.run({".woodpecker/build.yaml": workflow(step("x"))}, "success")

    files = server.get(f"{server.base}/pipelines/{detail['number']}/config").json()

    assert [(set(file), file["name"]) for file in files] == [({"hash", "name", "data"}, "build")]


@pytest.mark.parametrize("where", ["list", "detail"])
def test_a_label_that_no_agent_has_leaves_it_pending(server: ContractServer, where: str) -> None:
    config = workflow(step("x"), labels={"color": "no-agent-has-this"})
    row = server.appears(server.push({".woodpecker/build.yaml": config}))

    waiting = server.reaches(row, "pending")

    seen = waiting if where == "detail" else next(each for each in server.rows() if each["id"] == row["id"])
    assert (seen["status"], seen["started"], seen["finished"]) == ("pending", 0, 0)
    assert server.post(f"{server.base}/pipelines/{row['number']}/cancel").status_code == 204
    ended = server.reaches(row, "canceled")
    assert ended["cancel_info"] == {"canceled_by_user": "lab"}
    assert ended["started"] == 0 < ended["finished"]
    assert ended["workflows"][0]["state"] == "skipped"
    assert {found["state"] for found in ended["workflows"][0]["children"]} == {"canceled"}


def test_lists_can_be_narrowed_to_a_time(server: ContractServer) -> None:
    created = server.run({".woodpecker/build.yaml": workflow(step("x"))}, "success")["created"]
    before, after = (datetime.fromtimestamp(created + offset, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for offset in (0, -1))

    assert all(row["created"] < created for row in server.rows(before=before))
    assert all(row["created"] >= created for row in server.rows(after=after))
    assert server.rows(after=after)


def test_a_step_that_needs_another_waits_for_it_and_others_do_not(server: ContractServer) -> None:
    steps = [step("slow", nap=2.2), step("free", depends_on=[]), step("needy", depends_on=["slow"])]

    found = steps_of(server.run({".woodpecker/build.yaml": workflow(*steps)}, "success"))

    assert found["free"]["finished"] < found["slow"]["finished"] <= found["needy"]["started"]


def test_a_second_push_to_a_branch_tells_what_changed_since_the_first(server: ContractServer) -> None:
    config = {".woodpecker/build.yaml": workflow(step("x"), when={"event": "push", "path": ["docs/**"]})}
    branch = new_branch()
    server.push({**config, "docs/page": "first [ci skip]"}, "first [ci skip]", branch=branch)

    server.push({**config, "docs/page": "first [ci skip]", "source": "changed"}, branch=branch)
    written = server.push({**config, "docs/page": "second", "source": "changed"}, branch=branch)

    row = server.reaches(server.appears(written), "success")
    assert row["changed_files"] == ["docs/page", "stamp"]
    assert [found["number"] for found in server.rows(branch=branch)] == [row["number"]]
