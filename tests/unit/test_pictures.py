"""The pictures show what the code draws."""

from pathlib import Path

import pytest

from docs.pictures.draw import PICTURES, drawn

HERE = Path(__file__).parents[2] / "docs" / "pictures"


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_what_the_code_draws(name: str) -> None:
    assert (HERE / f"{name}.svg").read_text() == drawn(name), "python -m docs.pictures.draw"
