import pytest
from hypothesis import given
from hypothesis import strategies as st

from homelab_tasks.errors import UsageError
from homelab_tasks.sandbox.faults import CI_HOST, FAULTS, Effect, Request, decide, parse_faults, rule

LIST = Request(host=CI_HOST, method="GET", path="/api/repos/1/pipelines")
DETAIL = Request(host=CI_HOST, method="GET", path="/api/repos/1/pipelines/7")
STREAM = Request(host=CI_HOST, method="GET", path="/api/stream/events")
VAULT = Request(host="vault.homelab.test", method="GET", path="/v1/secret/data/ci/global")


@given(name=st.sampled_from(sorted(FAULTS)), seed=st.integers(), count=st.integers(0, 1000))
def test_a_schedule_is_the_same_whenever_it_is_asked_for(name: str, seed: int, count: int) -> None:
    rules = [rule(name, seed=seed)]

    assert decide(rules, DETAIL, count) is decide(rules, DETAIL, count)


def test_a_fault_strikes_about_as_often_as_its_probability_says() -> None:
    struck = [decide([rule("empty", 0.3, seed=5)], LIST, count) for count in range(2000)]

    assert 500 < struck.count(Effect.EMPTY) < 700


def test_different_seeds_make_different_schedules() -> None:
    schedules = {tuple(decide([rule("flap", seed=seed)], LIST, count) for count in range(50)) for seed in range(5)}

    assert len(schedules) == 5


def test_a_mix_uses_every_one_of_its_effects() -> None:
    struck = {decide([rule("flap", 1)], LIST, count) for count in range(200)}

    assert struck == set(FAULTS["flap"].effects)


@pytest.mark.parametrize(
    ("name", "hit", "missed"),
    [
        ("detail-empty", DETAIL, LIST),
        ("stream-mute", STREAM, LIST),
        ("empty", LIST, VAULT),
    ],
)
def test_a_fault_concerns_its_own_paths_and_hosts_only(name: str, hit: Request, missed: Request) -> None:
    assert decide([rule(name, 1)], hit, 0) is not Effect.NONE
    assert decide([rule(name, 1)], missed, 0) is Effect.NONE


def test_the_first_requests_are_spared_when_a_rule_says_so() -> None:
    struck = [decide([rule("reset", 1, first=2)], LIST, count) for count in range(4)]

    assert struck == [Effect.NONE, Effect.NONE, Effect.RESET, Effect.RESET]


def test_faults_are_read_with_probability_and_seed() -> None:
    first, second = parse_faults("empty:0.25:7, dead-address")

    assert (first.name, first.probability, first.seed) == ("empty", 0.25, 7)
    assert (second.name, second.probability) == ("dead-address", 1.0)
    assert parse_faults("") == []


@pytest.mark.parametrize("text", ["emtpy", "empty:often", "empty:2", "empty:0.5:x"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a fault"):
        parse_faults(text)
