"""The values that must never be shown, and how they are taken out of text."""

import base64
from urllib.parse import quote

MASK = "********"
SHORTEST_SECRET = 6  # a shorter value would be masked inside ordinary words


class Secrets:
    """
    Every token that this process holds.

    Whoever reads a token adds it; whoever prints scrubs. One registry is made by the composition root.
    """

    def __init__(self) -> None:
        """Know no secret yet."""
        self._forms: list[str] = []

    def add(self, value: str) -> str:
        """Remember *value*, and the forms in which it travels (URL-quoted, base64); returns it."""
        if len(value) >= SHORTEST_SECRET:
            encoded = base64.b64encode(value.encode()).decode().rstrip("=")
            forms = {value, quote(value, safe=""), encoded, encoded[:-1]}
            self._forms = sorted({*self._forms, *forms}, key=len, reverse=True)
        return value

    def scrub(self, text: str) -> str:
        """Replace every secret in *text* by a mask."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text
