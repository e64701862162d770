"""What landing costs: many landers at once beside a plain retry loop, and one landing beside git's own commands."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure
from homelab_tasks.sandbox.git import git

ROOT = Path(__file__).parents[1]
VERIFY_SECONDS = 2
LANDERS = {1: 1.5, 2: 1.0, 8: 1 / 3, 20: 1 / 2}
"""How many land at once, and the most that the train may take of the retry loop's time."""
FILES = 50_000
TIMES = 5
OVERHEAD = 3.0
TASKS = "from homelab_tasks.tasks.namespace import namespace as ns\n"
WHO = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
}
# What people write when they have no tool: verified after each merge, so at least as safe as what it stands beside.
RETRY_LOOP = """
while true; do
  git fetch -q origin main
  git checkout -q --detach origin/main
  git merge -q --no-ff -m land topic
  {verify}
  git push -q origin HEAD:main 2> /dev/null && exit 0
done
"""
GIT_COMMANDS = """
set -e
test -z "$(git status --porcelain)"
git ls-remote -q origin HEAD refs/heads/main > /dev/null
git fetch -q origin main
tree=$(git merge-tree --write-tree FETCH_HEAD topic)
commit=$(git commit-tree -p FETCH_HEAD -p topic -m land $tree)
git push -q origin $commit:refs/heads/main
git ls-remote -q origin refs/heads/main > /dev/null
"""
Start = Callable[[Path, str], "subprocess.Popen[bytes]"]


def figures() -> Iterator[Figure]:
    """Measure."""
    for count, goal in LANDERS.items():
        yield from _together(count, goal)
    yield from _alone()


def _together(count: int, goal: float) -> Iterator[Figure]:
    """Let *count* topics land at once, in each way."""
    ways: dict[str, Start] = {
        "train": lambda place, verify: _land(place, verify, HOMELAB_WORK_QUEUE="train"),
        "one by one": _land,
        "retry loop": lambda place, verify: _shell(place, RETRY_LOOP.format(verify=verify)),
    }
    seconds, verifies = dict[str, float](), dict[str, float]()
    for name, start in ways.items():
        with TemporaryDirectory() as directory:
            seconds[name], verifies[name] = _race(Path(directory), count, start)
    for what, unit, values, limit in (("wall time", "s", seconds, goal), ("verifies", "runs", verifies, 1.0)):
        ours = values.pop("train")
        figure = f"{count} at once, {VERIFY_SECONDS} s verify, train: {what}"
        yield Figure(
            bench="landing", figure=figure, unit=unit, ours=ours, beside=values, goal=limit, of_peer="retry loop"
        )


def _race(directory: Path, count: int, start: Start) -> tuple[float, float]:
    """Let all land; returns the seconds until the last one had, and how often was verified."""
    remote = _remote(directory, {"README.md": "lab\n"})
    places = [_topic(remote, directory / f"lander-{number}", f"file-{number}.txt") for number in range(count)]
    log = directory / "verified"
    log.touch()
    began = time.monotonic()
    landers = [start(place, f"echo x >> {log}; sleep {VERIFY_SECONDS}") for place in places]
    codes = [lander.wait() for lander in landers]
    taken = time.monotonic() - began
    landed = int(git(remote, "rev-list", "--count", "--first-parent", "main")) - 1
    if any(codes) or landed != count:
        raise RuntimeError(f"{landed} of {count} landed; they ended with {codes}")
    return taken, log.read_text().count("x")


def _alone() -> Iterator[Figure]:
    """Let one topic land without verify, in a small and in a large repository, beside the bare git commands."""
    for name, count, times in (("small repository", 1, TIMES), (f"{FILES} files", FILES, 2)):
        with TemporaryDirectory() as directory:
            base = Path(directory)
            remote = _remote(base, {f"{number % 100}/{number}.txt": f"{number}\n" for number in range(count)})
            ours, bare = [], []
            for number in range(times):
                ours.append(_seconds_of_land(_topic(remote, base / f"ours-{number}", f"ours-{number}.txt")))
                place = _topic(remote, base / f"bare-{number}", f"bare-{number}.txt")
                bare.append(_seconds(_shell(place, GIT_COMMANDS)))
                for done in (base / f"ours-{number}", place):
                    shutil.rmtree(done)
        yield Figure(
            bench="landing",
            figure=f"one landing without verify, {name}, fastest of {times}, Python running",
            unit="s",
            ours=min(ours),
            beside={"bare git": min(bare)},
            goal=OVERHEAD,
            of_peer="bare git",
        )


# Python and its imports are there already: they are measured by themselves (bench.ci_start).
_IN_PROCESS = """
import os, sys, time
from pathlib import Path
from homelab_tasks.actions.landing.land import land
from homelab_tasks.actions.landing.site import Order
from homelab_tasks.clients.clock import SystemClock
from homelab_tasks.clients.git.clone import Git
from homelab_tasks.clients.git.landing_clone import LandingClone
from homelab_tasks.connections.landing import landing_site, remote_of
import git
began = time.monotonic()
clone = LandingClone(Git.open(Path.cwd()), "origin")
remote = remote_of(clone, clone.git.command)
site = landing_site(clone, remote, clock=SystemClock(), environment=dict(os.environ), timeout=60.0)
verdict = list(land(Order(verify=None), site, None))[-1]
print(verdict.verdict, time.monotonic() - began)
"""


def _seconds_of_land(place: Path) -> float:
    program = [sys.executable, "-c", _IN_PROCESS]
    done = subprocess.run(program, cwd=place, env=_environment(), capture_output=True, text=True, check=True)
    word, _, seconds = done.stdout.strip().rpartition("\n")[2].partition(" ")
    if word != "landed":
        raise RuntimeError(f"ended with {word}: {done.stderr}")
    return float(seconds)


def _seconds(running: "subprocess.Popen[bytes]") -> float:
    began = time.monotonic()
    if running.wait() != 0:
        raise RuntimeError("the bare git commands failed")
    return time.monotonic() - began


def _remote(directory: Path, files: dict[str, str]) -> Path:
    """Make a bare repository whose trunk holds *files*."""
    seed, remote = directory / "seed", directory / "remote.git"
    git(directory, "init", "--quiet", "--initial-branch=main", str(seed))
    git(seed, "config", "gc.auto", "0")  # it would go on behind our back
    for name, text in files.items():
        path = seed / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(seed, "add", ".")
    git(seed, "commit", "--quiet", "--message", "Start", **WHO)
    git(directory, "clone", "--quiet", "--bare", str(seed), str(remote))
    shutil.rmtree(seed)
    (directory / "tasks.py").write_text(TASKS)
    return remote


def _topic(remote: Path, place: Path, file: str) -> Path:
    """Make a clone with a topic of one commit."""
    git(remote, "clone", "--quiet", remote.as_uri(), str(place))
    git(place, "switch", "--quiet", "--create", "topic")
    (place / file).write_text("x\n")
    git(place, "add", file)
    git(place, "commit", "--quiet", "--message", f"Add {file}", **WHO)
    return place


def _land(place: Path, verify: str, **settings: str) -> "subprocess.Popen[bytes]":
    program = [sys.executable, "-m", "invoke", "work.land", "--no-ci-watch", "--verify", verify]
    environment = _environment() | settings
    return subprocess.Popen(program, cwd=place, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _shell(place: Path, script: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["bash", "-c", script], cwd=place, env=_environment(), stderr=subprocess.DEVNULL)


def _environment() -> dict[str, str]:
    return os.environ | WHO | {"PYTHONPATH": str(ROOT)}
