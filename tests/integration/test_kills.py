"""kill -9 at any moment of a landing: the next run ends with the change landed exactly once, nothing else touched."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.git_repositories import clone, commit, git, make_remote, write
from tests.integration.landings import first_parents, snapshot

ROOT = Path(__file__).parents[2]
FEW = 4
LANDED = "landed: "  # how the line of the verdict begins
VERIFY = "sleep 0.1; test -f topic.txt"
# Kills the process that runs git at its COUNT-th command, before or after that command has done its work.
WRAPPER = """#!/bin/sh
count=$(cat "$KILL_COUNTER" 2>/dev/null || echo 0)
count=$((count + 1))
echo $count > "$KILL_COUNTER"
test "$count" = "$KILL_BEFORE" && kill -9 $PPID && exit 1
/usr/bin/git "$@"
code=$?
test "$count" = "$KILL_AFTER" && kill -9 $PPID
exit $code
"""


class Scene:
    """A remote and a clone with a topic that is landed."""

    def __init__(self, directory: Path, *, held: bool) -> None:
        self.directory = directory
        write(directory, "tasks.py", "from homelab_tasks.tasks.namespace import namespace as ns\n")
        write(directory, "bin/git", WRAPPER).chmod(0o755)
        self.remote = make_remote(directory)
        self.work = clone(self.remote, directory / "work")
        git(self.work, "switch", "--quiet", "--create", "topic")
        self.tip = commit(self.work, "topic.txt", "topic\n")
        if held:  # the lock of a lander that is gone: taken over, held, and given back with the landing
            empty = git(self.work, "commit-tree", "-m", f"Land next\n\n{self._dead_owner()}", "HEAD^{tree}")
            git(self.work, "push", "--quiet", "origin", f"{empty}:refs/land/main/lock")
        self.before = snapshot(self.work)

    def _dead_owner(self) -> str:
        code = "from homelab_tasks.clients.git.presence import Presence; print(Presence().owner())"
        variables = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True)
        return done.stdout.strip().rpartition("\n")[2]

    def land(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        program = [sys.executable, "-m", "invoke", "work.land", "--no-ci-watch", "--verify", VERIFY, *arguments]
        variables = {**os.environ, "PYTHONPATH": str(ROOT), "KILL_COUNTER": str(self.directory / "count")}
        path = f"{self.directory / 'bin'}:{os.environ['PATH']}"
        return subprocess.Popen(
            program,
            cwd=self.work,
            env={**variables, "PATH": path, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, *arguments: str) -> tuple[int, str]:
        process = self.land(*arguments)
        _, told = process.communicate()
        return process.returncode, told

    def require_landed_once(self) -> None:
        trunk = first_parents(self.remote)
        assert len(trunk) == 2
        assert git(self.remote, "rev-parse", "main^2") == self.tip
        self.require_nothing_left()

    def require_nothing_left(self) -> None:
        assert snapshot(self.work) == self.before
        assert git(self.work, "for-each-ref", "refs/land") == ""
        assert git(self.remote, "for-each-ref", "refs/land") == ""
        assert not (self.work / ".git" / "land" / "journal.json").exists()


def is_running(pid: str) -> bool:
    """Whether process *pid* does anything: an orphan that has ended may stay listed where nobody asks for it."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def commands_of(scene: Scene) -> int:
    code, told = scene.finish()
    assert code == 0, told
    scene.require_landed_once()
    return int((scene.directory / "count").read_text())


@pytest.mark.scenario(41)
@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("held", [False, True], ids=["optimistic", "locked"])
def test_change_lands_exactly_once_when_the_lander_is_killed_at_a_step(
    tmp_path: Path, pytestconfig: pytest.Config, held: bool
) -> None:
    (tmp_path / "whole").mkdir()
    steps = commands_of(Scene(tmp_path / "whole", held=held))
    moments = [(kind, step) for step in range(1, 1 + steps) for kind in ("KILL_BEFORE", "KILL_AFTER")]
    chosen = moments if pytestconfig.getoption("--soak") else random.sample(moments, FEW)

    killed = 0
    for kind, step in chosen:
        place = tmp_path / f"{kind}-{step}"
        place.mkdir()
        scene = Scene(place, held=held)
        first = scene.land(**{kind: str(step)})
        first.communicate()
        killed += first.returncode == -signal.SIGKILL
        code, told = scene.finish()
        assert code == 0, f"{kind} {step}: {told}"
        scene.require_landed_once()
    assert killed == len(chosen)
    print(f"\n{killed} kills at {steps} steps: 0 lost, 0 doubled")  # noqa: T201 - what a soak is run for


