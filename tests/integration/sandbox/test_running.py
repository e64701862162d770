"""`sandbox.up` and `sandbox.down` as a user meets them: real processes in a directory of their own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homelab_tasks.sandbox.layout import Layout
from homelab_tasks.sandbox.running import is_running, left_behind

INV = Path(sys.executable).with_name("inv")
ROOT = Path(__file__).parents[3]
TASKS = "from homelab_tasks import namespace as ns\n"
WAIT_SECONDS = 20.0


def inv(directory: Path, *words: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    defaults: dict[str, Any] = {"cwd": directory, "env": environment, "capture_output": True, "text": True}
    return subprocess.run([str(INV), *words], check=False, **defaults | {"timeout": 60} | options)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A directory with a tasks.py; a sandbox that a test leaves in it is ended."""
    (tmp_path / "tasks.py").write_text(TASKS)
    yield tmp_path
    inv(tmp_path, "sandbox.down")


def layout(project: Path) -> Layout:
    return Layout(project / ".homelab-sandbox")


def test_a_detached_sandbox_serves_until_down_and_leaves_nothing(project: Path) -> None:
    started = inv(project, "sandbox.up", "--detach")
    app = layout(project).app

    pushed = shell(app, "echo '# x' >> greet.sh && git commit -qam 'Say x' && git push -q")
    watched = inv(app, "ci.watch", "--json")
    ports = [int(address.rpartition(":")[2]) for address in json.loads(layout(project).state.read_text())["addresses"]]
    ended = inv(app, "sandbox.down")

    assert (started.returncode, pushed.returncode, watched.returncode, ended.returncode) == (0, 0, 0, 0)
    assert f"$ cd {app}" in started.stderr
    assert json.loads(watched.stdout.splitlines()[-1])["verdict"] == "passed"
    assert names(project) == ["tasks.py"]
    assert not left_behind(layout(project))
    assert all(is_closed(port) for port in ports)


def test_all_that_up_prints_can_be_typed(project: Path) -> None:
    told = inv(project, "sandbox.up", "--detach").stderr.splitlines()
    typed = [line.removeprefix("$ ") for line in told if line.startswith("$ ")]

    session = shell(project, "\n".join(["set -e", *typed]))

    assert session.returncode == 0, session.stderr
    for verdict in ("passed: #1 passed", "its CI passed, it is rolled out", "checks are good"):
        assert verdict in session.stderr
    assert names(project) == ["tasks.py"]


def test_any_name_will_do_for_the_directory(project: Path) -> None:
    directory = project / """it's "my" lab; #1"""

    started = inv(project, "sandbox.up", "--detach", "--directory", str(directory))
    pushed = shell(directory / "app", "git commit -q --allow-empty -m 'Try it' && git push -q")
    watched = inv(directory / "app", "ci.watch")
    ended = inv(project, "sandbox.down", "--directory", str(directory))

    assert (started.returncode, pushed.returncode, watched.returncode, ended.returncode) == (0, 0, 0, 0)
    assert names(project) == ["tasks.py"]


def test_a_second_up_says_that_one_runs_and_how_to_end_it(project: Path) -> None:
    inv(project, "sandbox.up", "--detach")

    again, foreground = inv(project, "sandbox.up", "--detach"), inv(project, "sandbox.up")

    directory = layout(project).directory
    assert (again.returncode, foreground.returncode) == (2, 2)
    assert f"a sandbox already runs in {directory}" in again.stderr
    assert f"inv sandbox.down --directory {directory}" in again.stderr
    assert is_running(layout(project))


def test_down_cleans_up_after_a_crash_in_the_middle_of_a_step(project: Path) -> None:
    inv(project, "sandbox.up", "--detach")
    config = "steps:\n  - {name: nap, image: bash, commands: [sleep 4712]}\n"
    (layout(project).app / ".woodpecker.yaml").write_text(config)
    shell(layout(project).app, "git commit -qam 'Take a nap' && git push -q")
    eventually(lambda: any(name(pid).startswith("sleep") for pid in left_behind(layout(project))))
    os.kill(json.loads(layout(project).state.read_text())["pid"], signal.SIGKILL)
    eventually(lambda: not is_running(layout(project)))
    assert left_behind(layout(project))

    up, down = inv(project, "sandbox.up", "--detach"), inv(project, "sandbox.down")

    assert up.returncode == 2
    assert "a sandbox that ended without cleaning up was in" in up.stderr
    assert down.returncode == 0
    assert names(project) == ["tasks.py"]
    eventually(lambda: not left_behind(layout(project)))


def test_a_sandbox_in_the_foreground_ends_with_a_signal_and_can_be_removed(project: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [str(INV), "sandbox.up", "--directory", "here"], cwd=project, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        while "sandbox.down" not in process.stderr.readline():
            continue
        time.sleep(0.2)  # it shows its last line before it begins to wait
        process.send_signal(signal.SIGINT)
        words = process.stderr.read()

    assert first.startswith("# CI, Vault, git and a cluster are served at 127.0.0.1:")
    assert process.returncode == 130
    assert (
        "interrupted: the sandbox has ended, as asked (exit 130). Its files are kept. Remove them: inv sandbox" in words
    )
    assert inv(project, "sandbox.down", "--directory", "here").returncode == 0
    assert not (project / "here").exists()


def test_down_keeps_what_no_sandbox_made_and_names_it(project: Path) -> None:
    inv(project, "sandbox.up", "--detach")
    (layout(project).directory / "notes.txt").write_text("mine")

    ended = inv(project, "sandbox.down")

    assert ended.returncode == 0
    assert "notes.txt" in ended.stderr
    assert names(layout(project).directory) == ["notes.txt"]


def test_up_does_not_take_a_directory_that_holds_something_else(project: Path) -> None:
    (project / "app").mkdir()

    refused = inv(project, "sandbox.up", "--detach", "--directory", ".")

    assert refused.returncode == 2
    assert "holds app, which no sandbox made" in refused.stderr
    assert names(project) == ["app", "tasks.py"]


@pytest.mark.parametrize("words", [("sandbox.up", "--detach"), ("sandbox.up",), ("sandbox.demo",)])
def test_an_unknown_fault_is_refused_with_those_that_are_known(project: Path, words: tuple[str, ...]) -> None:
    refused = inv(project, *words, "--faults", "emtpy")

    assert refused.returncode == 2
    assert "'emtpy' is not a fault" in refused.stderr
    assert "known: empty, html, 5xx" in refused.stderr
    assert names(project) == ["tasks.py"]


def test_down_without_a_sandbox_has_nothing_to_end(project: Path) -> None:
    ended = inv(project, "sandbox.down")

    assert ended.returncode == 0
    assert "there is nothing to end" in ended.stderr


def shell(directory: Path, line: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{INV.parent}:{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-c", line], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def is_closed(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def eventually(question: Any) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not question():
        assert time.monotonic() < deadline
        time.sleep(0.05)
