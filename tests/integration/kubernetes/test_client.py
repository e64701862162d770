"""How the client gets through what an API server, and what stands before it, can do."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse

from homelab_tasks.model.events import Note, NoteKind
from homelab_tasks.model.rollouts.target import Kind
from homelab_tasks.model.verdict import Word
from homelab_tasks.sandbox.kubernetes.answers import status
from homelab_tasks.sandbox.kubernetes.server import KubernetesServer
from tests.integration.kubernetes.lab import Lab, later

A, B = "aaaaaaa", "bbbbbbb"
Fault = Callable[[Request], Response | None]


@pytest.fixture
def fail(server: KubernetesServer) -> Iterator[Callable[[Fault | None], None]]:
    """Lets requests fail as a function says, until the test is over."""
    well = server.api.faults

    def use(fault: Fault | None) -> None:
        server.api.faults = fault or well

    yield use
    server.api.faults = well


def is_watch(request: Request) -> bool:
    return "watch" in request.query_params


def change(lab: Lab) -> None:
    """Let B follow on A, which is complete."""
    lab.apply(tag=A)
    lab.wait(A)


def test_a_version_that_is_too_old_is_listed_anew(stand_in: Lab, server: KubernetesServer) -> None:
    change(stand_in)

    def forget() -> None:
        server.cluster.store.compact()
        stand_in.apply(tag=B)

    with later(0.5, forget):
        verdict = stand_in.wait(B)

    assert verdict.verdict is Word.ROLLED_OUT


def test_an_expired_watch_is_listed_anew_when_the_status_says_so(
    stand_in: Lab, server: KubernetesServer, fail: Callable[[Fault | None], None]
) -> None:
    change(stand_in)
    server.api.asked.clear()
    refused: list[str] = []

    def expired(request: Request) -> Response | None:
        if is_watch(request) and len(refused) < 3:
            refused.append(request.url.path)
            return status(410, "Expired", "too old resource version")
        return None

    fail(expired)
    with later(0.5, lambda: stand_in.apply(tag=B)):
        events, verdict = stand_in.events(B)

    assert verdict.verdict is Word.ROLLED_OUT
    assert not [event for event in events if isinstance(event, Note)]
    assert [each for each in server.api.asked if "/deployments?" in each and each.endswith("limit=1")]


def test_a_list_that_does_not_end_is_an_outage(
    stand_in: Lab, server: KubernetesServer, fail: Callable[[Fault | None], None]
) -> None:
    change(stand_in)
    page = {"metadata": {"resourceVersion": "1", "continue": "again"}, "kind": "PodList", "items": []}
    fail(lambda request: JSONResponse(page) if request.url.path.endswith("/pods") else None)

    verdict = stand_in.wait(A, timeout=3)

    assert verdict.verdict is Word.UNAVAILABLE
    assert "does not end" in verdict.reason


def test_every_page_of_a_list_counts_as_a_request(stand_in: Lab, server: KubernetesServer) -> None:
    stand_in.apply(tag=A, replicas=4)
    stand_in.wait(A)
    cluster = stand_in.connect(None)
    found = cluster.workload(Kind.DEPLOYMENT, stand_in.namespace, "web").workload
    sent, server.api.largest_page = cluster.requests, 1

    pods = cluster.pods(found)
    server.api.largest_page = 500
    cluster.close()

    assert len(pods) == 4
    assert cluster.requests - sent == 4


def test_the_target_is_found_by_its_name_when_a_server_lists_others_too(
    stand_in: Lab, server: KubernetesServer, fail: Callable[[Fault | None], None]
) -> None:
    change(stand_in)
    found = server.cluster.store.get("deployments", stand_in.namespace, "web")
    assert found is not None
    other = {**found, "metadata": {**found["metadata"], "name": "other"}, "spec": {}}
    listed = {"kind": "DeploymentList", "metadata": {"resourceVersion": "1"}, "items": [other, found]}
    fail(lambda request: JSONResponse(listed) if request.url.path.endswith("/deployments") else None)

    assert stand_in.look(A).verdict is Word.ROLLED_OUT


@pytest.mark.parametrize("image", [None, ""])
def test_an_image_that_is_null_names_nothing(
    stand_in: Lab, server: KubernetesServer, fail: Callable[[Fault | None], None], image: str | None
) -> None:
    change(stand_in)
    found = server.cluster.store.get("deployments", stand_in.namespace, "web")
    assert found is not None
    found["spec"]["template"]["spec"]["containers"][0]["image"] = image
    listed = {"kind": "DeploymentList", "metadata": {"resourceVersion": "1"}, "items": [found]}
    fail(lambda request: JSONResponse(listed) if request.url.path.endswith("/deployments") else None)

    assert stand_in.look(A).verdict is Word.MISSING


def test_a_limit_of_the_rate_is_waited_out(stand_in: Lab, fail: Callable[[Fault | None], None]) -> None:
    change(stand_in)
    limited: list[float] = []

    def limit(request: Request) -> Response | None:
        if not is_watch(request) and len(limited) < 2:
            limited.append(0)
            return Response(status_code=429, headers={"Retry-After": "1"})
        return None

    fail(limit)
    verdict = stand_in.wait(A)

    assert verdict.verdict is Word.ROLLED_OUT
    assert verdict.seconds is not None
    assert verdict.seconds >= 2


@pytest.mark.parametrize(
    "answer", [HTMLResponse("<h1>Bad Gateway</h1>", 502), HTMLResponse("<h1>Not Found</h1>", 404), Response(b"", 200)]
)
def test_an_answer_that_is_none_is_an_outage_and_no_verdict(
    stand_in: Lab, fail: Callable[[Fault | None], None], answer: Response
) -> None:
    change(stand_in)
    fail(lambda _: answer)

    with later(1.5, lambda: fail(None)):
        events, verdict = stand_in.events(A)

    kinds = [event.kind for event in events if isinstance(event, Note)]
    assert verdict.verdict is Word.ROLLED_OUT
    assert kinds == [NoteKind.RETRYING, NoteKind.RECOVERED]


def test_a_watch_that_is_open_and_silent_costs_seconds_only(
    stand_in: Lab, fail: Callable[[Fault | None], None]
) -> None:
    change(stand_in)

    async def silence() -> AsyncIterator[bytes]:
        await asyncio.sleep(20)
        yield b""

    fail(lambda request: StreamingResponse(silence()) if is_watch(request) else None)
    with later(0.5, lambda: stand_in.apply(tag=B)):
        verdict = stand_in.wait(B)
    fail(None)

    assert verdict.verdict is Word.ROLLED_OUT
    assert verdict.seconds is not None
    assert verdict.seconds < 12


def test_a_watch_that_tells_nonsense_is_opened_again(stand_in: Lab, fail: Callable[[Fault | None], None]) -> None:
    change(stand_in)
    fail(lambda request: Response(b'{"type": "MODIFIED"}\nnonsense\n', 200) if is_watch(request) else None)

    with later(0.5, lambda: stand_in.apply(tag=B)):
        verdict = stand_in.wait(B)

    assert verdict.verdict is Word.ROLLED_OUT


def test_a_redirect_is_not_followed(stand_in: Lab, fail: Callable[[Fault | None], None]) -> None:
    change(stand_in)
    fail(lambda _: RedirectResponse("https://login.example.org/?token=x", 302))

    verdict = stand_in.wait(A, timeout=8)

    assert verdict.verdict is Word.UNAVAILABLE
    assert "login.example.org" in verdict.reason
    assert "token=x" not in verdict.reason


def test_pods_are_read_in_pages_and_by_the_targets_selector_only(stand_in: Lab, server: KubernetesServer) -> None:
    server.api.largest_page = 2
    stand_in.apply(tag=A, replicas=5)
    stand_in.apply(name="other", tag=A, replicas=3)
    stand_in.wait(A, "web,other")
    del server.api.asked[:]

    verdict = stand_in.wait(A)
    server.api.largest_page = 500

    pods = [asked for asked in server.api.asked if "/pods?" in asked and asked.startswith("list")]
    assert verdict.verdict is Word.ROLLED_OUT
    assert len([asked for asked in pods if "continue" in asked]) >= 2
    assert all("labelSelector=app%3Dweb" in asked for asked in pods)
    workloads = [asked for asked in server.api.asked if "/deployments?" in asked]
    assert all("fieldSelector=metadata.name%3Dweb" in asked for asked in workloads)
