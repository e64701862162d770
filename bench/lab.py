"""What benches share: a homelab, and `inv` processes in its clone that are timed from the outside."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from homelab_tasks.sandbox.homelab import Homelab

INV = (sys.executable, "-m", "invoke")
ROOT = Path(__file__).parent.parent
LOG_SECONDS, CONFIGURATION_SECONDS = 0.05, 0.02


@contextmanager
def homelab() -> Iterator[Homelab]:
    """A homelab in a directory of its own."""
    with TemporaryDirectory(prefix="bench-") as directory:
        place = Path(directory) / "homelab"
        with Homelab(place, log_seconds=LOG_SECONDS, configuration_seconds=CONFIGURATION_SECONDS) as running:
            yield running


def start(directory: Path, *words: str) -> "subprocess.Popen[bytes]":
    """Start `inv WORDS` in *directory*; what it prints on stdout can be read."""
    return subprocess.Popen(
        [*INV, *words], cwd=directory, env=environment(directory), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def environment(directory: Path) -> dict[str, str]:
    """Name this package, and a home without settings."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(directory)}


def wait_for(process: "subprocess.Popen[bytes]", status: str) -> None:
    """Read what *process* prints until it has told of a pipeline in *status*."""
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "pipeline" and event["status"] == status:
            return
    raise AssertionError(f"{status} was never told")


def seconds_of(directory: Path, *words: str) -> float:
    """How long `inv WORDS` takes, from start to exit."""
    begun = time.perf_counter()
    with start(directory, *words) as process:
        process.communicate()
    return time.perf_counter() - begun


MEASURING = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=2, stderr=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak_bytes_of(directory: Path, *words: str) -> tuple[int, int]:
    """How much memory `inv WORDS` takes at most, and how many bytes it prints."""
    # Started by a small process of its own: what this one holds would count as the child's, until its exec.
    command = [sys.executable, "-c", MEASURING, *INV, *words]
    with subprocess.Popen(
        command, cwd=directory, env=environment(directory), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        stderr = process.stderr
        printed = sum(len(chunk) for chunk in iter(lambda: stderr.read(1 << 20), b""))
        code, peak = process.stdout.read().split()
    assert int(code) == 0
    return int(peak) * (1 if sys.platform == "darwin" else 1024), printed
