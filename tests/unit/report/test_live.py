import io

import hypothesis.strategies as st
import pytest
from hypothesis import given
from msgspec import structs

from homelab_tasks.model.events import (
    Event,
    Failure,
    Log,
    Note,
    NoteKind,
    Phase,
    Rollout,
    StepSeen,
    TargetVerdict,
    Topic,
    Verdict,
    Watching,
    WorkflowSeen,
)
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.model.verdict import Word
from homelab_tasks.report.live import Live
from homelab_tasks.report.outlet import Outlet
from homelab_tasks.report.painter import Painter
from homelab_tasks.report.taskbar import Taskbar
from tests.unit.report.reporting import COMMIT, URL, FakeClock, pipeline, red_story
from tests.unit.report.screen import Screen
from tests.unit.report.test_frame import events


class Watched:
    """A live view, its clock, and the screen that it draws on."""

    def __init__(
        self,
        screen: Screen | None = None,
        *,
        stdout: io.StringIO | None = None,
        colour: bool = True,
        taskbar: bool = False,
    ) -> None:
        self.clock = FakeClock()
        self.screen = screen or Screen()
        self.stdout = stdout or io.StringIO()
        self.secrets = Secrets()
        self.live = Live(
            Outlet(self.stdout),
            Painter(Outlet(self.screen), self.screen.size, colour=colour, links=False),
            Taskbar(Outlet(self.screen), is_known=taskbar),
            clock=self.clock,
            secrets=self.secrets,
        )


def test_a_red_commit_ends_with_its_last_frame_and_why_it_is_red() -> None:
    watched = Watched()

    for event in red_story():
        watched.live.show(event)
        watched.clock.seconds += 1
    watched.live.close()

    assert watched.screen.text() == [
        "ci.watch  lab/app  3f9c2e1  on ci.homelab.test (pinned to 10.0.20.203)",
        "  https://ci.homelab.test/repos/1",
        f"#128 push main  failure  1m52s  {URL}",
        "  ✓ lint       12s",
        "  ✗ docs  2/2  18s  links: exit 1",
        "✗ failed #128 1m52s docs > links exited with 1",
        "  │ checking 118 links",
        "  │ docs/how-to/vault.md:31: 404 https://kv.test/",
        "  log    inv ci.logs --pipeline 128 --step docs/links",
        "  retry  inv ci.restart --pipeline 128 --watch",
        f"  {URL}",
        "failed: docs > links exited with 1 (exit 1). Log: inv ci.logs --pipeline 128 --s",
        "tep docs/links",
    ]
    assert watched.stdout.getvalue() == f"failed 128 3f9c2e1 {URL}\n"


def test_the_first_event_is_drawn_at_once() -> None:
    watched = Watched()

    watched.live.show(Watching(task="ci.watch", repository="lab/app"))

    assert watched.screen.text() == ["ci.watch  lab/app"]


def test_only_the_first_part_of_a_task_is_announced() -> None:
    watched = Watched()

    watched.live.show(Watching(task="work.land", text="topic onto main"))
    watched.live.show(Watching(task="work.land", repository="lab/app"))
    watched.live.close()

    assert watched.screen.text() == ["work.land  topic onto main"]


def test_events_wait_for_the_next_frame_when_they_come_in_a_burst() -> None:
    watched = Watched()
    watched.live.show(pipeline("running"))
    before = watched.screen.writes

    for number in range(600):
        watched.live.show(WorkflowSeen(pipeline=128, name=f"workflow {number % 20}", status="running"))

    assert watched.screen.writes == before
    watched.live.draw()
    assert watched.screen.writes == before + 1
    assert len(watched.screen.text()) == 21


def test_the_clock_runs_when_nothing_is_told() -> None:
    watched = Watched()
    watched.live.show(pipeline("running", seconds=0))
    watched.clock.seconds += 61

    watched.live.draw()

    assert watched.screen.text() == [f"#128 push main  running  1m01s  {URL}"]


def test_a_note_stays_above_the_frame_and_a_heartbeat_is_not_needed() -> None:
    watched = Watched()
    watched.live.show(pipeline("running", seconds=0))

    watched.clock.seconds += 1
    watched.live.show(Note(kind=NoteKind.RETRYING, text="empty bodies; retrying"))
    watched.clock.seconds += 1
    watched.live.show(Note(kind=NoteKind.HEARTBEAT, text="#128 running"))

    assert [line[9:] for line in watched.screen.text()[:-1]] == ["note: empty bodies; retrying"]
    assert watched.screen.text()[-1].startswith("#128 push main  running  2s")


