"""Answers, believed only when they are whole and of the right kind."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import Response

from homelab_tasks.clients.web.answer import Answer
from homelab_tasks.errors import TransientError
from homelab_tasks.model.pipelines.pipeline import Pipeline

STEP = {"id": 5, "pid": 2, "name": "unit", "state": "failure", "exit_code": 3}
WORKFLOW = {"id": 4, "pid": 1, "name": "test", "state": "failure", "children": [STEP]}
ROW = {"id": 19, "number": 17, "commit": "a" * 40, "event": "push", "status": "failure", "workflows": [WORKFLOW]}
VALUES = st.recursive(st.none() | st.integers() | st.text(), st.lists)
WHOLE = json.dumps(ROW).encode()


def answer(content_type: str = "application/json; charset=utf-8") -> Answer:
    response = Response()
    response.status_code = 200
    response.headers["Content-Type"] = content_type
    return Answer(response, "ci.homelab.test")


def test_a_whole_answer_is_decoded() -> None:
    assert answer().decode(WHOLE, Pipeline).status == "failure"


@pytest.mark.parametrize("cut", range(len(WHOLE)))
def test_no_beginning_of_an_answer_is_taken_for_the_whole(cut: int) -> None:
    with pytest.raises(TransientError, match="empty bodies" if cut == 0 else "torn JSON"):
        answer().decode(WHOLE[:cut], Pipeline)


@pytest.mark.parametrize("cut", range(2, 40))
def test_no_beginning_of_a_list_is_taken_for_the_whole(cut: int) -> None:
    with pytest.raises(TransientError, match="torn JSON"):
        answer().decode(json.dumps([ROW, ROW]).encode()[:-cut], tuple[Pipeline, ...])


@pytest.mark.parametrize("name", ["started", "parent", "branch", "message", "errors", "cancel_info"])
def test_a_member_that_is_null_is_one_that_is_absent(name: str) -> None:
    assert answer().decode(json.dumps(ROW | {name: None}).encode(), Pipeline) == answer().decode(WHOLE, Pipeline)


def test_a_member_that_is_null_is_one_that_is_absent_at_any_depth() -> None:
    step = STEP | {"error": None, "started": None}
    told = ROW | {"workflows": [WORKFLOW | {"children": [step]}], "errors": [{"message": None, "type": "linter"}]}

    pipeline = answer().decode(json.dumps(told).encode(), Pipeline)

    assert (pipeline.workflows or ())[0].steps[0].error == ""
    assert pipeline.problems == ()


@pytest.mark.parametrize("name", ["id", "number", "commit", "event", "status"])
def test_what_lacks_a_member_that_decides_is_no_usable_answer(name: str) -> None:
    with pytest.raises(TransientError, match=f"JSON of another shape: Object missing required field `{name}`"):
        answer().decode(json.dumps(ROW | {name: None}).encode(), Pipeline)


def test_json_that_is_nested_without_end_is_no_usable_answer() -> None:
    with pytest.raises(TransientError, match="torn JSON"):
        answer().decode(b"[" * 200_000, Pipeline)


@given(st.binary() | st.text().map(str.encode) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_anything_else_is_no_usable_answer(content: bytes) -> None:
    with pytest.raises(TransientError) as raised:
        answer().decode(content, Pipeline)
    assert raised.value.answered


@pytest.mark.parametrize(
    ("content_type", "words"),
    [
        ("text/html; charset=UTF-8", r"answers with HTML instead of JSON \(HTTP 200\)"),
        ("text/plain", r"answers with text/plain instead of JSON \(HTTP 200\)"),
        ("", r"answers with an unnamed type instead of JSON \(HTTP 200\)"),
    ],
)
def test_json_of_another_type_is_not_believed(content_type: str, words: str) -> None:
    with pytest.raises(TransientError, match=words):
        answer(content_type).decode(WHOLE, Pipeline)
