"""What Woodpecker sends, decoded as the client does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homelab_tasks.clients.web.answer import decode_json
from homelab_tasks.clients.web.event_stream import EndOfStream
from homelab_tasks.clients.web.sse import EventParser, ServerSentEvent
from homelab_tasks.clients.woodpecker_wire import OLD_NAMES, hint, log_line, told_log_line
from homelab_tasks.model.pipelines.hints import HintKind
from homelab_tasks.model.pipelines.pipeline import LogLine, Pipeline

DIRECTORY = Path(__file__).parents[2] / "recordings" / "woodpecker"
FILES = sorted(DIRECTORY.glob("*.jsonl"))


def rows(file: Path, kind: str) -> Iterator[dict[str, Any]]:
    return (row for line in file.read_text().splitlines() if (row := json.loads(line))["kind"] == kind)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_recorded_answer_is_decoded(file: Path) -> None:
    for kind, shape in (("list", tuple[Pipeline, ...]), ("detail", Pipeline)):
        for row in rows(file, kind):
            if row.get("status") == 200:
                decode_json(json.dumps(row["body"]).encode(), shape, OLD_NAMES)
    for row in rows(file, "log"):
        for entry in row["body"] or ():
            log_line(entry)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_recorded_event_is_decoded(file: Path) -> None:
    parser = EventParser()
    raw = [row["raw"] for row in rows(file, "sse") if "raw" in row]
    events = [event for line in raw for event in parser.feed(f"{line}\n\n".encode())]

    assert len(events) == sum(line.startswith("data:") for line in raw)
    for event in events:
        told = hint(event)
        assert told.pipeline is not None
        assert told.repository_id > 0


def test_the_names_of_version_2_are_those_of_version_3_at_any_depth() -> None:
    step = {"id": 1, "pid": 2, "name": "a", "state": "success", "start_time": 3, "end_time": 4}
    workflow = {"id": 1, "pid": 1, "name": "w", "state": "success", "start_time": 2, "end_time": 5, "children": [step]}
    row = {"id": 1, "number": 1, "commit": "a", "event": "push", "status": "success", "created_at": 1,
           "updated_at": 6, "started_at": 2, "finished_at": 5, "workflows": [workflow]}  # fmt: skip

    pipeline = decode_json(json.dumps(row).encode(), Pipeline, OLD_NAMES)

    assert (pipeline.created, pipeline.updated, pipeline.started, pipeline.finished) == (1, 6, 2, 5)
    assert pipeline.workflows is not None
    (told,) = pipeline.workflows
    assert (told.started, told.finished, told.steps[0].started, told.steps[0].finished) == (2, 5, 3, 4)


@pytest.mark.parametrize("data", ["", "{torn", "{}", "null", "[]", '{"repo": {"id": 1}}'])
def test_an_event_that_cannot_be_read_is_still_a_reason_to_look(data: str) -> None:
    told = hint(ServerSentEvent(data=data))

    assert told.kind is HintKind.CHANGED
    assert told.pipeline is None


@pytest.mark.parametrize("name", ["eof", "error"])
def test_the_end_of_a_log_ends_the_stream(name: str) -> None:
    with pytest.raises(EndOfStream):
        told_log_line(ServerSentEvent(event=name, data="eof"))


@pytest.mark.parametrize("data", ["{torn", "{}", '{"line": 1, "data": "%"}', "null"])
def test_a_log_line_that_cannot_be_read_is_left_out(data: str) -> None:
    assert told_log_line(ServerSentEvent(data=data)) is None


@pytest.mark.parametrize(
    ("data", "text"),
    [(None, ""), ("", ""), ("YQ==", "a"), ("YQo=", "a"), ("YQoK", "a\n"), ("/w==", "\ufffd"), ("YQ0=", "a\r")],
)
def test_the_data_of_a_log_line_is_base64_or_null(data: str | None, text: str) -> None:
    assert log_line({"line": 7, "data": data, "type": 0}) == LogLine(line=7, text=text)
