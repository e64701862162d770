"""The Woodpecker client, against a server that answers as a real one did."""

import base64
import json
import re
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from homelab_tasks.clients.web.addresses import AddressBook
from homelab_tasks.clients.web.authorization import Bearer
from homelab_tasks.clients.web.http import Http
from homelab_tasks.clients.web.session import PinnedSession
from homelab_tasks.clients.web.trust import Trust
from homelab_tasks.clients.woodpecker import SIGNATURE, Woodpecker
from homelab_tasks.errors import (
    DeniedError,
    HomelabError,
    MissingError,
    RejectedError,
    TransientError,
    UntrustedError,
)
from homelab_tasks.locations import Url
from homelab_tasks.model.pipelines.pipeline import LogLine
from homelab_tasks.settings import LoadBalancer
from tests.servers import CLOSE, RESET, Asked, Server, response

VERSION = "X-Woodpecker-Version: 3.17.0"
CANARY = "canary-token-77c1"


@pytest.fixture
def answers() -> list[Any]:
    """What the server answers next: the list is eaten from its front, the last answer stays."""
    return []


@pytest.fixture
def server(answers: list[Any]) -> Iterator[Server]:
    def handler(asked: Asked) -> Any:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return answer(asked) if callable(answer) else answer

    with Server(handler, "127.0.0.1") as running:
        yield running


@pytest.fixture
def woodpecker(server: Server) -> Woodpecker:
    base = Url(f"http://127.0.0.1:{server.port}")
    session = PinnedSession(AddressBook(LoadBalancer()), Trust())
    auth = Bearer(base, lambda: CANARY)
    return Woodpecker(Http(base, session, auth=auth, read_timeout=0.5, signature=SIGNATURE))


def told_in_full(error: BaseException) -> str:
    """What a debugging user sees: every cause, however it was raised."""
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(cause)
    return "".join(traceback.format_exception(error)) + repr(chain)


def json_answer(value: object, status: int = 200) -> list[bytes]:
    return response(json.dumps(value).encode(), status, "application/json; charset=utf-8", [VERSION])


PIPELINE = {"id": 19, "number": 17, "commit": "a" * 40, "event": "push", "status": "running", "errors": None}


def test_a_pipeline_is_decoded_with_its_workflows(woodpecker: Woodpecker, answers: list[Any], server: Server) -> None:
    step = {"id": 5, "pid": 2, "name": "unit", "state": "failure", "exit_code": 3}
    workflow = {"id": 4, "pid": 1, "name": "test", "state": "failure", "children": [step]}
    answers.append(json_answer({**PIPELINE, "workflows": [workflow], "new_field": 1}))

    pipeline = woodpecker.pipeline(1, 17)

    assert pipeline.workflows is not None
    assert pipeline.workflows[0].steps[0].exit_code == 3
    assert server.asked[0].target == "/api/repos/1/pipelines/17"
    assert server.asked[0].headers["authorization"] == f"Bearer {CANARY}"


def test_names_of_version_2_are_understood(woodpecker: Woodpecker, answers: list[Any]) -> None:
    workflow = {"id": 4, "pid": 1, "name": "test", "state": "success", "start_time": 12, "end_time": 34}
    old = {**PIPELINE, "created_at": 10, "started_at": 11, "finished_at": 35, "workflows": [workflow]}
    answers.append(json_answer([old]))

    (pipeline,) = woodpecker.pipelines(1)

    assert (pipeline.created, pipeline.started, pipeline.finished) == (10, 11, 35)
    assert pipeline.workflows is not None
    assert (pipeline.workflows[0].started, pipeline.workflows[0].finished) == (12, 34)


def test_a_page_is_asked_for_by_the_servers_own_names(
    woodpecker: Woodpecker, answers: list[Any], server: Server
) -> None:
    answers.append(json_answer([]))

    assert woodpecker.pipelines(7, page=2, per_page=25) == ()
    assert server.asked[0].target == "/api/repos/7/pipelines?page=2&perPage=25"


