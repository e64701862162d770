"""`inv doctor` against the embedded homelab: each of its faults is named with its fix, and all is good without one."""

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from homelab_tasks.sandbox.faults import CLUSTER_FAULTS, FAULTS
from homelab_tasks.sandbox.git import git
from homelab_tasks.sandbox.homelab import Homelab
from tests.integration.conftest import is_deployed, quick_homelab
from tests.integration.tasks.conftest import until
from tests.integration.tasks.running import Ended, Shell

SEEDS = (0, 4711)
AT_ONCE = 2
UNAVAILABLE, FAILED, OK = 69, 1, 0
READING_POSTS = ("/selfsubjectaccessreviews", "/git-upload-pack")  # a question about rights; how git fetches


class Naming(Struct, frozen=True):
    """How doctor names a fault: in which check, with which words (a pattern), and what it says helps."""

    check: str
    words: str
    fix: str
    code: int = UNAVAILABLE
    beside: tuple[str, ...] = ()


FLAPS = "but it flaps: "
ONLY_SOME = {
    "empty": Naming("woodpecker", "answers with empty bodies", "look at the logs of load balancer and server"),
    "html": Naming("woodpecker", "answers with HTML instead of JSON", "let it pass /api and /version"),
    "5xx": Naming("woodpecker", "answers HTTP 50", "one is down, restarting or overloaded"),
    "torn": Naming("woodpecker", r"broke off in mid answer|torn JSON", "the proxy's buffers and time limits"),
    "reset": Naming(
        "woodpecker", "hung up without an answer", "connections are reset: look at the load balancer's log"
    ),
    "blackhole": Naming("woodpecker", "did not answer in time", "a server behind the load balancer hangs"),
    "401-flap": Naming("woodpecker", "answers HTTP 401", "look for 'database is locked' in its log"),
    "404-flap": Naming("woodpecker", "answers HTTP 404", "look for 'database is locked' in its log"),
    "rate-limit": Naming("woodpecker", "answers HTTP 429", "a proxy limits the rate: raise its limit"),
    "flap": Naming("woodpecker", "answers", "it fails in several ways"),
}
PROXY = "the proxy must neither buffer text/event-stream nor cut it off (nginx: proxy_buffering off"
STREAMS = {
    "stream-mute": Naming("event stream", "stays silent: not even a ping came", PROXY),
    "stream-pings": Naming("event stream", "only pings come, no event", PROXY),
    "stream-cut": Naming("event stream", "broke off in mid answer", PROXY),
    "stream-fail": Naming("event stream", "is lost at once: ci.homelab.test answers HTTP 502", PROXY),
}
PATHS = {
    "slow": Naming("woodpecker", r"it is slow: (\d+) of \1 answers took longer than 1.5s", "look at the server's load",
                   beside=("target web/web",)),
    "detail-empty": Naming("pipelines", "workflows of a pipeline cannot be read: ci.homelab.test answers with empty",
                           "look at the logs of load balancer and server"),
    "logs-fail": Naming("pipelines", "log of a step cannot be read: ci.homelab.test answers HTTP 503",
                        "one is down, restarting or overloaded"),
    "redirect": Naming("woodpecker", "redirects to login.homelab.test", "let the proxy pass the API without its login"),
}  # fmt: skip
FIRST = "load balancer 127.0.0.1"
WAYS = {
    "dead-address": Naming(FIRST, "the first address fails: 127.0.0.1:", "take the address out of homelab.load_bal"),
    "wrong-certificate": Naming(FIRST, "is for default.ingress.test", "see whether homelab.load_balancer.addresses"),
    "expired-certificate": Naming(FIRST, "expired on", "renew the certificate"),
    "unknown-certificate": Naming(FIRST, 'issued by "somebody else", which is not trusted', "load_balancer.ca_file"),
}
TARGET = "target web/web"
CLUSTER = {
    "crash": Naming(
        TARGET,
        "; last words: KeyError: 'DATABASE_URL'",
        "why it crashed: kubectl --context homelab -n web logs",
        FAILED,
    ),
    "pull-error": Naming(TARGET, "not found", "see that the image is in its registry", FAILED),
    "unschedulable": Naming(TARGET, "is Unschedulable: 0/2 nodes", "give it a node with room", FAILED),
    # Nothing is wrong now: the next rollout will be held up, or one is on its way.
    "quota": Naming("quota in web", "2 of 2 pods: a rollout that needs one more waits", "raise the quota", OK),
    "old-pod-lingers": Naming(TARGET, "old still terminating", "is its node gone? kubectl --context homelab", OK),
}


