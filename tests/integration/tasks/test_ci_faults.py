"""Whatever the load balancer does, the verdict is right, and an outage is said once when it starts and when it ends."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from homelab_tasks.sandbox.woodpecker.script import Script
from tests.integration.conftest import quick_homelab
from tests.integration.tasks.conftest import Lab
from tests.integration.tasks.running import INV, Ended, Shell, read_until

RIDDEN_OUT = [
    "empty", "html", "5xx", "torn", "reset", "slow", "flap", "401-flap", "404-flap", "rate-limit", "detail-empty",
    "dead-address", "stream-mute", "stream-cut", "stream-pings", "stream-fail",
]  # fmt: skip
OUTCOMES = ["success", "failure"]
DELAY_SECONDS = 0.8
AT_ONCE = 6


def going(lab: Lab, sha: str) -> Script:
    life = lab.script(sha)
    life.status("running")
    life.step("build", "test", "running")
    life.log("build", "test", "all is lost")
    return life


def watched_behind(fault: str, directory: Path) -> dict[str, Ended]:
    """Watch a life of each outcome in a homelab of its own, whose load balancer fails as *fault* says."""
    with quick_homelab(directory) as homelab:
        lab = Lab(homelab, Shell(homelab.app, (homelab.token, homelab.vault_token)))
        lives = {outcome: going(lab, lab.sha()) for outcome in OUTCOMES}
        homelab.faults.use(fault, seed=1)
        watches = {outcome: lab.meanwhile("ci.watch", life.row.commit) for outcome, life in lives.items()}
        time.sleep(DELAY_SECONDS)
        for outcome, life in lives.items():
            life.run(outcome, exit_code=int(outcome == "failure"))
        return {outcome: watch.result() for outcome, watch in watches.items()}


@pytest.fixture(scope="module")
def endings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, "Future[dict[str, Ended]]"]]:
    """How each watch ends, several at once: most of their time is waiting."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {fault: pool.submit(watched_behind, fault, tmp_path_factory.mktemp("lab")) for fault in RIDDEN_OUT}


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("fault", RIDDEN_OUT)
def test_verdict_is_right_behind_a_fault(
    endings: dict[str, "Future[dict[str, Ended]]"], fault: str, outcome: str
) -> None:
    ended = endings[fault].result()[outcome]

    assert ended.code == (1 if outcome == "failure" else 0), ended.verdict
    retrying, recovered = ended.notes("retrying"), ended.notes("recovered")
    assert len(recovered) <= len(retrying) <= len(recovered) + 1
    if outcome == "failure" and fault != "detail-empty":
        assert ended.verdict["failures"][0]["tail"] == ["all is lost"], ended.notes("warning")


def test_verdict_is_right_and_the_tail_is_named_as_missing_when_logs_always_fail(lab: Lab) -> None:
    sha = lab.sha()
    going(lab, sha).run("failure", exit_code=1)
    lab.homelab.faults.use("logs-fail")

    ended = lab.inv("ci.watch", sha)

    assert ended.code == 1
    assert ended.verdict["failures"][0]["tail"] == []
    assert any("could not be shown" in text for text in ended.notes("warning"))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("redirect", "redirects to"),
        ("wrong-certificate", "certificate"),
        ("expired-certificate", "expired"),
        ("unknown-certificate", "certificate"),
    ],
)
@pytest.mark.parametrize("task", ["ci.watch", "ci.status", "ci.logs"])
def test_what_must_not_be_believed_is_69(lab: Lab, task: str, fault: str, words: str) -> None:
    lab.homelab.faults.use(fault)

    ended = lab.shell.inv(task, "--sha", lab.sha(), "--json", env={"HOMELAB_HTTP_RETRY_FOR": "500ms"})

    assert (ended.code, ended.verdict["verdict"]) == (69, "unavailable")
    assert words in ended.verdict["reason"]


@pytest.mark.parametrize("fault", ["empty:1", "html:1", "5xx:1", "torn:1", "reset:1", "blackhole:1", "rate-limit:1"])
def test_server_that_never_answers_is_69_and_says_nothing_about_the_commit(lab: Lab, fault: str) -> None:
    lab.homelab.faults.set(fault)
    patience = {"HOMELAB_HTTP_RETRY_FOR": "500ms", "HOMELAB_HTTP_READ_TIMEOUT": "500ms"}
    tasks = [("ci.status",), ("ci.watch", "--timeout", "500ms"), ("ci.logs",)]

    started = [lab.shell.start(*INV, *task, "--sha", lab.sha(), "--json", env=patience) for task in tasks]

    for process in started:
        ended = lab.shell.ended(process)
        assert (ended.code, ended.verdict["verdict"]) == (69, "unavailable")
        assert len(ended.notes("retrying")) == 1
        assert ended.notes("recovered") == []


def test_outage_in_the_middle_is_one_note_when_it_starts_and_one_when_it_ends(lab: Lab) -> None:
    sha = lab.sha()
    life = going(lab, sha)
    process = lab.shell.start(*INV, "ci.watch", "--sha", sha, "--json")
    before = read_until(process, '"running"')

    lab.homelab.woodpecker.stop()
    before += read_until(process, '"retrying"')
    time.sleep(2)
    life.run("success")
    lab.homelab.woodpecker.start()

    rest = lab.shell.ended(process)
    ended = Ended(rest.code, before + rest.stdout, rest.stderr)
    assert ended.code == 0
    assert (len(ended.notes("retrying")), len(ended.notes("recovered"))) == (1, 1), ended.stdout
    assert len(ended.notes("stream-restored")) <= len(ended.notes("stream-lost")) <= 1


def test_deadline_in_an_outage_is_69_and_not_124(lab: Lab) -> None:
    sha = lab.sha()
    going(lab, sha)
    watch = lab.meanwhile("ci.watch", sha, "--timeout", "4s")
    time.sleep(1.5)

    lab.homelab.faults.set("5xx:1")

    ended = watch.result()
    assert (ended.code, ended.verdict["verdict"]) == (69, "unavailable")


def test_time_in_which_no_list_answered_does_not_count_as_not_appearing(lab: Lab) -> None:
    sha = lab.sha()
    lab.homelab.faults.use("5xx", probability=1.0, first=1)
    watch = lab.meanwhile("ci.watch", sha, "--appear-timeout", "2s")
    time.sleep(4)
    assert not watch.done()

    lab.script(sha).run("success")
    lab.homelab.faults.clear()

    assert watch.result().code == 0


def test_dead_stream_is_told_and_its_return_too(lab: Lab) -> None:
    sha = lab.sha()
    life = going(lab, sha)
    lab.homelab.faults.use("stream-fail")
    process = lab.shell.start(*INV, "ci.watch", "--sha", sha, "--json")
    before = read_until(process, '"stream-lost"')
    lab.homelab.faults.clear()
    before += read_until(process, '"stream-restored"')

    life.run("success")

    rest = lab.shell.ended(process)
    ended = Ended(rest.code, before + rest.stdout, rest.stderr)
    assert ended.code == 0
    assert (len(ended.notes("stream-lost")), len(ended.notes("stream-restored"))) == (1, 1)