def test_the_log_of_a_red_step_is_quoted_in_place_and_any_other_passes_by_above() -> None:
    watched = Watched()
    watched.live.show(pipeline("running", seconds=0))
    axis = {"OS": "linux"}
    watched.live.show(StepSeen(pipeline=128, workflow="docs", name="links", status="failure", exit_code=1, axis=axis))
    watched.live.show(WorkflowSeen(pipeline=128, name="docs", status="failure", axis=axis))
    watched.live.show(Log(pipeline=128, workflow="docs (OS=linux)", step="links", line=0, text="404"))
    watched.live.show(Log(pipeline=128, workflow="test", step="unit", line=0, text="ok"))

    watched.live.draw()

    shown = watched.screen.text()
    assert shown[0] == "test > unit | ok"
    assert shown[-1] == "      │ 404"


def test_the_trouble_of_a_pod_stands_below_its_target_and_is_not_told_above_it() -> None:
    watched = Watched()
    crash = "container web of web-77-4tppn: CrashLoopBackOff, restarted 2 times"
    seen = Rollout(target="web/deployment/web", phase=Phase.ROLLOUT, desired=2, text="0 of 2 updated", trouble=(crash,))
    watched.live.show(seen)
    watched.live.show(Note(kind=NoteKind.WARNING, text=f"web/deployment/web: {crash}"))

    watched.live.draw()
    shown = watched.screen.text()
    watched.live.show(structs.replace(seen, trouble=()))
    watched.live.close()

    assert [row for row in shown if "CrashLoopBackOff" in row] == [f"    ✗ {crash}"]
    assert not any("CrashLoopBackOff" in row for row in watched.screen.text())


def test_a_failed_rollout_says_why_in_the_headline_and_the_last_line_only() -> None:
    watched = Watched(Screen(200, 50))
    reason = "container web of web-77: CrashLoopBackOff, exit 1"
    failure = Failure(target="web", pod="web-77", error=f"{reason} (BackOff: restarting)", tail=("KeyError",))
    target = TargetVerdict(target="web", verdict=Word.FAILED, reason=reason)
    verdict = Verdict(verdict=Word.FAILED, reason=f"web: {reason}", targets=(target,), failures=(failure,), seconds=20)

    watched.live.show(Rollout(target="web", phase=Phase.ROLLOUT, desired=2, trouble=(reason,)))
    watched.clock.seconds += 20
    watched.live.show(verdict)

    assert watched.screen.text() == [
        "✗ web  failed  20s",
        f"✗ failed 20s web: {reason} (BackOff: restarting)",
        "  │ KeyError",
        f"failed: web: {reason} (exit 1)",
    ]


def test_what_the_encoding_lacks_is_measured_as_it_is_written() -> None:
    class AsciiScreen(Screen):
        encoding = "ascii"

    watched = Watched(AsciiScreen(40, 24))
    watched.live.show(pipeline("running", seconds=0))
    watched.live.show(WorkflowSeen(pipeline=128, name="日本語のワークフロー", status="running"))

    watched.live.draw()

    assert watched.screen.text()[1] == r"  *  \u65e5\u672c\u8a...  0s"


def test_a_log_is_the_result_and_no_frame_is_drawn_when_it_was_asked_for() -> None:
    screen = Screen()
    watched = Watched(screen, stdout=screen)

    watched.live.show(Watching(task="ci.logs", repository="lab/app"))
    watched.live.show(StepSeen(pipeline=128, workflow="docs", name="links", status="failure"))
    watched.live.show(pipeline("failure"))
    watched.live.show(Log(pipeline=128, workflow="docs", step="links", line=0, text="404"))
    watched.live.show(Verdict(verdict=Word.OK, reason="1 line of docs > links"))

    assert screen.text() == ["ci.logs  lab/app", "404", "ok: 1 line of docs > links"]


def test_a_clock_runs_until_there_is_something_to_show() -> None:
    watched = Watched()
    watched.live.show(Watching(task="ci.watch"))
    watched.clock.seconds += 12
    watched.live.draw()

    assert watched.screen.text() == ["ci.watch", "● waiting  12s"]

    watched.clock.seconds += 1
    watched.live.show(pipeline("created"))

    assert watched.screen.text() == ["ci.watch", f"#128 push main  created  {URL}"]


def test_the_frame_makes_way_when_a_row_of_the_result_comes() -> None:
    screen = Screen()
    watched = Watched(screen, stdout=screen)
    watched.live.show(Watching(task="work.status"))
    watched.clock.seconds += 12
    watched.live.draw()

    watched.live.show(Topic(name="a", commit=COMMIT))
    watched.live.draw()
    watched.live.show(Topic(name="b", commit=COMMIT))
    watched.live.show(Verdict(verdict=Word.OK, reason="2 topics"))

    assert [row.split()[0] for row in screen.text()] == ["work.status", "a", "b", "ok:"]


