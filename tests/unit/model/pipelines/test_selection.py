"""Which pipelines are the CI of a commit."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from homelab_tasks.model.pipelines.pipeline import Pipeline
from homelab_tasks.model.pipelines.selection import Selection
from tests.fakes.server import COMMIT, ROW

OTHER = "a7710bd" + "0" * 33


def row(id_: int, number: int = 0, **changes: object) -> Pipeline:
    return structs.replace(ROW, id=id_, number=number or id_, status="success", **changes)


def test_only_pipelines_of_exactly_the_commit_are_judged() -> None:
    near = COMMIT[:39] + "f"
    rows = [row(1), row(2, commit=OTHER, ref="refs/heads/a"), row(3, commit=near, ref="refs/heads/b")]

    selection = Selection(commit=COMMIT)

    assert selection.judged(rows) == (rows[0],)
    assert selection.others(rows) == ()


def test_a_number_that_is_another_commits_is_not_judged() -> None:
    assert Selection(commit=COMMIT, number=2).judged([row(1), row(2, commit=OTHER)]) == ()


@given(
    order=st.permutations(
        [
            row(4, 9),
            row(5, 7),
            row(6, 8, ref="refs/heads/topic"),
            row(7, 6, event="tag"),
            row(8, 5, branch="x", ref="x"),
        ]
    )
)
def test_the_newest_is_judged_in_whatever_order_a_list_comes(order: list[Pipeline]) -> None:
    assert [each.id for each in Selection(commit=COMMIT).judged(order)] == [5, 6, 8]


def test_a_restart_is_judged_in_its_parents_place() -> None:
    rows = [row(1, 10), row(2, 11, parent=10, ref="refs/heads/other"), row(3, 12, ref="refs/heads/topic")]

    assert [each.number for each in Selection(commit=COMMIT).judged(rows)] == [11, 12]


def test_pipelines_of_other_events_and_branches_are_named_and_not_judged() -> None:
    rows = [row(1), row(2, event="tag", ref="refs/tags/v1"), row(3, branch="topic", ref="refs/heads/topic")]

    selection = Selection(commit=COMMIT, branch="main")

    assert [each.id for each in selection.judged(rows)] == [1]
    assert [each.id for each in selection.others(rows)] == [2, 3]
