"""Each fault of the load balancer, as a client sees it."""

import json
import time
from collections.abc import Iterator

import pytest
import requests

from homelab_tasks.sandbox.faults import FAULTS
from homelab_tasks.sandbox.homelab import Homelab
from tests.integration.sandbox.pinned import Ci

LOOKUP = "/api/repos/lookup/lab/app"


@pytest.fixture
def ci(shared_homelab: Homelab) -> Iterator[Ci]:
    made = Ci(shared_homelab)
    yield made
    made.close()
    shared_homelab.faults.clear()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("empty", {(200, "application/json", b"")}),
        ("html", {(200, "text/html", b"<html>")}),
        ("5xx", {(502, "text/html", b"<html>"), (503, None, b"")}),
        ("401-flap", {(401, None, b"")}),
        ("404-flap", {(404, None, b"")}),
        ("rate-limit", {(429, None, b"")}),
        ("redirect", {(302, None, b"")}),
    ],
)
def test_a_fault_answers_instead_of_the_server(
    shared_homelab: Homelab, ci: Ci, fault: str, expected: set[tuple[int, str | None, bytes]]
) -> None:
    shared_homelab.faults.use(fault, probability=1)

    answers = [ci.get(LOOKUP) for _ in range(6)]

    beginning = len(b"<html>")
    assert {(each.status_code, each.headers.get("Content-Type"), each.content[:beginning]) for each in answers} == (
        expected
    )


def test_a_rate_limit_says_when_to_come_back_and_a_redirect_leads_elsewhere(shared_homelab: Homelab, ci: Ci) -> None:
    shared_homelab.faults.use("rate-limit", probability=1)
    assert ci.get(LOOKUP).headers["Retry-After"] == "1"
    shared_homelab.faults.clear()

    shared_homelab.faults.use("redirect")

    assert ci.get(LOOKUP).headers["Location"] == "https://login.homelab.test/"


