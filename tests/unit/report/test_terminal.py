import pytest

from homelab_tasks.report.terminal import Terminal, terminal_of

GHOSTTY = {"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty"}


@pytest.mark.parametrize("name", ["dumb", "unknown", ""])
def test_the_cursor_stays_when_a_terminal_says_that_it_is_dumb_or_nothing(name: str) -> None:
    terminal = terminal_of({"TERM": name}, is_terminal=True)

    assert not terminal.cursor
    assert not terminal.colour


def test_nothing_but_colours_is_sent_when_a_terminal_is_not_known() -> None:
    terminal = terminal_of({"TERM": "xterm"}, is_terminal=True)

    assert extras(terminal) == (False, False, False)
    assert terminal.colour


def test_links_progress_and_notices_are_sent_when_the_terminal_has_them() -> None:
    assert extras(terminal_of(GHOSTTY, is_terminal=True)) == (True, True, True)


@pytest.mark.parametrize("around", [{"TMUX": "/run/tmux"}, {"TERM": "screen-256color"}, {"TERM": "dumb"}])
def test_only_text_is_sent_when_something_stands_between(around: dict[str, str]) -> None:
    assert extras(terminal_of(GHOSTTY | around, is_terminal=True)) == (False, False, False)


def test_a_pipe_gets_only_what_was_asked_for() -> None:
    assert not terminal_of(GHOSTTY, is_terminal=False).colour
    assert terminal_of(GHOSTTY | {"FORCE_COLOR": "1"}, is_terminal=False).colour
    assert not terminal_of(GHOSTTY | {"FORCE_COLOR": "1"}, is_terminal=False).cursor
    assert extras(terminal_of(GHOSTTY | {"FORCE_COLOR": "1"}, is_terminal=False)) == (False, False, False)


def test_no_colour_is_sent_when_no_color_is_set_to_anything() -> None:
    assert not terminal_of({"TERM": "xterm", "NO_COLOR": "1"}, is_terminal=True).colour
    assert terminal_of({"TERM": "xterm", "NO_COLOR": ""}, is_terminal=True).colour


def extras(terminal: Terminal) -> tuple[bool, bool, bool]:
    return terminal.links, terminal.progress, terminal.notices
