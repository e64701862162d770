"""Shows a story in the view that fits, one event for each line on stdin, and ends with the verdict's exit code."""

import os
import sys

from homelab_tasks.clients.clock import SystemClock
from homelab_tasks.model.events import Event, StepSeen, Verdict, WorkflowSeen
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.model.verdict import Word
from homelab_tasks.report.open_view import open_view
from tests.unit.report.reporting import COMMIT, pipeline, red_story


def large_story() -> list[Event]:
    """Twenty workflows of thirty steps, all at once."""
    events: list[Event] = [pipeline("running", seconds=0)]
    for number in range(20):
        name = f"workflow-{number:02}"
        for step in range(30):
            events.append(StepSeen(pipeline=128, workflow=name, name=f"step-{step}", status="running"))
            events.append(StepSeen(pipeline=128, workflow=name, name=f"step-{step}", status="success", seconds=1))
        events.append(WorkflowSeen(pipeline=128, name=name, status="success", seconds=30))
    return [*events, pipeline("success", seconds=30), Verdict(verdict=Word.PASSED, reason="#128 passed", commit=COMMIT)]


def stuck_story() -> list[Event]:
    """Nothing picks it up: an end whose exit code no accident has."""
    return [pipeline("pending"), Verdict(verdict=Word.STUCK, reason="#128 pending for 5m", commit=COMMIT)]


STORIES = {"red": red_story, "large": large_story, "stuck": stuck_story}


def main() -> None:
    """Play the story that is named, as `json` where that is asked for."""
    view = open_view(
        json="json" in sys.argv,
        stdout=sys.stdout,
        stderr=sys.stderr,
        environment=os.environ,
        clock=SystemClock(),
        secrets=Secrets(),
    )
    exit_code = 0
    try:
        for event in STORIES[sys.argv[1]]():
            sys.stdin.readline()
            view.show(event)
            exit_code = event.exit_code if isinstance(event, Verdict) else 0
    finally:
        view.close()
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
