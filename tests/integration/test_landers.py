"""Many landers at once, as processes of their own: all land, each once, and no tree that was not verified."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.git_repositories import clone, commit, git, make_remote, write
from tests.integration.landings import first_parents

ROOT = Path(__file__).parents[2]


def lander(directory: Path, home: Path, verify: str, **environment: str) -> subprocess.Popen[str]:
    """Start a landing of what is checked out in *directory*."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(home), **environment}
    program = [sys.executable, "-m", "invoke", "work.land", "--no-ci-watch", "--verify", verify]
    return subprocess.Popen(
        program, cwd=directory, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def clones_of(remote: Path, directory: Path, count: int) -> list[Path]:
    """Make clones with a topic each; the last ones as worktrees of one clone."""
    places = []
    shared = clone(remote, directory / "shared")
    for number in range(count):
        place = directory / f"lander-{number}"
        if number % 2:
            git(shared, "worktree", "add", "--quiet", "-b", f"topic-{number}", str(place))
        else:
            git(clone(remote, place), "switch", "--quiet", "--create", f"topic-{number}")
        commit(place, f"file-{number}.txt", f"{number}\n", message=f"Add {number}")
        places.append(place)
    return places


def verified_trees(log: Path) -> list[str]:
    return log.read_text().split() if log.exists() else []


def require_all_landed(remote: Path, log: Path, count: int) -> None:
    """Each landing is there once, as a merge into the trunk before it, and its tree was verified as such."""
    trunk = first_parents(remote)
    assert len(trunk) == count + 1
    merged = [git(remote, "log", "-1", "--format=%s", f"{merge}^2") for merge in trunk[:-1]]
    assert sorted(merged) == sorted(f"Add {number}" for number in range(count))
    verified = set(verified_trees(log))
    for merge in trunk[:-1]:
        assert git(remote, "rev-parse", f"{merge}^{{tree}}") in verified
    assert git(remote, "for-each-ref", "refs/land") == ""


@pytest.mark.scenario(33)
@pytest.mark.timeout(300)
@pytest.mark.parametrize("queue", ["", "train"])
@pytest.mark.parametrize("count", [2, 8])
def test_all_land_once_and_verified_when_many_land_at_once(tmp_path: Path, count: int, queue: str) -> None:
    write(tmp_path, "tasks.py", "from homelab_tasks.tasks.namespace import namespace as ns\n")
    remote = make_remote(tmp_path)
    places = clones_of(remote, tmp_path, count)
    log = tmp_path / "verified"
    verify = f"sleep 0.5; git rev-parse HEAD^{{tree}} >> {log}"

    landers = [lander(place, tmp_path / "home", verify, HOMELAB_WORK_QUEUE=queue) for place in places]
    told = [process.communicate()[1] for process in landers]

    assert [process.returncode for process in landers] == [0] * count, "\n\n".join(told)
    require_all_landed(remote, log, count)
    for place in places:
        assert git(place, "status", "--porcelain") == ""
        assert git(place, "for-each-ref", "refs/land") == ""
    assert len(verified_trees(log)) <= 4 * count
