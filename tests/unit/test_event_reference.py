"""The references of events and exit codes say what the code says."""

import json
import re
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

from homelab_tasks.model import events
from homelab_tasks.model.events import SCHEMA, Event, Failure, PipelineSummary, TargetVerdict
from homelab_tasks.model.verdict import EXIT_CODES, PIPELINES_WORST_FIRST, TARGETS_WORST_FIRST

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
KINDS = {
    each.__struct_config__.tag: each
    for each in vars(events).values()
    if isinstance(each, type) and issubclass(each, Event) and each is not Event
}
PARTS = {"verdict.pipelines": PipelineSummary, "verdict.failures": Failure, "verdict.targets": TargetVerdict}
MADE_BY_THE_VIEW = {"verdict": [("exit_code", "number")]}
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \|", re.MULTILINE)


def described(heading: str) -> list[tuple[str, str]]:
    page = (REFERENCE / "events.md").read_text()
    section = re.search(rf"^##+ {re.escape(heading)}$(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)
    assert section, heading
    return ROW.findall(section[1])


def typed(hint: Any) -> str:
    if isinstance(hint, UnionType):
        return f"{typed(next(part for part in get_args(hint) if part is not NoneType))} or null"
    if get_origin(hint) is tuple:
        return "list of text" if get_args(hint)[0] is str else "list of objects"
    if get_origin(hint) is dict:
        return "mapping"
    if hint is bool:
        return "boolean"
    return "text" if issubclass(hint, str) else "number"


@pytest.mark.parametrize("name", [*KINDS, *PARTS])
def test_every_field_is_described_with_its_type(name: str) -> None:
    hints = get_type_hints((KINDS | PARTS)[name])
    expected = [(field, typed(hints[field])) for field in (KINDS | PARTS)[name].__struct_fields__]
    if name in MADE_BY_THE_VIEW:
        expected[1:1] = MADE_BY_THE_VIEW[name]

    assert described(name) == expected


@pytest.mark.parametrize(
    ("event", "field", "values"),
    [("note", "kind", events.NoteKind), ("land", "phase", events.LandPhase), ("rollout", "phase", events.Phase)],
)
def test_every_value_is_named_when_a_field_has_only_some(event: str, field: str, values: type[Any]) -> None:
    page = (REFERENCE / "events.md").read_text()
    section = page.partition(f"## {event}\n")[2].partition("\n## ")[0]
    meaning = next(line for line in section.splitlines() if line.startswith(f"| `{field}`")).split("|")[3]

    assert re.findall("`([^`]+)`", meaning) == [value.value for value in values]


def test_the_example_is_what_the_code_reads_and_writes() -> None:
    example = (REFERENCE / "events.md").read_text().partition("```json\n")[2].partition("```")[0]
    lines = [json.loads(line) for line in example.splitlines()]

    for line in lines:
        event = msgspec.convert(line, KINDS[line["event"]])
        added = {"schema": SCHEMA, "time": line["time"]}
        if line["event"] == "verdict":
            added["exit_code"] = event.exit_code  # type: ignore[attr-defined]
        assert json.loads(json.dumps(msgspec.to_builtins(event))) | added == line
    assert lines[-1]["event"] == "verdict"


def test_every_exit_code_is_described() -> None:
    rows = re.findall(r"^\| (\d+) \| `([^`]+)` \|", (REFERENCE / "exit-codes.md").read_text(), re.MULTILINE)

    assert rows == [(str(code), word.value) for word, code in EXIT_CODES.items()]


def test_the_orders_of_verdicts_are_described() -> None:
    page = " ".join((REFERENCE / "exit-codes.md").read_text().split())

    for order in (PIPELINES_WORST_FIRST, TARGETS_WORST_FIRST):
        assert ", ".join(order) in page
