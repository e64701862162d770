import re
import time

import pytest

from homelab_tasks.model.events import (
    Failure,
    Land,
    LandPhase,
    Log,
    Note,
    NoteKind,
    Phase,
    PipelineSummary,
    Rollout,
    StepSeen,
    TargetVerdict,
    Verdict,
    Watching,
)
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.model.verdict import Word
from tests.unit.report.reporting import URL, Ascii, Shown, pipeline, red_story, red_verdict


def unstamped(lines: list[str]) -> list[str]:
    return [re.sub(r"^\d\d:\d\d:\d\d ", "", line) for line in lines]


def test_a_red_commit_is_told_one_line_a_change_when_stderr_is_a_pipe() -> None:
    shown = Shown().show(red_story())

    assert unstamped(shown.progress) == [
        "ci.watch lab/app 3f9c2e1 on ci.homelab.test via 10.0.20.203 https://ci.homelab.test/repos/1",
        f"#128 push main created {URL}",
        "#128 running",
        "#128 lint running",
        "#128 docs running",
        "#128 lint success 12s",
        "#128 docs > links failure (exit 1) 6s",
        "#128 running 1m00s, ~50s left: docs",
        "#128 docs failure 18s",
        "#128 failure 1m52s",
        "✗ failed #128 1m52s docs > links exited with 1",
        "  │ checking 118 links",
        "  │ docs/how-to/vault.md:31: 404 https://kv.test/",
        "  log    inv ci.logs --pipeline 128 --step docs/links",
        "  retry  inv ci.restart --pipeline 128 --watch",
        f"  {URL}",
        "failed: docs > links exited with 1 (exit 1). Log: inv ci.logs --pipeline 128 --step docs/links",
    ]
    assert shown.result == f"failed 128 3f9c2e1 {URL}\n"


def test_each_change_carries_its_local_time_when_it_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        shown = Shown().show([pipeline("created")])
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()

    assert shown.progress == [f"21:17:00 #128 push main created {URL}"]  # 15:47 UTC


def test_nothing_is_printed_when_nothing_changed() -> None:
    shown = Shown().show([pipeline("running"), pipeline("running", seconds=5), pipeline("running", seconds=9)])

    assert len(shown.progress) == 1


def test_a_restart_names_its_parent_when_it_is_first_seen() -> None:
    shown = Shown().show([pipeline("created", number=129, parent=128)])

    assert "(restart of #128)" in shown.progress[0]


def test_no_escape_is_written_when_nobody_asked_for_colours() -> None:
    shown = Shown().show(red_story())

    assert "\x1b" not in shown.stderr.getvalue() + shown.result


def test_the_status_word_is_coloured_when_force_color_is_set() -> None:
    shown = Shown(environment={"FORCE_COLOR": "1"}).show(red_story())

    assert shown.progress[-1].startswith("\x1b[31mfailed\x1b[0m: docs > links")
    assert "\x1b[32msuccess\x1b[0m" in shown.stderr.getvalue()
    assert set(re.findall(r"\x1b\[[0-9;]*(.)", shown.stderr.getvalue())) == {"m"}
    assert shown.result == f"failed 128 3f9c2e1 {URL}\n"


def test_no_color_wins_when_both_variables_are_set() -> None:
    shown = Shown(environment={"FORCE_COLOR": "1", "NO_COLOR": "1"}).show(red_story())

    assert "\x1b" not in shown.stderr.getvalue()


def test_text_from_a_server_is_harmless_when_it_holds_escapes_and_secrets() -> None:
    secrets = Secrets()
    secrets.add("hunter2hunter2")
    hostile = "\x1b]0;gotcha\x07 hunter2hunter2 \u202egnp"

    shown = Shown(secrets=secrets).show([Note(kind=NoteKind.WARNING, text=hostile)])

    assert unstamped(shown.progress) == [r"warning: \x1b]0;gotcha\x07 ******** \u202egnp"]


def test_a_secret_is_found_when_it_holds_control_characters() -> None:
    secrets = Secrets()
    secrets.add("hunter2\x01hunter2")

    shown = Shown(secrets=secrets).show([Note(kind=NoteKind.WARNING, text="hunter2\x01hunter2")])

    assert unstamped(shown.progress) == ["warning: ********"]


def test_a_command_can_be_pasted_when_a_server_chose_the_names_in_it() -> None:
    failure = Failure(pipeline=128, workflow="docs", step="links; $(id)", exit_code=1)

    shown = Shown().show([Verdict(verdict=Word.FAILED, reason="r", failures=(failure,))])

    assert "  log    inv ci.logs --pipeline 128 --step 'docs/links; $(id)'" in shown.progress


def test_the_commands_of_a_red_end_are_called_as_the_task_was() -> None:
    shown = Shown(call="homelab ").show(red_story())

    assert "  log    homelab ci.logs --pipeline 128 --step docs/links" in shown.progress
    assert "  retry  homelab ci.restart --pipeline 128 --watch" in shown.progress


def test_each_failure_is_told_with_its_own_log_and_page_when_there_are_several() -> None:
    failures = (
        Failure(pipeline=128, workflow="test", axis={"GO": "1.24"}, step="unit", exit_code=1, tail=("boom",)),
        Failure(pipeline=129, workflow="docs", error="no agent"),
    )
    pipelines = tuple(
        PipelineSummary(number=number, status=status, url=f"https://ci.test/{number}")
        for number, status in ((128, "failure"), (129, "error"), (130, "success"))
    )
    reason = "test (GO=1.24) > unit exited with 1 (and 1 more)"

    shown = Shown().show([Verdict(verdict=Word.FAILED, reason=reason, failures=failures, pipelines=pipelines)])

    assert shown.progress[1:-1] == [
        "  │ boom",
        "  log    inv ci.logs --pipeline 128 --step 'test (GO=1.24)/unit'",
        "✗ docs failed: no agent",
        "  retry  inv ci.restart --pipeline 128 --watch",
        "  retry  inv ci.restart --pipeline 129 --watch",
        "  https://ci.test/128",
        "  https://ci.test/129",
    ]


