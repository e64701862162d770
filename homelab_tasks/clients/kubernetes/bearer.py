"""Bearer tokens: what may be sent as one."""

import re
from collections.abc import Callable

from homelab_tasks.errors import DeniedError

_TOKEN = re.compile(r"[\x21-\x7e]+")
Remember = Callable[[str], str]


def bearer(token: str, remember: Remember, *, whence: str) -> str:
    """
    The Authorization header for *token*, of which *remember* is told, so that it is never shown.

    Raises DeniedError for what no header can carry, naming *whence* it came: libraries would show it when they fail.
    """
    stripped = remember(token.strip())
    if not _TOKEN.fullmatch(stripped):
        what = "an empty token" if not stripped else "a token with spaces or characters that no token has"
        raise DeniedError(f"{whence} gives {what}")
    return f"Bearer {stripped}"
