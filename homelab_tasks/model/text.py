"""Text from servers and logs, made harmless for a terminal."""

import re

# C0 and C1 controls, and the marks that reorder or hide what follows them (CVE-2021-42574). Tabs stay.
_UNSAFE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def harmless(text: str) -> str:
    r"""Replace every control character of *text* by its escape (`\x1b`), so that a terminal only shows it."""
    return _UNSAFE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode("ascii")


def shorten(text: str, width: int) -> str:
    """Cut *text* to *width* characters, an ellipsis marking the cut."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"
