from pathlib import Path

import pytest

from homelab_tasks.clients.desktop import notify


def test_notify_send_gets_title_and_text_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "notify-send"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/told\nexit 3\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    notify("ci.watch: failed", "--icon=x; $(id)")

    assert (tmp_path / "told").read_text() == "--\nci.watch: failed\n--icon=x; $(id)\n"


def test_nothing_happens_when_there_is_no_desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    notify("ci.watch: failed", "text")
