"""What the body of a task gets of its flags."""

from collections.abc import Iterator
from typing import Any

import pytest
from invoke.context import Context
from invoke.exceptions import Exit

from homelab_tasks.model.events import Event, Verdict
from homelab_tasks.model.verdict import Word
from homelab_tasks.tasks.assembly import Assembly
from homelab_tasks.tasks.command import NOT_GIVEN, command


def called(**flags: Any) -> dict[str, Any]:
    """Call a task with *flags*; returns what its body got."""
    got: dict[str, Any] = {}

    @command("ci.watch")
    def body(c: Assembly, sha: str = NOT_GIVEN, branch: str = NOT_GIVEN, watch: bool = False) -> Iterator[Event]:
        got.update(sha=sha, branch=branch, watch=watch)
        yield Verdict(verdict=Word.OK, reason="done")

    body(Context(), **flags)
    return got


@pytest.mark.parametrize("flags", [{}, {"sha": None, "branch": None}, {"watch": False}])
def test_a_text_that_is_left_out_is_empty(flags: dict[str, Any]) -> None:
    assert called(**flags) == {"sha": "", "branch": "", "watch": False}


def test_what_is_given_is_passed_on() -> None:
    assert called(sha="HEAD~1", watch=True) == {"sha": "HEAD~1", "branch": "", "watch": True}


def test_a_text_that_is_given_empty_is_refused_lest_it_mean_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exit) as end:
        called(sha="")

    assert end.value.code == 2
    assert "usage: --sha: is empty" in capsys.readouterr().err