@pytest.mark.parametrize(
    ("name", "path"), [("group/sub/app", "group/sub/app"), ("lab/my app?x=1#y", "lab/my%20app%3Fx%3D1%23y")]
)
def test_a_name_is_looked_up_as_it_is(
    woodpecker: Woodpecker, answers: list[Any], server: Server, name: str, path: str
) -> None:
    answers.append(json_answer({"id": 3, "full_name": name, "active": True}))

    assert woodpecker.repository(name).id == 3
    assert server.asked[0].target == f"/api/repos/lookup/{path}"


def test_urls_are_those_of_the_web_interface(woodpecker: Woodpecker) -> None:
    assert woodpecker.url(3) == f"http://{woodpecker.server}/repos/3"
    assert woodpecker.url(3, 17) == f"http://{woodpecker.server}/repos/3/pipeline/17"


def drip(asked: Asked) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    while True:
        time.sleep(0.1)
        yield b" "


def hang(asked: Asked) -> Iterator[bytes]:
    time.sleep(6)
    yield b""


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n"
TRANSIENT: list[tuple[str, Any, str, bool]] = [
    ("empty", response(b"", headers=[VERSION]), r"answers with empty bodies \(HTTP 200\)", True),
    ("null", response(b"null"), r"answers with null \(HTTP 200\)", True),
    ("html", response(b"<html>", 200, "text/html"), r"answers with HTML instead of JSON \(HTTP 200\)", True),
    ("text", response(b"ok", 200, "text/plain"), r"answers with text/plain instead of JSON \(HTTP 200\)", True),
    ("torn", response(b'{"id": 19, "num'), r"answers with torn JSON \(HTTP 200\)", True),
    ("shape", response(b'{"id": 19}'), "answers with JSON of another shape: Object missing required field", True),
    ("list", response(b"[]"), "answers with JSON of another shape", True),
    ("bytes", response(b"\xff\xfe\x00"), "answers with torn JSON", True),
    ("500", response(b"", 500, headers=[VERSION]), "answers HTTP 500$", True),
    ("502", response(b"<html>bad</html>", 502, "text/html"), "answers HTTP 502$", True),
    ("503", response(b"no backend", 503, "text/plain"), "answers HTTP 503: no backend", True),
    ("408", response(b"", 408), "answers HTTP 408", True),
    ("429", response(b"", 429), "answers HTTP 429", True),
    ("reset", [RESET], "hung up without an answer", False),
    ("close", [CLOSE], "hung up without an answer", False),
    ("short", [response(b'{"id": 1}')[0][:-4], CLOSE], "broke off in mid answer", False),
    ("chunk", [CHUNKED, b"ff\r\n{", CLOSE], "broke off in mid answer", False),
    ("garbage", [b"SSH-2.0-OpenSSH\r\n", CLOSE], "hung up without an answer", False),
    ("timeout", hang, "did not answer in time", False),
    ("drip", drip, "sends its answer too slowly", False),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "words", "answered"), [row[1:] for row in TRANSIENT], ids=[r[0] for r in TRANSIENT])
def test_no_usable_answer_is_transient_and_says_what_came(
    woodpecker: Woodpecker, answers: list[Any], answer: Any, words: str, answered: bool
) -> None:
    answers.append(answer)

    with pytest.raises(TransientError, match=rf"^127\.0\.0\.1:\d+ {words}") as raised:
        woodpecker.pipeline(1, 17)
    assert raised.value.answered is answered
    assert CANARY not in told_in_full(raised.value)


def test_a_request_takes_no_longer_than_the_task_has_left(server: Server, answers: list[Any]) -> None:
    answers.append(hang)
    session = PinnedSession(AddressBook(LoadBalancer()), Trust())
    http = Http(Url(f"http://127.0.0.1:{server.port}"), session, read_timeout=20, time_left=lambda: -1.0)
    started = time.monotonic()

    with pytest.raises(TransientError, match="did not answer in time"):
        Woodpecker(http).user()
    assert 1.5 < time.monotonic() - started < 5


def test_an_answer_without_end_is_given_up(woodpecker: Woodpecker, answers: list[Any]) -> None:
    answers.append([CHUNKED, *([b"400000\r\n", b"x" * 0x400000, b"\r\n"] * 17)])

    with pytest.raises(TransientError, match=r"more than 64 MiB \(HTTP 200\)|too slowly"):  # whichever it is first
        woodpecker.pipeline(1, 17)


