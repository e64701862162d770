"""What the pages refer to is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HIDDEN = {".venv", ".nox", ".cache", ".git", ".worktrees", "build", "dist", "recordings"}
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)|<img [^>]*src=\"(?P<source>[^\"]+)\"")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)


def pages() -> list[Path]:
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(path for path in found if not HIDDEN.intersection(path.parts))


def links(page: Path) -> Iterator[str]:
    for found in LINK.finditer(FENCE.sub("", (ROOT / page).read_text())):
        target = found["target"] or found["source"]
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(page: Path) -> set[str]:
    """The places in *page* that a link can name, as the forges make them of headings."""
    headings = HEADING.findall(FENCE.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = (ROOT / page).parent / name if name else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_pages_are_found() -> None:
    assert {Path("README.md"), Path("docs/reference/settings.md")} <= set(pages())