@pytest.mark.scenario(41)
@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_change_lands_exactly_once_when_the_lander_is_killed_at_a_random_moment(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    count = max(FEW, (pytestconfig.getoption("--soak") or 0) // 10)  # each takes as long as a hundred lives of a watch
    (tmp_path / "whole").mkdir()
    began = time.monotonic()
    commands_of(Scene(tmp_path / "whole", held=True))
    whole = time.monotonic() - began
    counts = {"landed": 0, "killed after it was told": 0, "killed": 0}
    while sum(counts.values()) - counts["landed"] < count:
        number = sum(counts.values())
        place = tmp_path / str(number)
        place.mkdir()
        scene = Scene(place, held=number % 2 == 1)
        first = scene.land()
        time.sleep(random.uniform(0.1, whole))
        first.kill()
        _, told_first = first.communicate()
        is_told = LANDED in told_first
        counts["killed after it was told" if is_told and first.returncode else "landed" if is_told else "killed"] += 1
        code, told = scene.finish()
        # Between the telling of the verdict and the end of the process nobody can say whether it was seen.
        assert code in (({0, 5} if first.returncode else {5}) if is_told else {0}), told
        scene.require_landed_once()
    print(f"\n{counts}: 0 lost, 0 doubled")  # noqa: T201 - what a soak is run for


@pytest.mark.scenario(5)
@pytest.mark.timeout(600)
def test_clone_is_as_before_when_a_killed_landing_is_aborted(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    steps = commands_of(Scene(tmp_path / "whole", held=True))
    for step in random.sample(range(1, 1 + steps), FEW):
        place = tmp_path / str(step)
        place.mkdir()
        scene = Scene(place, held=True)
        scene.land(KILL_AFTER=str(step)).communicate()
        landed = len(first_parents(scene.remote)) == 2

        code, told = scene.finish("--abort")

        assert code == (1 if landed else 0), told
        assert snapshot(scene.work) == scene.before
        assert git(scene.work, "for-each-ref", "refs/land") == ""
        assert not (scene.work / ".git" / "land" / "journal.json").exists()


@pytest.mark.scenario(42)
@pytest.mark.timeout(120)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_verify_is_ended_and_the_lock_given_back_when_the_lander_is_interrupted(tmp_path: Path, number: int) -> None:
    scene = Scene(tmp_path, held=True)
    program = [sys.executable, "-m", "invoke", "work.land", "--no-ci-watch"]
    verify = f"echo $$ > {tmp_path}/verifying; sleep 300"
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "HOMELAB_WORK_VERIFY": verify}
    lander = subprocess.Popen(program, cwd=scene.work, env=variables, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "verifying").exists():
        time.sleep(0.05)

    lander.send_signal(number)
    _, told = lander.communicate()

    assert lander.returncode == 130, told
    assert "inv work.land --resume" in told
    verifier = (tmp_path / "verifying").read_text().strip()
    assert not is_running(verifier)
    scene.require_nothing_left()
    assert scene.finish()[0] == 0
    scene.require_landed_once()


@pytest.mark.scenario(43)
def test_second_landing_is_refused_with_the_pid_when_one_is_at_work_in_the_worktree(tmp_path: Path) -> None:
    scene = Scene(tmp_path, held=False)
    program = [sys.executable, "-m", "invoke", "work.land", "--no-ci-watch"]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "HOMELAB_WORK_VERIFY": f"touch {tmp_path}/verifying; sleep 2"}
    first = subprocess.Popen(program, cwd=scene.work, env=variables, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "verifying").exists():
        time.sleep(0.05)

    code, told = scene.finish()
    first.communicate()

    assert code == 2
    assert f"pid {first.pid}" in told
    assert first.returncode == 0


@pytest.mark.timeout(120)
def test_orphaned_verify_is_ended_when_the_killed_landing_is_run_again(tmp_path: Path) -> None:
    scene = Scene(tmp_path, held=False)
    program = [sys.executable, "-m", "invoke", "work.land", "--no-ci-watch"]
    verify = f"test -f {tmp_path}/verifying && exit 0; echo $$ > {tmp_path}/verifying; sleep 300"
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "HOMELAB_WORK_VERIFY": verify}
    first = subprocess.Popen(program, cwd=scene.work, env=variables, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "verifying").exists():
        time.sleep(0.05)
    time.sleep(0.2)
    first.kill()
    first.communicate()

    again = subprocess.run(program, cwd=scene.work, env=variables, capture_output=True, text=True, check=False)

    assert again.returncode == 0, again.stderr
    verifier = (tmp_path / "verifying").read_text().strip()
    assert not is_running(verifier)
    scene.require_landed_once()
