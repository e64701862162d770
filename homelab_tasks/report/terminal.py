"""What may be sent to whoever reads a stream, as far as it and the environment tell."""

from collections.abc import Mapping

from msgspec import Struct

_DUMB = frozenset({"", "dumb", "unknown"})
_LINKING_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio"})
_LINKING_VARIABLES = ("VTE_VERSION", "KITTY_WINDOW_ID", "WT_SESSION", "KONSOLE_VERSION", "ALACRITTY_WINDOW_ID")
_PROGRESSING_PROGRAMS = frozenset({"ghostty"})
_NOTIFYING_PROGRAMS = frozenset({"ghostty", "WezTerm"})


class Terminal(Struct, frozen=True, kw_only=True):
    """
    What is understood beside text: a cursor that moves, colours, OSC 8 links, OSC 9;4 progress, OSC 777 notices.

    A pipe is a terminal that understands nothing, unless somebody says that it leads to one (FORCE_COLOR).
    """

    cursor: bool
    colour: bool
    links: bool
    progress: bool
    notices: bool


def terminal_of(environment: Mapping[str, str], *, is_terminal: bool) -> Terminal:
    """
    Read what *environment* tells of a stream's end.

    NO_COLOR (no-color.org) wins over FORCE_COLOR (force-color.org). Inside tmux and screen nothing is known of the
    terminal outside, and they swallow what they do not understand.
    """
    program = environment.get("TERM_PROGRAM", "")
    cursor = is_terminal and environment.get("TERM", "") not in _DUMB
    nested = "TMUX" in environment or environment.get("TERM", "").startswith(("screen", "tmux"))
    known = cursor and not nested
    links = program in _LINKING_PROGRAMS or any(environment.get(name) for name in _LINKING_VARIABLES)
    progress = program in _PROGRESSING_PROGRAMS or "WT_SESSION" in environment or environment.get("ConEmuANSI") == "ON"
    return Terminal(
        cursor=cursor,
        colour=not environment.get("NO_COLOR") and (cursor or bool(environment.get("FORCE_COLOR"))),
        links=known and links,
        progress=known and progress,
        notices=known and program in _NOTIFYING_PROGRAMS,
    )
