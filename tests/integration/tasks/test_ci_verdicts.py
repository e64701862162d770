"""Every way a pipeline can end, as `inv ci.*` tells it: word, exit code, reason."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from homelab_tasks.sandbox.woodpecker.script import Script
from tests.integration.tasks.conftest import Lab
from tests.integration.tasks.running import INV, Ended, read_until


def green(life: Script) -> None:
    life.run("success")


def ignored(life: Script) -> None:
    life.step("build", "test", "failure", exit_code=1)
    life.workflow("build", "success")
    life.status("success")


def red(life: Script) -> None:
    life.status("running")
    life.log("build", "test", "all is well", "all is lost")
    life.run("failure", exit_code=3)


def broken(life: Script) -> None:
    life.row.workflows.clear()
    life.problems("yaml: line 3: did not find expected key")
    life.status("error")


def warned(life: Script) -> None:
    life.problems("steps.0 is deprecated", warning=True)
    life.run("success")


def killed_by_step(life: Script) -> None:
    life.log("build", "test", "gone")
    life.step("build", "test", "failure", exit_code=7)
    life.workflow("build", "killed")
    life.status("killed", canceled_by_step="test")


def killed_by_user(life: Script) -> None:
    life.run("killed")
    life.status("killed", canceled_by_user="ada")


def killed_by_nobody(life: Script) -> None:
    life.run("killed")


def canceled_by_user(life: Script) -> None:
    life.run("canceled")
    life.status("canceled", canceled_by_user="ada")


def declined(life: Script) -> None:
    life.row.reviewed_by = "ada"
    life.workflow("build", "declined")
    life.status("declined")


def blocked(life: Script) -> None:
    life.workflow("build", "blocked")
    life.status("blocked")


def all_skipped(life: Script) -> None:
    life.step("build", "test", "skipped")
    life.workflow("build", "skipped")
    life.status("success")


def superseded_by_nothing(life: Script) -> None:
    life.run("killed")
    life.status("killed", superseded_by=life.number + 1000)


ENDS: list[tuple[Callable[[Script], None], int, str, str]] = [
    (green, 0, "passed", "passed"),
    (ignored, 0, "passed", "passed"),
    (warned, 0, "passed", "passed"),
    (red, 1, "failed", "build > test exited with 3"),
    (broken, 1, "failed", "could not run: yaml: line 3"),
    (killed_by_step, 1, "failed", "test exited with 7, which stopped"),
    (killed_by_nobody, 1, "failed", "the server does not say by whom"),
    (killed_by_user, 3, "cancelled", "cancelled by ada"),
    (canceled_by_user, 3, "cancelled", "cancelled by ada"),
    (declined, 3, "cancelled", "declined by ada"),
    (superseded_by_nothing, 4, "superseded", "which is gone"),
    (all_skipped, 6, "skipped", "every workflow was skipped"),
    (blocked, 7, "blocked", "waits for approval"),
]


@pytest.mark.parametrize("task", ["ci.watch", "ci.status"])
@pytest.mark.parametrize("end", ENDS, ids=[end[0].__name__ for end in ENDS])
def test_every_end_has_its_code_word_and_reason(
    lab: Lab, task: str, end: tuple[Callable[[Script], None], int, str, str]
) -> None:
    life, code, word, reason = end
    sha = lab.sha()
    life(lab.script(sha))

    ended = lab.inv(task, sha)

    assert (ended.code, ended.verdict["verdict"]) == (code, word)
    assert reason in ended.verdict["reason"]
    assert ended.verdict["commit"] == sha
    assert ended.last_line.startswith(f"{word}: ")


def test_red_names_workflow_step_exit_code_log_and_the_next_command(lab: Lab) -> None:
    sha = lab.sha()
    life = lab.script(sha)
    red(life)

    [failure] = lab.inv("ci.watch", sha).verdict["failures"]
    people = lab.shell.inv("ci.watch", "--sha", sha)

    assert failure["workflow"] == "build"
    assert (failure["step"], failure["exit_code"]) == ("test", 3)
    assert failure["tail"] == ["all is well", "all is lost"]
    assert people.code == 1
    assert "all is lost" in people.stderr
    assert f"inv ci.logs --pipeline {life.number} --step build/test" in people.last_line
    assert people.stdout == f"failed {life.number} {sha[:7]} https://ci.homelab.test/repos/1/pipeline/{life.number}\n"


def test_pending_is_8_for_a_look_and_124_for_a_watch_that_runs_out_of_time(lab: Lab) -> None:
    sha = lab.sha()
    life = lab.script(sha)
    life.status("running")
    life.step("build", "test", "running")

    look, watch = lab.inv("ci.status", sha), lab.inv("ci.watch", sha, "--timeout", "1s")

    assert (look.code, look.verdict["verdict"]) == (8, "pending")
    assert (watch.code, watch.verdict["verdict"]) == (124, "timeout")
    assert f"#{life.number} running" in watch.verdict["reason"]


def test_no_pipeline_is_5_and_says_which_others_there_are(lab: Lab) -> None:
    sha = lab.sha()
    tag = lab.script(sha, event="tag", branch="v1")
    tag.run("success")

    ended = lab.inv("ci.watch", sha, "--appear-timeout", "500ms")

    assert (ended.code, ended.verdict["verdict"]) == (5, "missing")
    assert f"tag on refs/tags/v1 (#{tag.number})" in ended.verdict["reason"]


def test_stuck_is_9_when_nothing_picks_it_up(lab: Lab) -> None:
    sha = lab.sha()
    life = lab.script(sha)
    life.status("pending")

    ended = lab.shell.inv("ci.watch", "--sha", sha, "--json", env={"HOMELAB_CI_STUCK_AFTER": "1s"})

    assert (ended.code, ended.verdict["verdict"]) == (9, "stuck")


def test_skip_marker_in_the_message_is_6_at_once(lab: Lab) -> None:
    sha = lab.homelab.push({"note": "skip"}, "Note it [ci skip]")

    begun = time.monotonic()
    ended = lab.inv("ci.watch", sha)

    assert (ended.code, ended.verdict["verdict"]) == (6, "skipped")
    assert time.monotonic() - begun < 5


def test_row_that_vanishes_is_6_for_it_was_filtered(lab: Lab) -> None:
    sha = lab.sha()
    life = lab.script(sha)
    life.row.workflows.clear()
    process = lab.shell.start(*INV, "ci.watch", "--sha", sha, "--json")
    before = read_until(process, '"pipeline"')

    life.vanish()

    rest = lab.shell.ended(process)
    ended = Ended(rest.code, before + rest.stdout, rest.stderr)
    assert (ended.code, ended.verdict["verdict"]) == (6, "skipped")
    assert "vanished" in ended.verdict["reason"]


def test_superseded_is_followed_over_several_hops_unless_told_otherwise(lab: Lab) -> None:
    sha = lab.sha()
    first, second, third = lab.script(sha), lab.script(lab.sha()), lab.script(lab.sha())
    for older, newer in ((first, second), (second, third)):
        older.run("killed")
        older.status("killed", superseded_by=newer.number)
    third.run("success")

    followed, left = lab.inv("ci.watch", sha), lab.inv("ci.watch", sha, "--no-follow")

    assert (followed.code, followed.verdict["verdict"]) == (0, "passed")
    assert len(followed.notes("superseded")) == 2
    assert [row["number"] for row in followed.verdict["pipelines"]] == [first.number, second.number, third.number]
    assert (left.code, left.verdict["verdict"]) == (4, "superseded")


def test_restart_replaces_its_parent(lab: Lab) -> None:
    sha = lab.sha()
    parent = lab.script(sha)
    red(parent)
    again = lab.homelab.woodpecker.restart(parent)
    again.run("success")

    assert lab.inv("ci.watch", sha).code == 0
    assert lab.inv("ci.watch", sha, "--pipeline", str(parent.number)).code == 1


def test_worst_of_several_branches_counts_and_a_branch_can_be_chosen(lab: Lab) -> None:
    sha = lab.sha()
    red(lab.script(sha, branch="topic"))
    green(lab.script(sha, branch="main"))

    assert lab.inv("ci.watch", sha).code == 1
    assert lab.inv("ci.watch", sha, "--branch", "main").code == 0


def test_other_events_are_named_and_judged_only_when_asked_for(lab: Lab) -> None:
    sha = lab.sha()
    red(lab.script(sha, event="tag", branch="v2"))
    green(lab.script(sha))

    default, both = lab.inv("ci.watch", sha), lab.inv("ci.watch", sha, "--events", "push,tag")

    assert default.code == 0
    assert {(row["trigger"], row["judged"]) for row in default.told("pipeline")} == {("tag", False), ("push", True)}
    assert both.code == 1


def test_fail_fast_ends_while_others_run(lab: Lab) -> None:
    sha = lab.sha()
    life = lab.homelab.woodpecker.script(sha, workflows={"build": ["test"], "slow": ["wait"]})
    life.status("running")
    life.workflow("slow", "running")
    life.step("slow", "wait", "running")
    life.log("build", "test", "gone")
    life.step("build", "test", "failure", exit_code=1)
    life.workflow("build", "failure")

    ended = lab.inv("ci.watch", sha, "--fail-fast")

    assert (ended.code, ended.verdict["verdict"]) == (1, "failed")
    assert ended.verdict["pipelines"][0]["status"] == "running"


def test_blocked_is_waited_out_when_asked_for(lab: Lab) -> None:
    sha = lab.sha()
    life = lab.script(sha)
    blocked(life)
    watch = lab.meanwhile("ci.watch", sha, "--wait-for-approval")
    time.sleep(1.0)

    life.run("success")

    assert watch.result().code == 0


def test_killed_that_is_rewritten_is_waited_for(lab: Lab) -> None:
    sha = lab.sha()
    life = lab.script(sha)
    life.step("build", "test", "running")
    life.workflow("build", "running")
    life.status("killed", canceled_by_user="ada")
    watch = lab.meanwhile("ci.watch", sha)
    time.sleep(1.0)
    assert not watch.done()

    life.run("success")

    assert watch.result().code == 0


def gated_push(lab: Lab, gate: Path) -> str:
    """Push a change whose test prints a line, and another one once *gate* is there."""
    test = f"echo before\nwhile [ ! -e {gate} ]; do sleep 0.05; done\necho after\n"
    return lab.homelab.push({"test.sh": test}, f"Wait for {gate.name}")


def opened(lab: Lab, gate: Path, sha: str, words: str, *flags: str) -> Ended:
    """Watch *sha*, and open *gate* once *words* were told."""
    process = lab.shell.start(*INV, "ci.watch", "--sha", sha, "--json", *flags)
    before = read_until(process, words)
    gate.touch()
    ended = lab.shell.ended(process)
    return Ended(ended.code, before + ended.stdout, ended.stderr)


def test_real_push_is_watched_to_its_end_with_every_change_told(lab: Lab, tmp_path: Path) -> None:
    gate = tmp_path / "gate"

    ended = opened(lab, gate, gated_push(lab, gate), '"name": "test", "status": "running"')

    assert ended.verdict["verdict"] == "passed"
    assert ended.events[0]["event"] == "watching"
    assert [row["status"] for row in ended.told("pipeline")][-1] == "success"
    assert {(step["name"], step["status"]) for step in ended.told("step")} >= {("test", "running"), ("test", "success")}


def test_all_logs_come_while_the_pipeline_runs_and_are_whole_in_the_end(lab: Lab, tmp_path: Path) -> None:
    gate = tmp_path / "gate"

    ended = opened(lab, gate, gated_push(lab, gate), '"text": "before"', "--logs", "all")

    assert ended.verdict["verdict"] == "passed"
    told = [log["text"] for log in ended.told("log") if log["step"] == "test"]
    assert told == ["+ bash test.sh", "before", "after"]


def test_failing_step_is_shown_with_the_end_of_its_log_while_others_run(lab: Lab) -> None:
    sha = lab.sha()
    life = lab.homelab.woodpecker.script(sha, workflows={"build": ["test"], "slow": ["wait"]})
    life.status("running")
    life.step("slow", "wait", "running")
    life.workflow("slow", "running")
    watch = lab.meanwhile("ci.watch", sha)
    time.sleep(1.0)

    life.log("build", "test", "all is lost")
    life.step("build", "test", "failure", exit_code=1)
    life.workflow("build", "failure")
    time.sleep(2.5)
    life.run("failure", exit_code=1)

    ended = watch.result()
    shown = [index for index, event in enumerate(ended.events) if event.get("text") == "all is lost"]
    assert len(shown) == 1
    assert ended.events[shown[0] + 1 :], "it is shown before the end"
    assert ended.code == 1
