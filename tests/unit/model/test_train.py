"""Who joins behind whom, and whose turn it is."""

from hypothesis import given
from hypothesis import strategies as st

from homelab_tasks.model.landing import RemoteState, car_prefix, tail_ref
from homelab_tasks.model.train import TrainView, Turn, view_of


def view(*cars: str, trunk: str = "t", tail: str | None = None) -> TrainView:
    return TrainView(trunk=trunk, tail=tail, cars=dict.fromkeys(cars, "shown"))


def test_it_goes_when_the_one_before_is_the_trunk() -> None:
    assert view("a", "b").turn("t") is Turn.GO


def test_it_waits_when_the_one_before_has_its_car() -> None:
    assert view("a", "b").turn("a") is Turn.WAIT


def test_it_is_built_anew_when_the_one_before_has_left_or_the_trunk_has_moved() -> None:
    assert view("b").turn("a") is Turn.REJOIN
    assert view("b", trunk="elsewhere").turn("t") is Turn.REJOIN


def test_it_joins_behind_the_last_when_every_lander_is_there() -> None:
    assert view("a", "b").end([("a", "t"), ("b", "a")]) == ("b", 2)


def test_it_joins_before_the_gap_when_a_lander_has_left() -> None:
    assert view("a", "c").end([("a", "t"), ("b", "a"), ("c", "b")]) == ("a", 1)


def test_it_joins_the_trunk_when_the_chain_does_not_begin_there() -> None:
    assert view("a").end([("a", "older")]) == ("t", 0)
    assert view().end([]) == ("t", 0)


def test_cars_are_read_by_their_candidates_when_the_remote_is_looked_at() -> None:
    refs = {"refs/heads/main": "t", tail_ref("main"): "a", car_prefix("main") + "a": "shown"}

    seen = view_of(RemoteState(head=None, refs=refs), "main")

    assert seen == TrainView(trunk="t", tail="a", cars={"a": "shown"})
    assert view_of(RemoteState(head=None, refs={}), "main") is None


@given(st.lists(st.sampled_from("abcdef"), unique=True), st.sets(st.sampled_from("abcdef")))
def test_whoever_joins_gets_a_turn_when_those_before_land_in_order(chain: list[str], present: set[str]) -> None:
    befores = ["t", *chain]
    joined, length = view(*present).end(list(zip(chain, befores, strict=False)))

    assert joined == befores[length]
    assert set(chain[:length]) <= present
    trunk = "t"
    for candidate in chain[:length]:  # each lands, in order, and takes its car along
        assert view(*present, trunk=trunk).turn(joined) is Turn.WAIT
        present = present - {candidate}
        trunk = candidate
    assert view(*present, trunk=trunk).turn(joined) is Turn.GO