def test_a_torn_answer_is_half_of_it_with_or_without_a_promised_length(shared_homelab: Homelab, ci: Ci) -> None:
    whole = ci.get(LOOKUP).content
    shared_homelab.faults.use("torn", probability=1)

    seen = set()
    for _ in range(8):
        try:
            answer = ci.get(LOOKUP)
        except requests.exceptions.ChunkedEncodingError:
            seen.add("broken off")
        else:
            seen.add("looks complete")
            assert answer.content == whole[: len(whole) // 2]

    assert seen == {"broken off", "looks complete"}


def test_a_reset_closes_the_connection_instead_of_an_answer(shared_homelab: Homelab, ci: Ci) -> None:
    shared_homelab.faults.use("reset", probability=1)

    with pytest.raises(requests.exceptions.ConnectionError, match=r"reset|aborted"):
        ci.get(LOOKUP)


def test_a_black_hole_accepts_and_never_answers(shared_homelab: Homelab, ci: Ci) -> None:
    shared_homelab.faults.use("blackhole", probability=1)

    with pytest.raises(requests.exceptions.ReadTimeout):
        ci.get(LOOKUP, timeout=0.3)


def test_a_slow_answer_comes_whole(shared_homelab: Homelab, ci: Ci) -> None:
    shared_homelab.faults.use("slow")
    started = time.monotonic()

    answer = ci.get(LOOKUP)

    assert answer.json()["full_name"] == "lab/app"
    assert time.monotonic() - started >= 2


@pytest.mark.parametrize("fault", ["wrong-certificate", "expired-certificate", "unknown-certificate"])
def test_a_certificate_that_must_not_be_trusted_is_shown_until_the_fault_ends(
    shared_homelab: Homelab, fault: str
) -> None:
    shared_homelab.faults.use(fault)
    ci = Ci(shared_homelab)
    with pytest.raises(requests.exceptions.SSLError):
        ci.get(LOOKUP)
    shared_homelab.faults.clear()

    answer = ci.get(LOOKUP)

    assert answer.status_code == 200
    ci.close()


def test_a_dead_address_refuses_while_the_other_one_serves(shared_homelab: Homelab) -> None:
    first, second = Ci(shared_homelab), Ci(shared_homelab, address=1)
    shared_homelab.faults.use("dead-address")
    wait_until_refused(first)

    answer = second.get(LOOKUP)

    assert answer.status_code == 200
    shared_homelab.faults.clear()
    wait_until_served(first)
    first.close()
    second.close()


def test_only_what_a_fault_is_about_fails(shared_homelab: Homelab, ci: Ci) -> None:
    life = shared_homelab.woodpecker.script("a" * 40)
    step = life.row.workflows[0].steps[0].id
    shared_homelab.faults.use("detail-empty")
    shared_homelab.faults.use("logs-fail")

    detail = ci.get(f"/api/repos/1/pipelines/{life.number}")
    log = ci.get(f"/api/repos/1/logs/{life.number}/{step}")

    assert (detail.status_code, detail.content) == (200, b"")
    assert log.status_code == 503
    assert ci.get("/api/repos/1/pipelines").json()[0]["number"] == life.number
    assert ci.get("/v1/sys/health", host="vault.homelab.test").json()["sealed"] is False


def test_a_mute_stream_opens_and_says_nothing(shared_homelab: Homelab, ci: Ci) -> None:
    shared_homelab.faults.use("stream-mute")

    with ci.get("/api/stream/events", stream=True, timeout=(1, 0.3)) as answer:
        shared_homelab.woodpecker.script("b" * 40).status("running")

        assert answer.status_code == 200
        with pytest.raises(requests.exceptions.ConnectionError, match="timed out"):
            next(answer.iter_lines(chunk_size=1))


def test_a_cut_stream_breaks_in_the_middle_of_an_event(shared_homelab: Homelab, ci: Ci) -> None:
    shared_homelab.faults.use("stream-cut")
    life = shared_homelab.woodpecker.script("c" * 40)

    lines = []

    def listen(answer: requests.Response) -> None:
        for line in answer.iter_lines(chunk_size=1):
            lines.append(line)
            if line:
                life.status("running")

    with ci.get("/api/stream/events", stream=True) as answer, pytest.raises(requests.exceptions.ChunkedEncodingError):
        listen(answer)

    told = [line for line in lines if line.startswith(b"data: ")]
    assert lines[0] == b": ping"
    assert json.loads(told[0].removeprefix(b"data: "))["pipeline"]["number"] == life.number


def test_a_server_that_is_away_is_a_bad_gateway_and_comes_back(shared_homelab: Homelab, ci: Ci) -> None:
    shared_homelab.woodpecker.stop()
    assert ci.get("/healthz").status_code == 502

    shared_homelab.woodpecker.start()

    assert ci.get("/healthz").status_code == 204


def test_faults_are_switched_by_a_file(shared_homelab: Homelab, ci: Ci) -> None:
    shared_homelab.layout.faults.write_text("empty:1\n")
    assert ci.get(LOOKUP).content == b""
    shared_homelab.layout.faults.write_text("nonsense\n")
    assert ci.get(LOOKUP).content == b""

    shared_homelab.layout.faults.write_text("\n")

    assert ci.get(LOOKUP).json()["id"] == 1


def test_an_unknown_name_is_not_found_and_every_fault_can_be_used(shared_homelab: Homelab, ci: Ci) -> None:
    for name in FAULTS:
        shared_homelab.faults.use(name)
    shared_homelab.faults.clear()
    wait_until_served(ci)

    assert ci.get("/", headers={"Host": "elsewhere.homelab.test"}).status_code == 404


def wait_until_refused(ci: Ci) -> None:
    for _ in range(100):
        ci.close()
        try:
            ci.get("/healthz")
        except requests.exceptions.ConnectionError:
            return
        time.sleep(0.02)
    raise AssertionError("the address still serves")


def wait_until_served(ci: Ci) -> None:
    for _ in range(100):
        try:
            ci.get("/healthz")
        except requests.exceptions.ConnectionError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("the address does not serve")
