"""The scenarios of docs/reference/landing.md are the ones that tests are marked with."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_scenario_of_the_page_has_a_test_and_every_test_its_row() -> None:
    page = (ROOT / "docs" / "reference" / "landing.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (\d+) \|", page, re.MULTILINE)

    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "integration").glob("test_*.py"))
    marked = set(re.findall(r"pytest\.mark\.scenario\((\d+)\)", tests))

    assert len(listed) == len(set(listed))
    assert set(listed) == marked
