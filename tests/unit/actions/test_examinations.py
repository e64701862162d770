"""What doctor makes of what it sees, where the embedded homelab cannot be made to show it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from homelab_tasks.actions.diagnosis.diagnose import good
from homelab_tasks.actions.diagnosis.examine_ci import examine_ci
from homelab_tasks.actions.diagnosis.examine_cluster import examine_cluster
from homelab_tasks.actions.diagnosis.examine_git import examine_git, examine_remote
from homelab_tasks.actions.diagnosis.examine_network import (
    examine_address,
    examine_certificate,
    examine_name,
    silent_dns,
)
from homelab_tasks.errors import HomelabError, MissingError, TransientError, UntrustedError, UsageError
from homelab_tasks.model.endpoint import Endpoint, Handshake
from homelab_tasks.model.events import Check, CheckState
from homelab_tasks.model.pipelines.pipeline import About
from homelab_tasks.model.rollouts.target import Target, parse_targets
from homelab_tasks.model.verdict import Word
from tests.fakes.clock import EPOCH, FakeClock
from tests.fakes.operable import OperableCi, row

ENDPOINT = Endpoint(host="ci.homelab.test", port=443, secure=True, address="10.0.20.203")


@dataclass
class FakeNetwork:
    """Shakes hands as it is told, and knows these names."""

    handshake: Handshake | HomelabError = field(default_factory=lambda: Handshake(seconds=0.004))
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def shake_hands(self, endpoint: Endpoint) -> Handshake:
        if isinstance(self.handshake, HomelabError):
            raise self.handshake
        return self.handshake

    def resolve(self, host: str) -> tuple[str, ...]:
        if host not in self.names:
            raise MissingError(f"{host} is not known to DNS (Name or service not known)")
        return self.names[host]


def only(checks: Iterator[Check]) -> Check:
    (check,) = checks
    return check


def addressed(network: FakeNetwork) -> Check:
    name, place = "load balancer 10.0.20.203", "the first address"
    return only(examine_address(network, FakeClock(), name, [ENDPOINT], place=place))


def test_an_address_names_whom_it_answers_for() -> None:
    check = addressed(FakeNetwork())

    assert (check.state, check.text) == (CheckState.OK, "answers for ci.homelab.test in 0 ms")


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (TransientError("10.0.20.203:443 timed out"), "take the address out of homelab.load_balancer.addresses"),
        (UntrustedError("the certificate has expired", hint="renew the certificate"), "renew the certificate"),
    ],
)
def test_an_address_that_fails_says_why_and_what_to_do(error: HomelabError, hint: str) -> None:
    check = addressed(FakeNetwork(error))

    assert (check.state, check.verdict) == (CheckState.FAILED, Word.UNAVAILABLE)
    assert check.text == f"the first address fails: {error.problem}"
    assert hint in (check.hint or "")


@pytest.mark.parametrize(("days", "state"), [(13.9, CheckState.WARNING), (14.1, CheckState.OK)])
def test_a_certificate_is_warned_of_two_weeks_before_its_end(days: float, state: CheckState) -> None:
    shaken = Handshake(seconds=0.01, expires=EPOCH + timedelta(days=days), issuer='"home"')

    check = only(examine_certificate(FakeNetwork(shaken), [ENDPOINT], EPOCH))

    assert (check.name, check.state) == ("certificate ci.homelab.test", state)
    assert '(issued by "home")' in check.text


NAMES = [
    (("10.0.20.203",), ["10.0.20.203"], CheckState.OK, "10.0.20.203, as pinned"),
    (("203.0.113.9",), ["10.0.20.203"], CheckState.OK, "203.0.113.9; the pin goes to 10.0.20.203 instead"),
    ((), ["10.0.20.203"], CheckState.OK, "not in DNS: only the pin (10.0.20.203) leads there"),
    (("203.0.113.9",), [], CheckState.OK, "203.0.113.9 (not pinned)"),
    ((), [], CheckState.FAILED, "ci.homelab.test is not known to DNS (Name or service not known)"),
]


@pytest.mark.parametrize(("told", "pinned", "state", "text"), NAMES)
def test_dns_is_compared_with_the_pin(told: tuple[str, ...], pinned: list[str], state: CheckState, text: str) -> None:
    network = FakeNetwork(names={"ci.homelab.test": told} if told else {})

    check = only(examine_name(network, "ci.homelab.test", pinned))

    assert (check.state, check.text) == (state, text)


def test_silent_dns_matters_only_to_a_name_that_is_not_pinned() -> None:
    pinned = silent_dns("ci.homelab.test", ["10.0.20.203"])

    assert pinned is not None
    assert (pinned.state, pinned.verdict) == (CheckState.WARNING, Word.OK)
    assert silent_dns("ci.homelab.test", []) is None


@dataclass
class FakeFront:
    """Tells a version and a time of day; *weather* is eaten from its front."""

    date: datetime | None = EPOCH
    weather: list[HomelabError | None] = field(default_factory=list)

    def about(self) -> About:
        error = self.weather.pop(0) if self.weather else None
        if error is not None:
            raise error
        return About(version="3.17.0", date=self.date)


def examined(front: FakeFront) -> dict[str, Check]:
    clock = FakeClock(EPOCH)
    ci = OperableCi(clock, [row(3, "success")])
    ci.log = lambda *_: ()  # type: ignore[attr-defined]
    return {check.name: check for check in examine_ci(front, ci, clock, lambda: "lab/app")}  # type: ignore[arg-type]


SKEWS = [
    (timedelta(seconds=4), CheckState.OK, "agrees with the server's"),
    (timedelta(seconds=40), CheckState.WARNING, "this machine is 40s behind the server"),
    (timedelta(seconds=-40), CheckState.WARNING, "this machine is 40s ahead of the server"),
    (timedelta(hours=2), CheckState.FAILED, "this machine is 2h00m behind the server"),
]


@pytest.mark.parametrize(("skew", "state", "text"), SKEWS)
def test_the_clock_is_compared_with_the_servers(skew: timedelta, state: CheckState, text: str) -> None:
    check = examined(FakeFront(date=EPOCH + skew))["clock"]

    assert (check.state, check.text) == (state, text)


def test_a_server_that_does_not_tell_the_time_is_not_compared() -> None:
    assert examined(FakeFront(date=None))["clock"].state is CheckState.SKIPPED


def test_a_single_try_that_fails_is_a_warning() -> None:
    check = examined(FakeFront(weather=[TransientError("answers HTTP 502"), None]))["woodpecker"]

    assert check.state is CheckState.WARNING
    assert check.text.endswith("but 1 of 32 tries failed: answers HTTP 502")


def test_several_tries_that_fail_are_a_failure_that_counts_the_ways() -> None:
    weather: list[HomelabError | None] = [TransientError("ci answers HTTP 502"), TransientError("ci hung up"), None]

    check = examined(FakeFront(weather=[*weather, TransientError("ci answers HTTP 502")]))["woodpecker"]

    assert (check.state, check.verdict) == (CheckState.FAILED, Word.UNAVAILABLE)
    assert check.text.endswith("but it flaps: 3 of 32 tries failed: ci answers HTTP 502 (2x), hung up (1x)")
    assert "one is down, restarting or overloaded" in (check.hint or "")


@pytest.mark.parametrize(
    ("version", "state", "text"),
    [
        ("git version 2.39.0", CheckState.OK, "version 2.39.0"),
        ("git version 2.50.1 (Apple Git-155)", CheckState.OK, "version 2.50.1"),
        ("git version 2.38.9", CheckState.FAILED, "git version 2.38.9 is too old"),
        ("", CheckState.FAILED, "git is too old"),
    ],
)
def test_git_must_be_new_enough(version: str, state: CheckState, text: str) -> None:
    check = only(examine_git(lambda: version))

    assert (check.state, check.text) == (state, text)


@dataclass
class FakeClone:
    push_urls: tuple[str, ...] = ("https://git.homelab.test/lab/app.git",)
    fetch_url: str = "https://git.homelab.test/lab/app.git"
    remote: str = "origin"


def nothing(_: FakeClone) -> None:
    return None


def fails(_: FakeClone) -> None:
    raise TransientError("the git remote: could not resolve host")


def no_clone() -> FakeClone:
    raise UsageError("'/tmp' is not a git repository")


REMOTES: list[tuple[Callable[[], FakeClone], Callable[[FakeClone], None], CheckState, str]] = [
    (FakeClone, nothing, CheckState.OK, "'origin' answers at https://git.homelab.test/lab/app.git"),
    (FakeClone, fails, CheckState.FAILED, "could not resolve host"),
    (no_clone, nothing, CheckState.SKIPPED, "not a git repository"),
    (lambda: FakeClone(push_urls=("https://me:s3cret@a/b.git",)), nothing, CheckState.WARNING, "pushes to https://a/b"),
    (lambda: FakeClone(push_urls=("a", "b")), nothing, CheckState.FAILED, "pushes to 2 places: a, b"),
]


@pytest.mark.parametrize(("clone", "look", "state", "text"), REMOTES)
def test_the_remote_must_be_one_place_that_answers(
    clone: Callable[[], FakeClone], look: Callable[[FakeClone], None], state: CheckState, text: str
) -> None:
    check = only(examine_remote(clone, look))

    assert check.state is state
    assert text in check.text
    assert "s3cret" not in check.text


@dataclass
class FakeCluster:
    """A cluster whose user may do everything but what is *forbidden*."""

    forbidden: frozenset[str] = frozenset()
    server: str = "10.0.20.10:6443"
    context: str = "home"
    namespace: str = "default"
    asked: list[tuple[str, str, str, str]] = field(default_factory=list)

    def version(self) -> str:
        return "v1.36.3"

    def may(self, verb: str, group: str, resource: str, namespace: str) -> bool:
        self.asked.append((verb, group, resource, namespace))
        return f"{verb} {resource}" not in self.forbidden


def rights(cluster: FakeCluster, written: str = "web/web") -> dict[str, Check]:
    targets = parse_targets(written, namespace="default") if written else ()

    def look_at(namespace: str, there: tuple[Target, ...]) -> Iterator[Check]:
        yield from (good(f"target {target}", namespace) for target in there)

    return {check.name: check for check in examine_cluster(cluster, cluster, targets, FakeClock(), look_at)}


def test_a_cluster_that_allows_everything_is_good() -> None:
    checks = rights(FakeCluster(), "web/web,db/sts/main")

    assert checks["kubernetes"].text == "context home: v1.36.3 at 10.0.20.10:6443"
    assert [checks[f"rights in {name}"].state for name in ("web", "db")] == [CheckState.OK, CheckState.OK]
    assert [checks["target web/web"].text, checks["target db/statefulset/main"].text] == ["web", "db"]


def test_the_rights_that_are_asked_for_are_those_of_the_targets() -> None:
    cluster = FakeCluster()

    rights(cluster, "db/sts/main")

    assert ("get", "apps", "statefulsets", "db") in cluster.asked
    assert {namespace for *_, namespace in cluster.asked} == {"db"}


def test_a_missing_right_is_denied_and_named() -> None:
    check = rights(FakeCluster(frozenset({"get deployments"})))["rights in web"]

    assert (check.state, check.verdict) == (CheckState.FAILED, Word.DENIED)
    assert check.text == "the user of context home may not get deployments"
    assert "kubectl --context home -n web auth can-i --list" in (check.hint or "")


def test_targets_that_may_not_be_read_are_not_looked_at() -> None:
    assert list(rights(FakeCluster(frozenset({"get deployments"})))) == ["kubernetes", "rights in web"]


def test_a_right_that_only_helps_is_a_warning() -> None:
    check = rights(FakeCluster(frozenset({"watch pods", "get pods/log"})))["rights in web"]

    assert check.state is CheckState.WARNING
    assert check.text.startswith("enough to wait, but not to watch pods, get pods/log")


def test_without_targets_the_contexts_own_namespace_is_examined() -> None:
    assert "rights in default" in rights(FakeCluster(), "")
