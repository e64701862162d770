"""The reference of tasks says what the tasks say, and they say enough."""

import inspect
from pathlib import Path

import pytest

from docs.reference.tasks import arguments, render
from homelab_tasks import namespace

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "tasks.md"
LONGEST_SUMMARY = 72  # what `inv --list` shows without wrapping


def test_the_reference_is_what_the_tasks_say() -> None:
    hint = "python docs/reference/tasks.py > docs/reference/tasks.md"

    assert PAGE.read_text() == render(), hint


@pytest.mark.parametrize("name", sorted(namespace.task_names))
def test_a_task_says_in_one_short_line_what_it_does(name: str) -> None:
    summary, _, rest = (inspect.getdoc(namespace[name]) or "").partition("\n")

    assert summary.endswith(".")
    assert summary[0].isupper()
    assert len(summary) <= LONGEST_SUMMARY
    assert not rest or rest.startswith("\n"), "the first line is a whole sentence"


@pytest.mark.parametrize("name", sorted(namespace.task_names))
def test_every_argument_has_a_line_of_help_and_no_letter_of_its_own(name: str) -> None:
    for argument in arguments(namespace[name]):
        (flag,) = argument.names  # a letter would shift when a flag is added
        assert argument.help, flag
        assert "\n" not in argument.help, flag
        assert "|" not in argument.help, f"{flag}: it is a cell of a table"


def test_no_number_is_a_default_because_invoke_would_read_the_flag_by_its_type() -> None:
    taken = [argument for name in namespace.task_names for argument in arguments(namespace[name])]

    assert {argument.kind for argument in taken} <= {str, bool, list}
