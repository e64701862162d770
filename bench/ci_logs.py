"""What `inv ci.logs` needs for a log that is larger than anybody wants to hold."""

from collections.abc import Iterator

from bench.figures import Figure
from bench.lab import homelab, peak_bytes_of

MEGABYTE = 1_000_000
LINE = "x" * 199
LINES = 500_000  # with its line end, 200 bytes each


def figures() -> Iterator[Figure]:
    """Measure."""
    sha = "c0ffee" + "0" * 34
    with homelab() as lab:
        life = lab.woodpecker.script(sha)
        life.status("running")
        life.log("build", "test", *[LINE] * LINES)
        life.run("success")
        peak, printed = peak_bytes_of(lab.app, "ci.logs", "--sha", sha, "--all")
        idle, _ = peak_bytes_of(lab.app, "ci.status", "--sha", sha)
    assert printed == LINES * (len(LINE) + 1)
    yield Figure(
        bench="ci.logs",
        figure=f"peak memory for {printed // MEGABYTE} MB",
        unit="MB",
        ours=peak / MEGABYTE,
        beside={"ci.status": idle / MEGABYTE, "the log": printed / MEGABYTE},
        goal=100.0,
    )
