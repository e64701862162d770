"""How long a pipeline is expected to take, from those before it."""

from collections.abc import Iterable
from statistics import median

from homelab_tasks.model.pipelines.pipeline import Pipeline, Status

RUNS_CONSIDERED = 10


def expected_seconds(rows: Iterable[Pipeline], pipeline: Pipeline) -> float | None:
    """
    Expect *pipeline* to run as long as the last green ones of its event did; those of its branch come first.

    None where *rows* hold no green one.
    """
    green = [
        row
        for row in sorted(rows, key=lambda row: row.id, reverse=True)
        if row.state is Status.SUCCESS and row.event == pipeline.event and row.started and row.finished >= row.started
    ]
    of_branch = [row for row in green if row.branch == pipeline.branch]
    runs = [row.finished - row.started for row in (of_branch or green)[:RUNS_CONSIDERED]]
    return float(median(runs)) if runs else None
