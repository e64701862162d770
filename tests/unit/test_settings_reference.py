"""The reference of settings says what the code says."""

from pathlib import Path

from docs.reference.settings import render

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


def test_the_reference_is_what_the_code_says() -> None:
    hint = "python docs/reference/settings.py > docs/reference/settings.md"

    assert PAGE.read_text() == render(), hint
