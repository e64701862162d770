"""The journal on a real file system."""

from pathlib import Path

import pytest

from homelab_tasks.clients.git.journal_file import JournalFile
from homelab_tasks.errors import UsageError
from homelab_tasks.model.landing.landing import Record, Step

RECORD = Record(topic="topic", tip="1" * 40, trunk="main", step=Step.PUSHING, pushed=("2" * 40,))


def test_record_is_read_back_when_it_was_written(tmp_path: Path) -> None:
    journal = JournalFile(tmp_path)
    with journal.exclusive():
        journal.write(RECORD)

    assert JournalFile(tmp_path).load() == RECORD
    journal.clear()
    journal.clear()
    assert journal.load() is None


def test_nothing_was_begun_when_the_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "land").mkdir()
    (tmp_path / "land" / "journal.json").touch()

    assert JournalFile(tmp_path).load() is None


@pytest.mark.parametrize("content", ["{", '{"topic": 1}', '{"step": "flying"}', "\x00"])
def test_usage_error_says_how_to_go_on_when_the_file_is_damaged(tmp_path: Path, content: str) -> None:
    (tmp_path / "land").mkdir()
    (tmp_path / "land" / "journal.json").write_text(content)

    with pytest.raises(UsageError) as raised:
        JournalFile(tmp_path).load()

    assert "--abort" in (raised.value.hint or "")


def test_second_landing_is_refused_when_one_is_at_work(tmp_path: Path) -> None:
    with (
        JournalFile(tmp_path).exclusive(),
        pytest.raises(UsageError, match=r"another work\.land is at work"),
        JournalFile(tmp_path).exclusive(),
    ):
        pass

    with JournalFile(tmp_path).exclusive():
        pass


def test_worktrees_have_places_of_their_own_when_they_share_a_clone(tmp_path: Path) -> None:
    assert JournalFile(tmp_path / "a").space != JournalFile(tmp_path / "b").space