def has_chance(name: str) -> bool:
    """Does what a fault does depend on its seed?"""
    return FAULTS[name].probability < 1 or len(FAULTS[name].effects) > 1


NAMINGS = {**ONLY_SOME, **STREAMS, **PATHS, **WAYS, **CLUSTER}
CERTAIN = [
    f"{name}:{FAULTS[name].probability}:{seed}"
    for name in NAMINGS
    for seed in (SEEDS if has_chance(name) else SEEDS[:1])
]
RARE = [f"{name}:0.2:7" for name in [*ONLY_SOME, *STREAMS, "detail-empty", "logs-fail"]]


def shell(homelab: Homelab) -> Shell:
    return Shell(homelab.app, (homelab.token, homelab.vault_token, homelab.forge_token))


def examined(faults: str, directory: Path) -> Ended:
    """What doctor says of a homelab of its own that has *faults*."""
    with quick_homelab(directory, faults) as homelab:
        return shell(homelab).inv("doctor", "--json")


@pytest.fixture(scope="module")
def examinations(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, "Future[Ended]"]]:
    """What doctor says of every fault that is asked about, several at once: some of their time is waiting."""
    items: list[Any] = [item for item in request.session.items if item.path == request.path]
    asked = [item.callspec.params["fault"] for item in items if "examinations" in item.fixturenames]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {fault: pool.submit(examined, fault, tmp_path_factory.mktemp("lab")) for fault in asked}
        pool.shutdown(cancel_futures=True)


def troubles(ended: Ended) -> list[str]:
    return [check["name"] for check in ended.told("check") if check["state"] in {"warning", "failed"}]


def test_every_fault_of_the_homelab_has_a_naming() -> None:
    assert NAMINGS.keys() == FAULTS.keys()
    assert CLUSTER.keys() == set(CLUSTER_FAULTS)


@pytest.mark.parametrize("fault", CERTAIN)
def test_a_fault_is_named_with_its_fix(examinations: dict[str, "Future[Ended]"], fault: str) -> None:
    name = fault.partition(":")[0]
    naming = NAMINGS[name]

    ended = examinations[fault].result()

    named = {check["name"]: check for check in ended.told("check")}[naming.check]
    assert re.search(naming.words, named["text"]), named["text"]
    assert naming.fix in named["hint"]
    assert FLAPS in named["text"] or name not in ONLY_SOME
    assert ended.code == naming.code, ended.last_line
    assert named["state"] == ("failed" if naming.code else "warning")
    others = [name for name in troubles(ended) if name not in {naming.check, *naming.beside}]
    assert all(name.startswith("load balancer") and naming.check == FIRST for name in others), "one fault, one finding"


@pytest.mark.parametrize("fault", RARE)
def test_a_fault_that_strikes_now_and_then_is_named_too(examinations: dict[str, "Future[Ended]"], fault: str) -> None:
    naming = NAMINGS[fault.partition(":")[0]]

    ended = examinations[fault].result()

    assert naming.check in troubles(ended)
    assert ended.code == UNAVAILABLE, ended.last_line


def test_all_is_good_without_a_fault_and_nothing_but_reads_is_asked(tmp_path: Path) -> None:
    with quick_homelab(tmp_path) as homelab:
        before = git(homelab.remote, "for-each-ref"), len(homelab.woodpecker.pipelines())

        ended = shell(homelab).inv("doctor", "--json")

        assert (ended.code, troubles(ended)) == (OK, [])
        asked = {request for request in homelab.faults.requests if request.method not in {"GET", "CONNECT"}}
        assert {request.method for request in asked} == {"POST"}
        assert all(request.path.endswith(READING_POSTS) for request in asked)
        assert (git(homelab.remote, "for-each-ref"), len(homelab.woodpecker.pipelines())) == before


def test_a_rollout_that_a_quota_holds_up_is_a_failure(tmp_path: Path) -> None:
    with quick_homelab(tmp_path, "quota") as homelab:
        until(lambda: is_deployed(homelab))
        homelab.roll_out("f" * 40)

        ended = shell(homelab).inv("doctor", "--json")

    named = {check["name"]: check for check in ended.told("check")}[TARGET]
    assert (ended.code, named["state"]) == (FAILED, "failed")
    assert "exceeded quota: lab" in named["text"]
    assert named["hint"].startswith("raise the quota of the namespace")
