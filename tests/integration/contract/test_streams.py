"""What the event stream tells, and what it does not."""

import json

from tests.integration.contract.server import ContractServer, Json, eventually, step, steps_of, workflow

HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "no-store",
    "Content-Type": "text/event-stream",
    "X-Accel-Buffering": "no",
}


def test_the_stream_tells_a_pipeline_from_created_to_its_end_with_its_workflows(server: ContractServer) -> None:
    with server.listening() as listener:
        commit = server.push({".woodpecker/build.yaml": workflow(step("one"), step("two"))})
        told = listener.until(lambda pipeline: pipeline["commit"] == commit and pipeline["status"] == "success")

    mine = [event["pipeline"] for event in told if event["pipeline"]["commit"] == commit]
    assert all(list(event) == ["repo", "pipeline"] for event in told)
    assert {event["repo"]["id"] for event in told if event["pipeline"]["commit"] == commit} == {server.repository_id}
    assert mine[0]["status"] == "created"
    assert [pipeline["status"] for pipeline in mine[1:3]] == ["pending", "pending"]
    assert all(pipeline["workflows"] for pipeline in mine)
    assert mine[-1] == server.detail(mine[0]["number"])
    name, value = zip(*HEADERS.items(), strict=True)
    assert tuple(listener.headers[key].split(";")[0] for key in name) == value


def test_the_stream_says_nothing_of_what_was_filtered(server: ContractServer) -> None:
    with server.listening() as listener:
        filtered = server.push({".woodpecker/build.yaml": workflow(step("x"), when={"event": "cron"})})
        commit = server.push({".woodpecker/build.yaml": workflow(step("x"))})
        told = listener.until(lambda pipeline: pipeline["commit"] == commit and pipeline["status"] == "success")

    assert filtered not in {event["pipeline"]["commit"] for event in told}


def test_the_stream_tells_of_a_broken_configuration_once(server: ContractServer) -> None:
    with server.listening() as listener:
        commit = server.push({".woodpecker/build.yaml": "steps: [\n"})
        told = listener.until(lambda pipeline: pipeline["commit"] == commit)

    assert told[-1]["pipeline"]["status"] == "error"
    assert "workflows" not in told[-1]["pipeline"]


def test_the_anonymous_hear_of_public_repositories(server: ContractServer) -> None:
    with server.listening(token="no-such-token") as listener:
        commit = server.push({".woodpecker/build.yaml": workflow(step("x"))})
        told = listener.until(lambda pipeline: pipeline["commit"] == commit)

    assert told[-1]["pipeline"]["commit"] == commit


def test_the_stream_of_a_log_that_is_not_there_tells_that_in_an_event_and_ends(server: ContractServer) -> None:
    path = f"/api/stream/logs/{server.repository_id}/0/0"

    with server.get(path, stream=True) as answer:
        told = answer.text

    assert told == ": ping\n\nevent: error\ndata: pipeline not found\n\n"


def frames(server: ContractServer, pipeline: Json, found: Json) -> list[str]:
    """The stream of a step's log until it ends."""
    path = f"/api/stream/logs/{server.repository_id}/{pipeline['number']}/{found['id']}"
    with server.get(path, stream=True) as answer:
        assert answer.status_code == 200
        first, *told = [frame for frame in answer.text.split("\n\n") if frame]
    assert first == ": ping"
    return [frame for frame in told if frame != ": ping"]


def test_the_log_of_a_running_step_is_streamed_and_ends_with_its_workflow(server: ContractServer) -> None:
    row = server.appears(server.push({".woodpecker/build.yaml": workflow(step("slow", nap=2))}))
    running = eventually(
        lambda: found if (found := server.detail(row["number"])).get("workflows") and is_running(found) else None,
        "the step to run",
    )

    told = frames(server, running, steps_of(running)["slow"])

    *lines, end = told
    assert end == "event: eof\ndata: eof"
    entries = [json.loads(frame.split("data: ", 1)[1]) for frame in lines]
    assert [entry["line"] for entry in entries] == list(range(len(entries)))
    assert server.detail(row["number"])["workflows"][0]["state"] != "pending"


def test_the_log_stream_of_a_step_that_does_not_run_is_an_error_frame(server: ContractServer) -> None:
    ended = server.run({".woodpecker/build.yaml": workflow(step("quick"))}, "success")

    assert frames(server, ended, steps_of(ended)["quick"]) == ["event: error\ndata: step not running (anymore)"]
    assert frames(server, ended, {"id": 99999}) == ["event: error\ndata: process not found"]
    assert frames(server, {"number": 99999}, {"id": 1}) == ["event: error\ndata: pipeline not found"]


def is_running(pipeline: Json) -> bool:
    return bool(steps_of(pipeline)["slow"]["state"] == "running")