def test_a_server_that_refuses_is_transient(woodpecker: Woodpecker, server: Server) -> None:
    server.__exit__()

    with pytest.raises(TransientError, match=r"127\.0\.0\.1 refused"):
        woodpecker.user()


REFUSED: list[tuple[int, type[HomelabError]]] = [
    (401, DeniedError),
    (403, DeniedError),
    (404, MissingError),
    (301, UntrustedError),
    (302, UntrustedError),
    (307, UntrustedError),
    (400, RejectedError),
    (409, RejectedError),
    (422, RejectedError),
]


@pytest.mark.parametrize(("status", "kind"), REFUSED)
def test_a_refusal_has_its_own_class(
    woodpecker: Woodpecker, answers: list[Any], status: int, kind: type[HomelabError]
) -> None:
    answers.append(response(b"", status, headers=[VERSION]))

    with pytest.raises(kind, match=f"HTTP {status}") as raised:
        woodpecker.pipeline(1, 17)
    assert CANARY not in told_in_full(raised.value)


def test_a_refusal_by_a_proxy_is_transient_once_the_server_has_signed_an_answer(
    woodpecker: Woodpecker, answers: list[Any]
) -> None:
    answers.extend([response(b"404 page not found", 404, "text/plain"), json_answer(PIPELINE)])
    answers.append(response(b"404 page not found", 404, "text/plain"))

    with pytest.raises(MissingError):
        woodpecker.pipeline(1, 17)
    woodpecker.pipeline(1, 17)
    with pytest.raises(TransientError, match="answers HTTP 404: 404 page not found"):
        woodpecker.pipeline(1, 17)


DATES = ["Date: Wed, 25 Nov 2026 10:00:00 GMT", "Retry-After: Wed, 25 Nov 2026 10:00:09 GMT"]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [(["Retry-After: 7"], 7.0), (DATES, 9.0), (["Retry-After: soon"], None), ([], None)],
)
def test_the_wait_that_a_server_asks_for_is_handed_on(
    woodpecker: Woodpecker, answers: list[Any], headers: list[str], seconds: float | None
) -> None:
    answers.append(response(b"", 429, headers=headers))

    with pytest.raises(TransientError) as raised:
        woodpecker.user()
    assert raised.value.retry_after == seconds


def test_the_servers_own_words_are_told_when_it_rejects_an_order(woodpecker: Woodpecker, answers: list[Any]) -> None:
    words = b"cannot restart a pipeline with status blocked"
    answers.append(response(words, 400, "text/plain; charset=utf-8", [VERSION]))

    with pytest.raises(RejectedError, match="answers HTTP 400: cannot restart a pipeline with status blocked"):
        woodpecker.restart(1, 17)


ORDERS: list[tuple[str, Callable[[Woodpecker], object]]] = [
    ("/api/repos/1/pipelines/17", lambda w: w.restart(1, 17)),
    ("/api/repos/1/pipelines/17/approve", lambda w: w.approve(1, 17)),
    ("/api/repos/1/pipelines/17/decline", lambda w: w.decline(1, 17)),
]


@pytest.mark.parametrize(("target", "order"), ORDERS)
def test_an_order_is_posted_without_parameters(
    woodpecker: Woodpecker,
    answers: list[Any],
    server: Server,
    target: str,
    order: Callable[[Woodpecker], object],
) -> None:
    answers.append(json_answer(PIPELINE))

    order(woodpecker)

    (asked,) = server.asked
    assert (asked.method, asked.target, asked.body) == ("POST", target, b"")


def test_a_cancel_needs_no_content(woodpecker: Woodpecker, answers: list[Any]) -> None:
    answers.append(response(b"", 204, headers=[VERSION]))

    woodpecker.cancel(1, 17)


def test_a_pipeline_is_created_on_a_branch_with_variables(
    woodpecker: Woodpecker, answers: list[Any], server: Server
) -> None:
    answers.extend([json_answer(PIPELINE), response(b"", 204, headers=[VERSION])])

    created = woodpecker.create(1, "main", {"A": "b"})
    filtered = woodpecker.create(1, "main", {})

    assert created is not None
    assert created.number == 17
    assert filtered is None
    assert json.loads(server.asked[0].body) == {"branch": "main", "variables": {"A": "b"}}


