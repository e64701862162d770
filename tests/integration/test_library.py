"""The library does what the tasks do, in a program that knows no invoke."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from homelab_tasks.sandbox.homelab import Homelab
from tests.integration.conftest import quick_homelab
from tests.integration.tasks.running import Shell

PROGRAM = """
import json, os, sys
from homelab_tasks import (
    Commit, Connections, Order, Verdict, WatchRequest, decode_settings, land, prepare_landing, watch_pipelines,
)

connections = Connections(decode_settings(json.load(sys.stdin), os.environ))
site, propose = prepare_landing(connections, timeout=60)
*_, landed = land(Order(verify="bash test.sh", remote="origin"), site, propose)
request = WatchRequest(repository="lab/app", commit=Commit(sha=landed.commit))
*_, watched = watch_pipelines(connections.woodpecker, connections.clock, request, contains=connections.contains)
print(landed.verdict, landed.commit, watched.verdict)
assert "invoke" not in sys.modules
"""


@pytest.fixture(scope="module")
def homelab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homelab]:
    with quick_homelab(tmp_path_factory.mktemp("homelab")) as running:
        yield running


def git(directory: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=directory, check=True, capture_output=True, text=True).stdout.strip()


def test_a_program_lands_a_topic_and_watches_its_ci_without_invoke(homelab: Homelab) -> None:
    git(homelab.app, "switch", "--quiet", "-c", "topic")
    (homelab.app / "note").write_text("from a program\n")
    git(homelab.app, "add", "note")
    git(homelab.app, "commit", "--quiet", "--message=Note it")
    shell = Shell(homelab.app, (homelab.token, homelab.vault_token, homelab.forge_token))

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(homelab.settings),
        cwd=homelab.app,
        env=shell.environment(),
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    landed, commit, watched = done.stdout.split()
    assert (landed, watched) == ("landed", "passed")
    assert git(homelab.remote, "rev-parse", "main") == commit
