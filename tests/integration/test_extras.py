"""Who installs no extra has all of CI and landing, and is told what the rest needs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OF_EXTRAS = ("kubernetes", "nox")
KUBECONFIG = """
current-context: home
contexts: [{name: home, context: {cluster: home, user: me}}]
clusters: [{name: home, cluster: {server: "https://127.0.0.1:9"}}]
users: [{name: me, user: {auth-provider: {name: oidc, config: {}}}}]
"""
BARE = f"""
import sys
sys.modules.update(dict.fromkeys({OF_EXTRAS!r}))  # as if they were not installed
from homelab_tasks.tasks.program import main
main()
"""


def homelab(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", BARE, *words]
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)


ASKED = [
    ["--list"],
    ["ci.status", "--help"],
    ["work.land", "--help"],
    ["deploy.wait", "--help"],
    ["sandbox.up", "--help"],
]


@pytest.mark.parametrize("words", ASKED, ids=" ".join)
def test_every_task_is_there_without_an_extra(tmp_path: Path, words: list[str]) -> None:
    ended = homelab(tmp_path, *words)

    assert (ended.returncode, ended.stderr) == (0, "")


def test_ci_is_asked_without_an_extra(tmp_path: Path) -> None:
    (tmp_path / "invoke.yaml").write_text(
        "homelab:\n  woodpecker: {url: 'http://127.0.0.1:9'}\n  ci: {repository: lab/app}\n  http: {retry_for: 0s}\n"
    )
    (tmp_path / "token").write_text("token-of-nobody")
    (tmp_path / "token").chmod(0o600)

    ended = homelab(tmp_path, "ci.status", "--sha", "3f9c2e1" + "0" * 33)

    assert ended.returncode in {69, 77}, ended.stderr


def test_the_extra_is_named_when_a_task_needs_one(tmp_path: Path) -> None:
    (Path(os.environ["HOME"]) / ".kube").mkdir()
    (Path(os.environ["HOME"]) / ".kube" / "config").write_text(KUBECONFIG)

    ended = homelab(tmp_path, "deploy.wait", "web", "--image", "registry.test/web:1")

    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("usage: ")
    assert "homelab-tasks[kubernetes]" in ended.stderr
