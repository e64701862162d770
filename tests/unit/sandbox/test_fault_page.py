"""docs/how-to/sandbox.md says what the faults are."""

import re
from pathlib import Path

from homelab_tasks.sandbox.faults import FAULTS

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "sandbox.md"


def test_every_fault_is_described_with_its_odds() -> None:
    section = PAGE.read_text().partition("## Make it fail")[2].partition("\n## ")[0]
    described = dict(re.findall(r"^\| `([\w-]+)` \| .* \| (.*?) \|$", section, re.MULTILINE))

    assert list(described) == list(FAULTS)
    odds = {name: "all" if fault.probability == 1 else f"{fault.probability:.0%}" for name, fault in FAULTS.items()}
    assert {name: text.split()[0] for name, text in described.items() if "all" in text} == {
        name: text for name, text in odds.items() if text == "all"
    }
    assert all(described[name].replace(" ", "") == text for name, text in odds.items() if text != "all")
