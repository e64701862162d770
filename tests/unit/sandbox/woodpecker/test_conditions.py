from typing import Any

import pytest

from homelab_tasks.sandbox.woodpecker.conditions import Trigger, applies, filters_events, outcomes

PUSH = Trigger(
    event="push",
    branch="feature/x",
    ref="refs/heads/feature/x",
    repository="lab/app",
    commit="c0ffee",
    message="Say it [ALL]",
    changed_files=("src/app/main.py", "README.md"),
)
TAG = Trigger(event="tag", branch="", ref="refs/tags/v1.2", repository="lab/app", commit="c0ffee")


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (None, True),
        ({"event": "push"}, True),
        ({"event": ["tag", "push"]}, True),
        ({"event": "tag"}, False),
        ({"event": {"exclude": ["push"]}}, False),
        ([{"event": "tag"}, {"event": "push"}], True),
        ({"event": "push", "branch": "main"}, False),
        ({"branch": "feature/*"}, True),
        ({"branch": "*"}, False),
        ({"branch": "**"}, True),
        ({"branch": "{main,feature/x}"}, True),
        ({"branch": {"include": ["feature/*"], "exclude": ["feature/x"]}}, False),
        ({"ref": "refs/heads/**"}, True),
        ({"repo": "lab/*"}, True),
        ({"repo": "other/*"}, False),
        ({"path": "src/**"}, True),
        ({"path": "**/main.py"}, True),
        ({"path": "*.py"}, False),
        ({"path": {"exclude": ["*.md"]}}, False),
        ({"path": {"include": ["docs/**"], "ignore_message": "[all]"}}, True),
        ({"matrix": {"FLAVOUR": "sour"}}, True),
        ({"matrix": {"FLAVOUR": "sweet"}}, False),
    ],
)
def test_a_condition_holds_for_a_push_as_the_server_says(when: Any, expected: bool) -> None:
    assert applies(when, PUSH, {"FLAVOUR": "sour"}) is expected


def test_a_tag_is_on_no_branch_and_changes_no_path() -> None:
    assert applies({"event": "tag", "branch": "main", "path": "src/**"}, TAG, {})


@pytest.mark.parametrize(("on_empty", "expected"), [(True, True), (False, False)])
def test_a_push_without_changed_files_is_decided_by_on_empty(on_empty: bool, expected: bool) -> None:
    empty = Trigger(event="push", branch="main", ref="refs/heads/main", repository="lab/app", commit="c0ffee")

    assert applies({"path": {"include": ["src/**"], "on_empty": on_empty}}, empty, {}) is expected


def test_outcomes_are_success_unless_a_status_is_named() -> None:
    assert outcomes(None) == ("success",)
    assert outcomes({"event": "push"}) == ("success",)
    assert outcomes([{"status": "failure"}, {"status": ["success", "failure"]}]) == ("failure", "success")


def test_events_are_filtered_only_when_every_condition_names_some() -> None:
    assert filters_events([{"event": "push"}, {"event": "tag"}])
    assert not filters_events([{"event": "push"}, {"branch": "main"}])
    assert not filters_events(None)