def test_a_note_comes_before_the_rows_that_follow_it() -> None:
    screen = Screen()
    watched = Watched(screen, stdout=screen)

    watched.live.show(Watching(task="work.status"))
    watched.live.show(Note(kind=NoteKind.WARNING, text="old"))
    watched.live.show(Topic(name="retry-budget", commit=COMMIT, ahead=2))
    watched.live.show(Verdict(verdict=Word.OK, reason="1 topic"))

    assert [row.split()[-1] for row in screen.text()] == ["work.status", "old", "behind", "topic"]


def test_no_colour_is_written_when_it_is_not_wanted() -> None:
    class Recorder(Screen):
        written = ""

        def write(self, text: str) -> int:
            self.written += text
            return super().write(text)

    recorder = Recorder()
    watched = Watched(recorder, colour=False)

    for event in red_story():
        watched.live.show(event)

    assert "m" not in {match[-1] for match in recorder.written.split("\x1b[")[1:]}
    assert "\x1b[31m" not in recorder.written


def test_nothing_is_drawn_any_more_when_it_is_closed() -> None:
    watched = Watched()
    watched.live.show(pipeline("running", seconds=0))
    watched.live.close()
    before = watched.screen.text()
    watched.clock.seconds += 60

    watched.live.draw()
    watched.live.close()

    assert watched.screen.text() == before


def test_server_text_is_harmless_and_secrets_are_gone_when_they_are_drawn() -> None:
    watched = Watched()
    watched.secrets.add("hunter2hunter2")

    watched.live.show(pipeline("running", seconds=0))
    watched.live.show(WorkflowSeen(pipeline=128, name="\x1b[2Jhunter2hunter2", status="running"))
    watched.live.draw()

    assert watched.screen.text()[1] == "  ● \\x1b[2J********  0s"


def test_the_verdict_is_told_when_the_terminal_is_gone() -> None:
    class Gone(Screen):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    watched = Watched(Gone())

    for event in red_story():
        watched.live.show(event)

    assert watched.stdout.getvalue() == f"failed 128 3f9c2e1 {URL}\n"


@pytest.mark.parametrize("is_decided", [True, False])
def test_the_taskbar_follows_and_is_cleared_when_the_terminal_has_one(is_decided: bool) -> None:
    watched = Watched(taskbar=True)
    watched.live.show(pipeline("created"))
    watched.clock.seconds += 1
    watched.live.show(pipeline("running", seconds=0, eta_seconds=10))
    watched.clock.seconds += 5
    watched.live.draw()

    if is_decided:
        watched.live.show(Verdict(verdict=Word.PASSED, reason="#128 passed"))
    watched.live.close()

    assert watched.screen.strings == ["9;4;3;0", "9;4;1;0", "9;4;1;50", "9;4;0;0"]


def test_no_row_is_drawn_twice_when_the_terminal_is_too_low_for_all() -> None:
    watched = Watched(Screen(20, 6))
    watched.live.show(pipeline("running", seconds=0))
    for number in range(9):
        watched.live.show(WorkflowSeen(pipeline=128, name=f"workflow {number}", status="pending"))

    for _ in range(3):
        watched.clock.seconds += 1
        watched.live.draw()

    assert watched.screen.text() == [
        "#128  running  3s",
        "  ○ workflow…  pen…",
        "  ○ workflow…  pen…",
        "  ○ workflow…  pen…",
        "  … 6 more: 6 pend…",
    ]


@given(st.lists(events, max_size=30), st.lists(st.tuples(st.integers(5, 120), st.integers(2, 40)), max_size=4))
def test_the_verdict_is_told_once_whatever_came_before_it_and_however_the_terminal_was_resized(
    told: list[Event], sizes: list[tuple[int, int]]
) -> None:
    watched = Watched()
    told = [event for event in told if not isinstance(event, Verdict)]

    for number, event in enumerate(told):
        if number < len(sizes):
            watched.screen.resize(*sizes[number])
        watched.live.show(event)
        watched.clock.seconds += 0.2
    watched.live.show(Verdict(verdict=Word.STUCK, reason="nothing picks it up"))
    watched.live.close()

    shown = "".join("".join(watched.screen.text()).split())
    assert shown.endswith("stuck:nothingpicksitup(exit9)")
    assert shown.count("nothingpicksitup") == 1
    assert watched.stdout.getvalue() == "stuck\n"
