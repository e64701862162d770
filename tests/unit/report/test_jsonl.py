import json

import msgspec
import pytest

from homelab_tasks.model.events import Failure, Log, Verdict
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.model.verdict import Word
from tests.unit.report.reporting import COMMIT, URL, Ascii, Shown, pipeline, red_story, red_verdict

FIELDS_OF_A_VERDICT = [
    "schema",
    "event",
    "time",
    "verdict",
    "exit_code",
    "reason",
    "hint",
    "task",
    "stage",
    "commit",
    "url",
    "pipelines",
    "failures",
    "targets",
    "seconds",
]


def test_every_line_is_an_object_with_schema_event_and_time_when_json_is_asked_for() -> None:
    shown = Shown(json=True).show(red_story())

    lines = [json.loads(line) for line in shown.result.splitlines()]
    assert [line["event"] for line in lines][:3] == ["watching", "pipeline", "pipeline"]
    assert {line["schema"] for line in lines} == {"homelab.events/1"}
    assert {line["time"] for line in lines} == {"2026-11-25T15:47:00.123Z"}


def test_the_verdict_has_the_fields_of_the_contract_when_it_ends_a_stream() -> None:
    shown = Shown(json=True).show([red_verdict()])

    line = json.loads(shown.result)
    assert list(line) == FIELDS_OF_A_VERDICT
    assert (line["verdict"], line["exit_code"]) == ("failed", 1)
    assert line["pipelines"] == [{"number": 128, "status": "failure", "url": URL}]
    step = ["pipeline", "workflow", "step", "axis", "exit_code", "error", "tail"]
    assert list(line["failures"][0]) == [*step, "target", "pod", "container"]
    assert line["commit"] == COMMIT


def test_stderr_holds_only_the_last_line_when_json_is_asked_for() -> None:
    shown = Shown(json=True).show(red_story())

    assert shown.progress == [
        "failed: docs > links exited with 1 (exit 1). Log: inv ci.logs --pipeline 128 --step docs/links"
    ]


def test_values_are_faithful_but_scrubbed_when_they_hold_controls_and_secrets() -> None:
    secrets = Secrets()
    secrets.add("hunter2hunter2")
    event = Log(pipeline=1, workflow="w", step="s", line=0, text="\x1b[2J\u202e \udc80 hunter2hunter2 日本")

    shown = Shown(json=True, secrets=secrets).show([event])

    assert json.loads(shown.result)["text"] == "\x1b[2J\u202e \udc80 ******** 日本"
    assert shown.result.isascii()
    assert "\x1b" not in shown.result


def test_a_secret_in_the_tail_is_scrubbed_when_a_verdict_quotes_it() -> None:
    secrets = Secrets()
    secrets.add("hunter2hunter2")
    verdict = Verdict(
        verdict=Word.FAILED,
        reason="hunter2hunter2",
        failures=(Failure(axis={"TOKEN": "hunter2hunter2"}, tail=("token=hunter2hunter2",)),),
    )

    shown = Shown(json=True, secrets=secrets).show([verdict])

    assert "hunter2" not in shown.result + shown.stderr.getvalue()
    assert json.loads(shown.result)["failures"][0]["tail"] == ["token=********"]


def test_seconds_have_three_decimals_when_a_clock_has_more() -> None:
    shown = Shown(json=True).show([pipeline("running", seconds=1.23456)])

    assert json.loads(shown.result)["seconds"] == 1.235


def test_nothing_is_refused_when_the_streams_are_ascii() -> None:
    shown = Shown(json=True, stdout=Ascii(), stderr=Ascii()).show([Verdict(verdict=Word.OK, reason="Grüße")])

    assert json.loads(shown.result)["reason"] == "Grüße"
    assert shown.progress == [r"ok: Gr\xfc\xdfe"]


@pytest.mark.parametrize("word", Word)
def test_the_exit_code_is_the_words_when_any_verdict_is_printed(word: Word) -> None:
    shown = Shown(json=True).show([Verdict(verdict=word, reason="r")])

    assert json.loads(shown.result)["exit_code"] == word.exit_code


def test_events_survive_a_round_trip_when_a_program_decodes_them() -> None:
    verdict = red_verdict()

    shown = Shown(json=True).show([verdict])

    assert msgspec.json.decode(shown.result, type=Verdict) == verdict
