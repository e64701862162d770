"""Who joins behind whom, and whose turn it is."""

from hypothesis import given
from hypothesis import strategies as st

from homelab_tasks.model.landing.landing import RemoteState, car_prefix, green_prefix, tail_ref
from homelab_tasks.model.landing.train import TrainView, Turn, view_of


def view(*cars: str, trunk: str = "t", green: str = "") -> TrainView:
    return TrainView(trunk=trunk, tail=None, cars=dict.fromkeys(cars, "shown"), green=dict.fromkeys(green, "shown"))


def test_it_goes_when_the_one_before_is_the_trunk() -> None:
    assert view("a", "b").turn("t") is Turn.GO
    assert view("a", "b", trunk="a").turn("ta") is Turn.GO


def test_it_goes_with_those_before_it_when_all_of_them_are_green() -> None:
    assert view("a", "b", "c", green="ab").turn("tab") is Turn.GO
    assert view("b", "c", trunk="a", green="b").turn("tab") is Turn.GO


def test_it_waits_when_one_before_is_not_green_yet() -> None:
    assert view("a", "b", green="b").turn("tab") is Turn.WAIT
    assert view("a", "b", green="b").slow("tab") == "a"


def test_it_is_built_anew_when_one_before_has_left_or_the_trunk_has_moved() -> None:
    assert view("b").turn("tab") is Turn.REJOIN
    assert view("a", "b", trunk="elsewhere").turn("tab") is Turn.REJOIN


def test_it_joins_behind_the_last_when_every_lander_is_there() -> None:
    assert view("a", "b").ahead([("a", "t"), ("b", "a")]) == ("t", "a", "b")


def test_it_joins_before_the_gap_when_a_lander_has_left() -> None:
    assert view("a", "c").ahead([("a", "t"), ("b", "a"), ("c", "b")]) == ("t", "a")


def test_it_joins_the_trunk_when_the_chain_does_not_begin_there() -> None:
    assert view("a").ahead([("a", "older")]) == ("t",)
    assert view().ahead([]) == ("t",)


def test_cars_are_read_by_their_candidates_when_the_remote_is_looked_at() -> None:
    refs = {
        "refs/heads/main": "t",
        tail_ref("main"): "a",
        car_prefix("main") + "a": "shown",
        green_prefix("main") + "a": "a",
    }

    seen = view_of(RemoteState(head=None, refs=refs), "main")

    assert seen == TrainView(trunk="t", tail="a", cars={"a": "shown"}, green={"a": "a"})
    assert view_of(RemoteState(head=None, refs={}), "main") is None


@given(st.lists(st.sampled_from("abcdef"), unique=True), st.sets(st.sampled_from("abcdef")), st.data())
def test_it_goes_only_when_all_before_it_are_green_whatever_the_order_they_land_in(
    chain: list[str], present: set[str], data: st.DataObject
) -> None:
    befores = ["t", *chain]
    ahead = view(*present).ahead(list(zip(chain, befores, strict=False)))
    landed = data.draw(st.integers(0, len(ahead) - 1))
    green = data.draw(st.sets(st.sampled_from("abcdef")))

    turn = view(*present, trunk=ahead[landed], green="".join(green)).turn(ahead)

    assert set(ahead[1:]) <= present
    assert (turn is Turn.GO) == (set(ahead[landed + 1 :]) <= green)
    assert turn is not Turn.REJOIN
