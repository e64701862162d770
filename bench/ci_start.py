"""What starting costs: `inv --list` and a one-shot `inv ci.status`, beside an inv task that does nothing."""

import compileall
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure
from bench.lab import ROOT, homelab, seconds_of

TIMES = 20
EMPTY = "from invoke import task\n\n\n@task\ndef nothing(c):\n    pass\n"
PEER = "empty inv task"


def figures() -> Iterator[Figure]:
    """Measure."""
    compileall.compile_dir(ROOT / "homelab_tasks", quiet=2)  # inv itself never writes bytecode; installing does
    with homelab() as lab, TemporaryDirectory() as directory:
        empty = Path(directory)
        (empty / "tasks.py").write_text(EMPTY)
        (empty / "invoke.yaml").write_text((lab.app / "invoke.yaml").read_text())  # which inv reads in any case
        sha = "c0ffee" + "0" * 34
        lab.woodpecker.script(sha).run("success")
        commands = {
            PEER: (empty, ("nothing",)),
            "inv --list": (lab.app, ("--list",)),
            "inv ci.status": (lab.app, ("ci.status", "--sha", sha)),
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(TIMES):  # in turns, so that whatever else this machine does hits all alike
            for name, (place, words) in commands.items():
                taken[name].append(seconds_of(place, *words))
    # The fastest of many is what the command costs; the rest is what else this machine was doing.
    fastest = {name: min(values) for name, values in taken.items()}
    for name, goal in (("inv --list", 1.15), ("inv ci.status", 2.5)):
        yield Figure(
            bench="start",
            figure=f"{name}, fastest of {TIMES}",
            unit="s",
            ours=fastest[name],
            beside={PEER: fastest[PEER]},
            goal=goal,
            of_peer=PEER,
        )
