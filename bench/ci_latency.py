"""
How long after the server's terminal write `inv ci.watch` exits, with the stream and without, beside pollers.

A real server tells a last step's end 21 ms before REST shows the pipeline's, and the pipeline's own 16 ms after that.
"""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bench.figures import Figure, percentile
from bench.lab import homelab, start, wait_for
from homelab_tasks.sandbox.homelab import Homelab
from homelab_tasks.sandbox.woodpecker.script import Script

if TYPE_CHECKING:
    import subprocess

RUNS = 30
BLIND_RUNS = 12
BLIND_SECONDS = 100.0  # by then polls are as far apart as they ever get
POLLERS_SECONDS = (3.0, 15.0)
STEP_BEFORE_END_SECONDS = 0.021
EVENT_AFTER_END_SECONDS = 0.016


class Poller:
    """A script that asks for the newest pipelines every so often, and is done when its own has ended."""

    def __init__(self, lab: Homelab, seconds: float) -> None:
        """Poll *lab* every *seconds*, with no load balancer in between."""
        self.seen: dict[int, float] = {}
        self._lab = lab
        self._seconds = seconds
        self._stopped = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        """Poll no more."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            for row in self._lab.woodpecker.pipelines():
                if row.status.is_final:
                    self.seen.setdefault(row.number, time.monotonic())


def figures() -> Iterator[Figure]:
    """Measure."""
    with homelab() as blind, homelab() as lab:
        pollers = {f"{seconds:g} s poller": Poller(lab, seconds) for seconds in POLLERS_SECONDS}
        with watches_without_stream(blind) as polled:
            ends = [watched(lab, index) for index in range(RUNS)]
            time.sleep(max(POLLERS_SECONDS) + 1)
            for poller in pollers.values():
                poller.stop()
            beside = {
                name: [poller.seen[number] - ended for number, ended, _ in ends] for name, poller in pollers.items()
            }
        streamed = [exited - ended for _, ended, exited in ends]
    yield _figure("with the stream, p50", streamed, beside, 50, 0.1)
    yield _figure("with the stream, p95", streamed, beside, 95, 0.3)
    yield _figure("without a stream, p95", polled, beside, 95, 5.0)


def _figure(name: str, ours: Sequence[float], beside: dict[str, list[float]], percent: int, goal: float) -> Figure:
    return Figure(
        bench="ci.watch",
        figure=f"terminal write to exit, {name}",
        unit="s",
        ours=percentile(ours, percent),
        beside={peer: percentile(values, percent) for peer, values in beside.items()},
        goal=goal,
    )


def running(lab: Homelab, index: int) -> tuple[Script, "subprocess.Popen[bytes]"]:
    """A pipeline that runs, and a watch that has told of it."""
    sha = f"{index + 1:040x}"
    life = lab.woodpecker.script(sha)
    life.status("running")
    life.workflow("build", "running")
    life.step("build", "test", "running")
    process = start(lab.app, "ci.watch", "--sha", sha, "--json")
    wait_for(process, "running")
    return life, process


def end(life: Script) -> float:
    """Let *life* end as a real server's does; returns when REST showed it."""
    life.step("build", "test", "success")
    time.sleep(STEP_BEFORE_END_SECONDS)
    life.workflow("build", "success", told=False)
    life.status("success", told=False)
    ended = time.monotonic()
    time.sleep(EVENT_AFTER_END_SECONDS)
    life.tell()
    return ended


def watched(lab: Homelab, index: int) -> tuple[int, float, float]:
    """Watch one pipeline to its end; returns its number, when it ended, and when the watch exited."""
    life, process = running(lab, index)
    with process:
        time.sleep(random.uniform(1.2, 2.2))
        ended = end(life)
        process.communicate()
        exited = time.monotonic()
    assert process.returncode == 0
    return life.number, ended, exited


@contextmanager
def watches_without_stream(lab: Homelab) -> Iterator[list[float]]:
    """Watch several pipelines whose stream always fails, until the caller is done; yields what they will have taken."""
    lab.faults.use("stream-fail")
    began = time.monotonic()
    watches = [running(lab, index) for index in range(BLIND_RUNS)]
    taken: list[float] = []
    yield taken
    time.sleep(max(0.0, began + BLIND_SECONDS - time.monotonic()))
    with ThreadPoolExecutor(len(watches)) as pool:
        for life, process in watches:
            time.sleep(random.uniform(0.0, 1.0))
            exits = pool.submit(seconds_to_exit, process, end(life))
            exits.add_done_callback(lambda done: taken.append(done.result()))


def seconds_to_exit(process: "subprocess.Popen[bytes]", ended: float) -> float:
    """Wait for *process*; returns how long after *ended* it exited."""
    process.communicate()
    assert process.returncode == 0
    return time.monotonic() - ended
