"""Many landers at once, as processes of their own: all land, each once, and no tree that was not verified."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.git_repositories import clone, commit, git, make_remote, write
from tests.integration.landings import first_parents, hook

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
@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize("queue", ["", "train"])
@pytest.mark.parametrize("crowd", [2, 8])
def test_all_land_once_and_verified_when_many_land_at_once(
    tmp_path: Path, crowd: int, queue: str, pytestconfig: pytest.Config
) -> None:
    count = 20 if pytestconfig.getoption("--soak") and crowd > 2 else crowd
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
    way = queue or "one by one"
    print(f"\n{count} landers, {way}: 0 lost, 0 doubled, 0 unverified")  # noqa: T201 - what a soak is run for


def verify_that(log: Path, *, red_with: str, seconds: float) -> str:
    """Make a verify that is red for every tree that holds *red_with*."""
    return f"sleep {seconds}; test -f {red_with} && exit 1; git rev-parse HEAD^{{tree}} >> {log}"


@pytest.mark.timeout(120)
def test_red_one_leaves_the_train_and_the_others_land_when_they_ride_together(tmp_path: Path) -> None:
    write(tmp_path, "tasks.py", "from homelab_tasks.tasks.namespace import namespace as ns\n")
    remote = make_remote(tmp_path)
    places = clones_of(remote, tmp_path, 4)
    log = tmp_path / "verified"
    verify = verify_that(log, red_with="file-1.txt", seconds=1.0)

    landers = [lander(place, tmp_path / "home", verify, HOMELAB_WORK_QUEUE="train") for place in places]
    told = [process.communicate()[1] for process in landers]

    assert [process.returncode for process in landers] == [0, 1, 0, 0], "\n\n".join(told)
    trunk = first_parents(remote)
    assert len(trunk) == 4
    assert {git(remote, "rev-parse", f"{merge}^{{tree}}") for merge in trunk[:-1]} <= set(verified_trees(log))
    assert git(remote, "for-each-ref", "refs/land") == ""


@pytest.mark.timeout(120)
def test_train_goes_on_when_a_lander_in_it_is_killed(tmp_path: Path) -> None:
    write(tmp_path, "tasks.py", "from homelab_tasks.tasks.namespace import namespace as ns\n")
    remote = make_remote(tmp_path)
    first, second, third = clones_of(remote, tmp_path, 3)
    stuck = lander(first, tmp_path / "home", f"touch {tmp_path}/verifying; sleep 60", HOMELAB_WORK_QUEUE="train")
    while not (tmp_path / "verifying").exists():
        time.sleep(0.05)
    log = tmp_path / "verified"
    verify = f"sleep 0.3; git rev-parse HEAD^{{tree}} >> {log}"
    behind = [lander(place, tmp_path / "home", verify, HOMELAB_WORK_QUEUE="train") for place in (second, third)]
    time.sleep(1.5)

    stuck.kill()
    stuck.communicate()
    told = [process.communicate()[1] for process in behind]

    assert [process.returncode for process in behind] == [0, 0], "\n\n".join(told)
    assert len(first_parents(remote)) == 3
    again = lander(first, tmp_path / "home", verify, HOMELAB_WORK_QUEUE="train")
    assert again.communicate()
    assert again.returncode == 0
    assert len(first_parents(remote)) == 4
    assert git(remote, "for-each-ref", "refs/land") == ""


@pytest.mark.timeout(60)
@pytest.mark.parametrize("queue", ["", "train"])
def test_topic_lands_without_a_place_in_line_when_the_server_takes_no_such_refs(tmp_path: Path, queue: str) -> None:
    write(tmp_path, "tasks.py", "from homelab_tasks.tasks.namespace import namespace as ns\n")
    remote = make_remote(tmp_path)
    refuse = "while read old new ref; do case $ref in refs/land/*) echo 'no such refs here'; exit 1;; esac; done"
    lose = f"""
    test -f {tmp_path}/lost3 && exit 0
    test -f {tmp_path}/lost2 && touch {tmp_path}/lost3
    test -f {tmp_path}/lost1 && touch {tmp_path}/lost2
    touch {tmp_path}/lost1
    unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
    git update-ref refs/heads/main $(git commit-tree -p main -m raced main^{{tree}})
    """
    hook(remote, "pre-receive", refuse + lose)
    (place,) = clones_of(remote, tmp_path, 1)

    process = lander(place, tmp_path / "home", "true", HOMELAB_WORK_QUEUE=queue)
    told = process.communicate()[1]

    assert process.returncode == 0, told
    assert "no such refs here" in told
    assert len(first_parents(remote)) == 5


@pytest.mark.timeout(60)
def test_lander_does_not_wait_for_itself_when_it_was_killed_in_the_train(tmp_path: Path) -> None:
    write(tmp_path, "tasks.py", "from homelab_tasks.tasks.namespace import namespace as ns\n")
    remote = make_remote(tmp_path)
    (place,) = clones_of(remote, tmp_path, 1)
    killed = lander(place, tmp_path / "home", f"touch {tmp_path}/verifying; sleep 60", HOMELAB_WORK_QUEUE="train")
    while not (tmp_path / "verifying").exists():
        time.sleep(0.05)
    killed.kill()
    killed.communicate()

    again = lander(place, tmp_path / "home", "true", HOMELAB_WORK_QUEUE="train")
    told = again.communicate()[1]

    assert again.returncode == 0, told
    assert len(first_parents(remote)) == 2
    assert git(remote, "for-each-ref", "refs/land") == ""
