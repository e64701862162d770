"""What the tests of the views share: a clock that stands still, streams that remember or refuse, one red story."""

import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from homelab_tasks.model.events import (
    Event,
    Failure,
    Note,
    NoteKind,
    PipelineSeen,
    PipelineSummary,
    StepSeen,
    Verdict,
    Watching,
    WorkflowSeen,
)
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.model.verdict import Word
from homelab_tasks.report.open_view import open_view

if TYPE_CHECKING:
    from homelab_tasks.report.view import View

COMMIT = "3f9c2e1d" * 5
URL = "https://ci.homelab.test/repos/1/pipeline/128"


class FakeClock:
    """Stands at a time of day until somebody moves it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def wall(self) -> datetime:
        return datetime(2026, 11, 25, 15, 47, 0, 123_456, tzinfo=UTC) + timedelta(seconds=self.seconds)


class Ascii(io.StringIO):
    """A stream as LANG=C has it: anything but ASCII is refused."""

    encoding = "ascii"

    def write(self, text: str) -> int:
        text.encode("ascii")
        return super().write(text)


class Shown:
    """A view on two streams that are remembered."""

    def __init__(
        self,
        *,
        json: bool = False,
        environment: dict[str, str] | None = None,
        secrets: Secrets | None = None,
        stdout: io.StringIO | None = None,
        stderr: io.StringIO | None = None,
        call: str = "inv ",
    ) -> None:
        self.clock = FakeClock()
        self.stdout = stdout or io.StringIO()
        self.stderr = stderr or io.StringIO()
        self.view: View = open_view(
            json=json,
            stdout=self.stdout,
            stderr=self.stderr,
            environment=environment or {},
            clock=self.clock,
            secrets=secrets or Secrets(),
            call=call,
        )

    def show(self, events: Iterable[Event]) -> "Shown":
        for event in events:
            self.view.show(event)
        self.view.close()
        return self

    @property
    def result(self) -> str:
        return self.stdout.getvalue()

    @property
    def progress(self) -> list[str]:
        return self.stderr.getvalue().splitlines()


def pipeline(
    status: str,
    *,
    number: int = 128,
    identity: int = 1128,
    seconds: float | None = None,
    eta_seconds: float | None = None,
    parent: int | None = None,
) -> PipelineSeen:
    return PipelineSeen(
        number=number,
        id=identity,
        commit=COMMIT,
        trigger="push",
        ref="refs/heads/main",
        branch="main",
        status=status,
        url=URL.replace("128", str(number)),
        seconds=seconds,
        eta_seconds=eta_seconds,
        parent=parent,
    )


def red_verdict() -> Verdict:
    return Verdict(
        verdict=Word.FAILED,
        reason="docs > links exited with 1",
        hint="Log: inv ci.logs --pipeline 128 --step docs/links",
        task="ci.watch",
        commit=COMMIT,
        url=URL,
        pipelines=(PipelineSummary(number=128, status="failure", url=URL),),
        failures=(
            Failure(
                pipeline=128,
                workflow="docs",
                step="links",
                exit_code=1,
                tail=("checking 118 links", "docs/how-to/vault.md:31: 404 https://kv.test/"),
            ),
        ),
        seconds=130,  # it was watched for longer than it ran
    )


def red_story() -> list[Event]:
    """A commit whose documentation has a dead link, as an action tells it."""
    return [
        Watching(
            task="ci.watch",
            repository="lab/app",
            server="ci.homelab.test",
            commit=COMMIT,
            url="https://ci.homelab.test/repos/1",
            address="10.0.20.203",
        ),
        pipeline("created"),
        pipeline("running"),
        WorkflowSeen(pipeline=128, name="lint", status="running"),
        WorkflowSeen(pipeline=128, name="docs", status="running"),
        StepSeen(pipeline=128, workflow="docs", name="clone", status="success", seconds=2),
        WorkflowSeen(pipeline=128, name="lint", status="success", seconds=12),
        StepSeen(pipeline=128, workflow="docs", name="links", status="failure", exit_code=1, seconds=6),
        Note(kind=NoteKind.HEARTBEAT, text="#128 running 1m00s, ~50s left: docs"),
        WorkflowSeen(pipeline=128, name="docs", status="failure", seconds=18),
        pipeline("failure", seconds=112),
        red_verdict(),
    ]