def test_only_the_target_that_failed_is_named_when_others_are_rolled_out() -> None:
    targets = (
        TargetVerdict(target="web", verdict=Word.ROLLED_OUT, reason="3 of 3 available"),
        TargetVerdict(target="api", verdict=Word.FAILED, reason="CrashLoopBackOff"),
    )
    failure = Failure(target="api", error="CrashLoopBackOff", tail=("KeyError",))
    verdict = Verdict(
        verdict=Word.FAILED, reason="api: CrashLoopBackOff", targets=targets, failures=(failure,), seconds=13
    )

    assert Shown().show([verdict]).progress[0] == "✗ failed 13s api: CrashLoopBackOff"


def test_nothing_is_said_twice_when_the_last_line_says_all_of_it() -> None:
    reason = "web: not complete after 20s: 0 of 2 updated"
    failure = Failure(target="web", error="not complete after 20s: 0 of 2 updated")

    shown = Shown().show([Verdict(verdict=Word.TIMEOUT, reason=reason, failures=(failure,), seconds=20)])

    assert shown.progress == [f"timeout: {reason} (exit 124)"]


def test_everything_is_ascii_when_the_encoding_has_nothing_else() -> None:
    shown = Shown(stdout=Ascii(), stderr=Ascii())

    shown.show([Note(kind=NoteKind.WARNING, text="Grüße 日本"), pipeline("failure", seconds=112), red_verdict()])

    assert unstamped(shown.progress)[0] == r"warning: Gr\xfc\xdfe \u65e5\u672c"
    assert "x failed #128 1m52s docs > links exited with 1" in shown.progress
    assert "  | checking 118 links" in shown.progress


def test_a_hint_in_lower_case_follows_a_semicolon_when_it_continues_the_reason() -> None:
    verdict = Verdict(verdict=Word.USAGE, reason="unknown setting homelab.woodpecker.ulr", hint="did you mean url?")

    shown = Shown().show([verdict])

    assert shown.progress == ["usage: unknown setting homelab.woodpecker.ulr (exit 2); did you mean url?"]
    assert shown.result == "usage\n"


def test_a_log_is_the_result_when_it_was_asked_for() -> None:
    lines = [
        Log(pipeline=128, workflow="docs", step="links", line=number, text=text) for number, text in enumerate("ab")
    ]

    shown = Shown().show([Watching(task="ci.logs"), *lines, Verdict(verdict=Word.OK, reason="2 lines")])

    assert shown.result == "a\nb\n"
    assert shown.progress[-1] == "ok: 2 lines"


def test_each_line_of_a_log_names_its_step_when_there_are_several() -> None:
    shown = Shown().show(
        [
            Watching(task="ci.logs"),
            StepSeen(pipeline=128, workflow="docs", name="links", status="failure"),
            StepSeen(pipeline=128, workflow="test", name="unit", status="failure"),
            Log(pipeline=128, workflow="docs", step="links", line=0, text="404\x1b[2J"),
            Log(pipeline=128, workflow="test", step="unit", line=0, text="boom"),
        ]
    )

    assert shown.result == "docs > links | 404\\x1b[2J\ntest > unit | boom\n"


def test_no_line_names_its_step_when_it_is_one_of_a_matrix() -> None:
    shown = Shown().show(
        [
            Watching(task="ci.logs"),
            StepSeen(pipeline=128, workflow="test", axis={"GO": "1.24"}, name="unit", status="failure"),
            Log(pipeline=128, workflow="test (GO=1.24)", step="unit", line=0, text="boom"),
        ]
    )

    assert shown.result == "boom\n"


def test_the_output_of_verify_is_quoted_and_its_reason_said_once_when_it_fails() -> None:
    reason = "verify (nox) ended with 1 on the merged result"
    failure = Failure(step="verify", exit_code=1, error=reason, tail=("boom",))

    shown = Shown().show([Verdict(verdict=Word.FAILED, reason=reason, failures=(failure,), task="work.land")])

    assert shown.progress == [f"✗ failed {reason}", "  │ boom", f"failed: {reason} (exit 1)"]


def test_a_rollout_counts_its_pods_when_the_event_has_no_words_of_its_own() -> None:
    event = Rollout(
        target="web/deployment/web", phase=Phase.ROLLOUT, image="web:3f9c2e1", desired=3, updated=2, available=2
    )

    shown = Shown().show([event, event])

    assert unstamped(shown.progress) == ["web/deployment/web rollout: web:3f9c2e1 2 of 3 updated, 2 available"]


def test_a_landing_says_its_attempt_once_when_a_race_was_lost() -> None:
    shown = Shown().show(
        [
            Land(phase=LandPhase.PUSH, attempt=1, text="lost the race: main moved to 0d7e5b1"),
            Land(phase=LandPhase.SYNC, attempt=2, text="main is at 0d7e5b1"),
            Land(phase=LandPhase.VERIFY, attempt=2, text="nox -s tests  36s"),
        ]
    )

    assert unstamped(shown.progress) == [
        "push lost the race: main moved to 0d7e5b1",
        "sync main is at 0d7e5b1 (attempt 2)",
        "verify nox -s tests  36s",
    ]
