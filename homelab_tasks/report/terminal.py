"""What a terminal can do, as far as its environment tells."""

from collections.abc import Mapping

from msgspec import Struct

_DUMB = frozenset({"", "dumb", "unknown"})
_LINKING_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio"})
_LINKING_VARIABLES = ("VTE_VERSION", "KITTY_WINDOW_ID", "WT_SESSION", "KONSOLE_VERSION", "ALACRITTY_WINDOW_ID")
_PROGRESSING_PROGRAMS = frozenset({"ghostty"})


class Terminal(Struct, frozen=True, kw_only=True):
    """What may be sent to a terminal beside text: colours, OSC 8 links, OSC 9;4 progress, OSC 777 notices."""

    is_dumb: bool
    colour: bool
    links: bool
    progress: bool
    notices: bool


def terminal_of(environment: Mapping[str, str]) -> Terminal:
    """
    Read what *environment* tells of the terminal.

    NO_COLOR (no-color.org) wins over FORCE_COLOR (force-color.org). Inside tmux and screen nothing is known of the
    terminal outside, and they swallow what they do not understand.
    """
    program = environment.get("TERM_PROGRAM", "")
    nested = "TMUX" in environment or environment.get("TERM", "").startswith(("screen", "tmux"))
    is_dumb = environment.get("TERM", "") in _DUMB
    links = program in _LINKING_PROGRAMS or any(environment.get(name) for name in _LINKING_VARIABLES)
    progress = program in _PROGRESSING_PROGRAMS or "WT_SESSION" in environment or environment.get("ConEmuANSI") == "ON"
    return Terminal(
        is_dumb=is_dumb,
        colour=not environment.get("NO_COLOR"),
        links=links and not nested and not is_dumb,
        progress=progress and not nested and not is_dumb,
        notices=program in {"ghostty", "WezTerm"} and not nested and not is_dumb,
    )
