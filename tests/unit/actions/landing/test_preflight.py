"""Clones that cannot be landed from, each named with how to go on."""

import pytest
from msgspec import structs

from homelab_tasks.actions.landing.preflight import require_landable, require_one_push_url, require_topic
from homelab_tasks.errors import UsageError
from homelab_tasks.model.landing.landing import WorkState

CLEAN = WorkState(branch="topic", tip="1" * 40, operation=None)


def test_topic_and_tip_are_returned_when_nothing_is_wrong() -> None:
    assert require_landable(CLEAN) == ("topic", "1" * 40)


@pytest.mark.parametrize(
    ("changes", "problem", "hint"),
    [
        ({"operation": "merge"}, "in the middle of a merge", "git merge --continue"),
        ({"operation": "rebase", "branch": None}, "in the middle of a rebase", "git rebase --abort"),
        ({"operation": "bisect"}, "in the middle of a bisect", "git bisect reset"),
        ({"branch": None}, "HEAD is detached", "git switch -c TOPIC"),
        ({"tip": None}, "has no commit yet", "commit the change first"),
        ({"unmerged": ("a",)}, "'a' is not merged", "resolve"),
        ({"changed": ("a",)}, "'a' is changed and not committed", "git stash"),
        ({"changed": ("a", "b", "c", "d", "e")}, "'a', 'b', 'c' and 2 more are changed", "git commit -a"),
        ({"untracked": ("a", "b")}, "'a', 'b' are not tracked", ".git/info/exclude"),
        ({"identity_problem": "empty ident"}, "git does not know who lands this", "git config user.name"),
    ],
)
def test_state_is_named_with_the_next_step_when_it_cannot_be_landed_from(
    changes: dict[str, object], problem: str, hint: str
) -> None:
    with pytest.raises(UsageError) as raised:
        require_landable(structs.replace(CLEAN, **changes))

    assert problem in raised.value.problem
    assert hint in (raised.value.hint or "")


def test_trunk_and_several_push_urls_are_refused() -> None:
    require_topic("topic", "main")
    require_one_push_url("origin", ("one",))
    with pytest.raises(UsageError, match="'main' is the trunk"):
        require_topic("main", "main")
    with pytest.raises(UsageError, match="'origin' has 2 push URLs"):
        require_one_push_url("origin", ("one", "two"))