def test_an_order_whose_answer_is_lost_may_have_been_carried_out(
    woodpecker: Woodpecker, answers: list[Any], server: Server
) -> None:
    answers.append([RESET])

    with pytest.raises(TransientError, match=r"hung up.*; the request may have been carried out") as raised:
        woodpecker.restart(1, 17)
    assert raised.value.sent
    assert len(server.asked) == 1

    server.__exit__()
    with pytest.raises(TransientError, match=r"refused$") as raised:
        woodpecker.restart(1, 17)
    assert not raised.value.sent


def entry(line: int, text: str | None) -> dict[str, object]:
    data = None if text is None else base64.b64encode(text.encode()).decode()
    return {"id": line + 100, "step_id": 5, "time": 1, "line": line, "data": data, "type": 0}


def test_log_lines_are_decoded(woodpecker: Woodpecker, answers: list[Any]) -> None:
    answers.append(json_answer([entry(0, "with a newline\n"), entry(1, "ünïcode"), entry(2, None), entry(3, "")]))

    lines = tuple(woodpecker.log(1, 17, 5))

    assert lines == (
        LogLine(line=0, text="with a newline"),
        LogLine(line=1, text="ünïcode"),
        LogLine(line=2, text=""),
        LogLine(line=3, text=""),
    )


@pytest.mark.parametrize("body", [b"null", b"[]"])
def test_a_log_that_is_not_there_yet_has_no_lines(woodpecker: Woodpecker, answers: list[Any], body: bytes) -> None:
    answers.append(response(body, headers=[VERSION]))

    assert tuple(woodpecker.log(1, 17, 5)) == ()


@pytest.mark.parametrize("ending", [[], [CLOSE], [RESET]])
def test_a_log_that_breaks_off_raises_after_the_lines_before(
    woodpecker: Woodpecker, answers: list[Any], ending: list[bytes]
) -> None:
    whole = json.dumps([entry(number, f"line {number}") for number in range(3000)]).encode()
    torn = whole[: len(whole) // 2]
    length = len(torn) if not ending else len(whole)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode()
    answers.append([head, torn, *ending])
    lines: list[LogLine] = []

    def read_all() -> None:
        lines.extend(line for line in woodpecker.log(1, 17, 5) if lines.append(line) is not None)  # type: ignore[func-returns-value]

    with pytest.raises(TransientError, match=r"broke off in mid|hung up"):
        read_all()
    assert len(lines) > 100


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (response(b"", headers=[VERSION]), "broke off in mid log"),
        (response(b"<html>", content_type="text/html"), "answers with HTML instead of JSON"),
        (response(b'[{"line": "x"}]'), "broke off in mid log"),
        (response(b'[{"line": 1, "data": "%%%"}]'), "broke off in mid log"),
    ],
)
def test_a_log_that_is_none_is_transient(
    woodpecker: Woodpecker, answers: list[Any], answer: list[bytes], words: str
) -> None:
    answers.append(answer)

    with pytest.raises(TransientError, match=words):
        tuple(woodpecker.log(1, 17, 5))


def test_the_queue_says_what_a_task_waits_for(woodpecker: Woodpecker, answers: list[Any]) -> None:
    labels = {"gpu": "yes", "org-id": "1", "repo": "lab/app", "woodpecker-ci.org/event": "push"}
    task = {"id": "22", "name": "build", "labels": labels, "pipeline_id": 20, "repo_id": 1, "pipeline_number": 18}
    answers.append(json_answer({"pending": [task], "waiting_on_deps": [], "running": [], "paused": False}))
    answers.append(json_answer([{"id": 1, "name": "lab-agent", "platform": "linux/amd64", "custom_labels": None}]))

    (waiting,) = woodpecker.queue().pending or ()
    (agent,) = woodpecker.agents()

    assert waiting.repository_id == 1
    assert waiting.wanted == {"gpu": "yes"}
    assert agent.lacks(waiting) == {"gpu": "yes"}


def test_configuration_files_are_decoded(woodpecker: Woodpecker, answers: list[Any]) -> None:
    data = base64.b64encode(b"steps: []\n").decode()
    answers.append(json_answer([{"name": ".woodpecker/a.yaml", "data": data, "hash": "x"}]))

    (config,) = woodpecker.config(1, 17)

    assert re.fullmatch(r"steps: \[\]\n", config.text)
