"""What the event stream tells, and what it does not."""

from tests.integration.contract.server import ContractServer, step, workflow

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
