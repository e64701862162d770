"""Shows a story in the view that fits, one event for each line on stdin, and ends with the verdict's exit code."""

import os
import sys

from msgspec import structs

from homelab_tasks.clients.clock import SystemClock
from homelab_tasks.model.events import (
    Event,
    Failure,
    Land,
    LandPhase,
    Note,
    NoteKind,
    Phase,
    Rollout,
    Stage,
    StepSeen,
    TargetVerdict,
    Verdict,
    Watching,
    WorkflowSeen,
)
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


def rollout_story() -> list[Event]:
    """Pods of which one crashes until it is certain that it always will."""
    target, image = "web/deployment/web", "registry.homelab.test/web:3f9c2e1d"
    crash = "container web of web-774449752d-4tppn: CrashLoopBackOff, restarted 3 times, exit 1"
    waiting = "since 2026-11-25T18:42:47Z by admin, waiting for 3f9c2e1"
    seen = Rollout(
        target=target, phase=Phase.IMAGE, image="registry.homelab.test/web:a6a53091", desired=3, text=waiting
    )
    rolling = structs.replace(seen, phase=Phase.ROLLOUT, image=image, updated=1, available=3, renewed=0, old=3)
    failure = Failure(target=target, pod="web-774449752d-4tppn", error=crash, tail=("KeyError: 'DATABASE_URL'",))
    return [
        Watching(task="deploy.wait", text="context homelab: web/web", commit=COMMIT, server="kubernetes.homelab.test"),
        seen,
        structs.replace(rolling, text="1 of 3 updated, 3 available, 3 old still running"),
        structs.replace(rolling, updated=2, renewed=1, old=2, text="2 of 3 updated, 3 available, 2 old still running"),
        structs.replace(rolling, updated=2, renewed=1, old=2, text="2 of 3 updated, 3 available", trouble=(crash,)),
        Note(kind=NoteKind.WARNING, text=f"{target}: {crash}"),
        Verdict(
            verdict=Word.FAILED,
            reason=f"{target}: {crash}",
            targets=(TargetVerdict(target=target, verdict=Word.FAILED, reason=crash),),
            failures=(failure,),
            seconds=14,
        ),
    ]


def landing_story() -> list[Event]:
    """A landing that loses a race, and whose verify has much to say."""
    return [
        Watching(task="work.land", text="topic retry-budget onto main", server="git.homelab.test"),
        Land(phase=LandPhase.SYNC, attempt=1, text="main is at 91ab04c"),
        Land(phase=LandPhase.VERIFY, attempt=1, text="tests/unit/test_number_1.py .................... [ 10%]"),
        Land(phase=LandPhase.VERIFY, attempt=1, text="nox -s tests: passed in 38s"),
        Land(phase=LandPhase.PUSH, attempt=1, text="lost the race for main; building on what it is now"),
        Land(phase=LandPhase.SYNC, attempt=2, text="main is at 0d7e5b1"),
        Land(phase=LandPhase.VERIFY, attempt=2, text="tests/unit/test_number_9.py .................... [ 90%]"),
        Land(phase=LandPhase.PUSH, attempt=2, text="main 0d7e5b1 -> c19e0f4"),
        Stage(stage="land", verdict=Word.LANDED, reason="c19e0f4 is on main"),
        Verdict(verdict=Word.LANDED, reason="c19e0f4 is on main", commit=COMMIT),
    ]


STORIES = {
    "red": red_story,
    "large": large_story,
    "stuck": stuck_story,
    "rollout": rollout_story,
    "landing": landing_story,
}


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
