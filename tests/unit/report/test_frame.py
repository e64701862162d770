import string

import hypothesis.strategies as st
import pytest
from hypothesis import given
from msgspec import structs

from homelab_tasks.model.events import (
    Event,
    Land,
    LandPhase,
    Log,
    Phase,
    Rollout,
    Stage,
    StepSeen,
    TargetVerdict,
    Verdict,
    Watching,
    WorkflowSeen,
)
from homelab_tasks.model.verdict import Word
from homelab_tasks.report.cells import width_of
from homelab_tasks.report.elapsed import Elapsed
from homelab_tasks.report.frame import frame, header
from homelab_tasks.report.marks import ASCII, UNICODE, Marks
from homelab_tasks.report.picture import Picture, TargetRow
from homelab_tasks.report.styled import plain
from tests.unit.report.reporting import COMMIT, pipeline

WIDTHS = (20, 40, 80, 200)


def picture_of(*events: Event, at: float = 0.0) -> Picture:
    picture = Picture()
    for event in events:
        picture = picture.after(event, at)
    return picture


def drawn(
    picture: Picture, *, width: int = 80, height: int | None = 23, now: float = 0.0, marks: Marks = UNICODE
) -> list[str]:
    return [plain(line) for line in frame(picture, width=width, height=height, now=now, marks=marks)]


def workflow(
    name: str,
    status: str,
    *steps: tuple[str, str],
    seconds: float | None = None,
    eta_seconds: float | None = None,
    step_eta_seconds: float | None = None,
) -> list[Event]:
    seen = [
        StepSeen(
            pipeline=128,
            workflow=name,
            name=step,
            status=state,
            exit_code=int(state == "failure"),
            eta_seconds=step_eta_seconds,
        )
        for step, state in steps
    ]
    return [*seen, WorkflowSeen(pipeline=128, name=name, status=status, seconds=seconds, eta_seconds=eta_seconds)]


def three_workflows() -> list[Event]:
    return [
        pipeline("running", seconds=64, eta_seconds=40),
        *workflow("lint", "success", ("clone", "success"), ("ruff", "success"), seconds=12),
        *workflow("test", "running", ("clone", "success"), ("unit", "running"), ("integration", "pending"), seconds=52),
        *workflow("docs", "failure", ("clone", "success"), ("links", "failure"), seconds=18),
        *(Log(pipeline=128, workflow="docs", step="links", line=number, text=f"line {number}") for number in range(5)),
        *workflow("publish", "pending", ("wheel", "pending")),
    ]


def test_each_workflow_has_a_row_with_what_it_does_when_a_pipeline_runs() -> None:
    picture = picture_of(*three_workflows())

    assert drawn(picture, now=31, width=120) == [
        "#128 push main  running  1m35s  ~9s left  ━━━━━━━━━━━━━━━━━━━━━╺━━  https://ci.homelab.test/repos/1/pipeline/128",
        "  ✓ lint     2/2  12s",
        "  ● test     1/3  1m23s   unit 31s",
        "  ✗ docs     2/2  18s     links: exit 1",
        "      │ line 2",
        "      │ line 3",
        "      │ line 4",
        "  ○ publish  0/1          pending",
    ]


def test_it_is_said_how_much_longer_than_usual_it_takes_when_experience_was_wrong() -> None:
    picture = picture_of(pipeline("running", seconds=10, eta_seconds=5))

    assert drawn(picture, now=60)[0].startswith("#128 push main  running  1m10s  55s longer than usual")


def test_nothing_is_expected_when_there_is_no_experience() -> None:
    picture = picture_of(pipeline("running", seconds=10))

    assert drawn(picture, now=60, width=79) == [
        "#128 push main  running  1m10s  https://ci.homelab.test/repos/1/pipeline/128"
    ]


def foreseen_workflows() -> list[Event]:
    return [
        pipeline("running", seconds=50, eta_seconds=50),
        *workflow("lint", "success", ("ruff", "success"), seconds=12),
        *workflow("test", "running", ("unit", "running"), seconds=50, eta_seconds=25, step_eta_seconds=40),
        *workflow("docs", "running", ("links", "running"), seconds=50, eta_seconds=-10),
        *workflow("new", "running", ("thing", "running"), seconds=50),
        *workflow("publish", "pending", ("wheel", "pending"), eta_seconds=300),
    ]


def test_each_workflow_has_a_bar_and_says_how_much_longer_it_takes_when_there_is_experience() -> None:
    picture = picture_of(*foreseen_workflows())

    assert drawn(picture, now=5, width=90)[1:] == [
        "  ✓ lint     1/1  12s",
        "  ● test     0/1  55s     ━━━━━━━╺━━  ~20s left  unit 5s of ~40s",
        "  ● docs     0/1  55s     ━━━━━━━━━╺  15s over   links 5s",
        "  ● new      0/1  55s                            thing 5s",
        "  ○ publish  0/1                                 pending",
    ]


def test_a_workflow_says_how_much_longer_it_takes_and_has_no_bar_when_the_terminal_is_narrow() -> None:
    told = [pipeline("running"), *workflow("test", "running", ("unit", "running"), seconds=52, eta_seconds=150)]

    assert drawn(picture_of(*told), width=40)[1] == "  ● test  0/1  52s  unit  ~2m left"


def test_the_step_is_told_in_every_row_when_one_runs_over_on_a_narrow_terminal() -> None:
    told = [
        pipeline("running", seconds=4, eta_seconds=-400),
        *workflow("lint", "running", ("shellcheck", "running"), seconds=4),
        *workflow("publish", "running", ("deploy", "running"), seconds=4, eta_seconds=-2),
    ]

    assert drawn(picture_of(*told), width=39)[:3] == [
        "#128 push main  running  4s  7m over",
        "  ● lint     0/1  4s  shellcheck 0s",
        "  ● publish  0/1  4s  deploy  2s over",
    ]


def test_a_pipeline_takes_at_least_as_long_as_the_workflow_that_has_not_begun() -> None:
    picture = picture_of(*foreseen_workflows())

    assert drawn(picture, width=60)[0].startswith("#128 push main  running  50s  ~5m left  ")


def test_nothing_is_foreseen_any_more_when_it_has_ended() -> None:
    ends = [*workflow("docs", "failure", ("links", "failure"), seconds=60), pipeline("failure", seconds=60)]
    picture = picture_of(pipeline("running"), *workflow("docs", "running", seconds=50, eta_seconds=9), *ends)

    assert drawn(picture)[1] == "  ✗ docs  1/1  1m00s  links: exit 1"


def test_clocks_stand_still_when_the_verdict_was_given() -> None:
    verdict = Verdict(verdict=Word.TIMEOUT, reason="r")
    picture = picture_of(pipeline("running", seconds=10)).after(verdict, 5)

    assert drawn(picture, now=60)[0].startswith("#128 push main  running  15s")


def test_a_status_that_is_not_known_is_shown_as_the_servers_word() -> None:
    picture = picture_of(pipeline("running"), *workflow("lint", "hibernating"))

    assert drawn(picture)[1].split() == ["○", "lint", "hibernating"]


def test_workflows_of_a_matrix_have_a_row_each_when_they_share_a_name() -> None:
    axes = [{"GO": "1.24"}, {"GO": "1.25"}]
    seen = [WorkflowSeen(pipeline=128, name="test", axis=axis, status="running") for axis in axes]

    rows = drawn(picture_of(pipeline("running"), *seen))

    assert [row.split("  ")[1] for row in rows[1:]] == ["● test (GO=1.24)", "● test (GO=1.25)"]


def test_rows_are_forgotten_when_a_number_stands_for_another_pipeline() -> None:
    picture = picture_of(*three_workflows(), pipeline("created", identity=7))

    assert len(drawn(picture)) == 1


def test_only_ascii_is_drawn_when_the_encoding_has_nothing_else() -> None:
    rows = drawn(picture_of(*three_workflows()), marks=ASCII)

    assert all(row.isascii() for row in rows)
    assert [row.split()[0] for row in rows[1:]] == ["ok", "*", "x", "|", "|", "|", "."]


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    wide = [*three_workflows(), *workflow("日本語のワークフロー", "running", ("ステップ", "running"))]

    lines = frame(picture_of(*wide), width=width, height=24, now=0, marks=UNICODE)

    assert max(width_of(line) for line in lines) <= width


def test_a_tab_takes_the_cells_that_it_is_shown_with() -> None:
    rows = drawn(picture_of(Rollout(target="a\tb", phase=Phase.ROLLOUT, text="t")))

    assert "a       b" in rows[0]


def test_quotes_give_way_first_when_the_terminal_is_low() -> None:
    rows = drawn(picture_of(*three_workflows()), height=5)

    assert [row.split()[1] for row in rows[1:]] == ["lint", "test", "docs", "publish"]


def test_what_failed_and_runs_is_kept_and_the_rest_counted_when_the_terminal_is_lower_still() -> None:
    rows = drawn(picture_of(*three_workflows()), height=4)

    assert [row.split()[1] for row in rows[1:-1]] == ["test", "docs"]
    assert rows[-1] == "  … 2 more: 1 success, 1 pending"


def test_the_last_that_was_done_is_kept_when_the_terminal_is_low() -> None:
    phases = (LandPhase.SYNC, LandPhase.CANDIDATE, LandPhase.VERIFY, LandPhase.PUSH)
    picture = picture_of(*(Land(phase=phase, attempt=1, text="t") for phase in phases))

    assert drawn(picture, height=3) == [
        "✓ verify      t",
        "● push        t",
        "  … 2 more: 1 sync, 1 candidate",
    ]


def test_every_row_is_there_and_no_quote_when_it_is_the_last_frame() -> None:
    end = Verdict(verdict=Word.TIMEOUT, reason="r")

    rows = drawn(picture_of(*three_workflows(), end), height=None)

    assert [row.split()[1] for row in rows[1:]] == ["lint", "test", "docs", "publish"]


def test_a_rollout_has_a_bar_of_its_pods_when_it_goes_on() -> None:
    rollout = Rollout(
        target="web/deployment/web",
        phase=Phase.ROLLOUT,
        image="reg/web:3f9c2e1",
        desired=4,
        updated=2,
        available=2,
        revision="web-77",
    )

    assert drawn(picture_of(rollout), now=41, width=120) == [
        "● web/deployment/web  rollout  41s  ━━━━━━━━━━━━╺━━━━━━━━━━━  2 of 4 updated, 2 available  reg/web:3f9c2e1"
    ]


ROLLING = Rollout(
    target="web/deployment/web",
    phase=Phase.ROLLOUT,
    image="reg/web:3f9c2e1",
    desired=3,
    updated=3,
    available=4,
    renewed=2,
    old=1,
    text="3 of 3 updated, 4 available, 1 old still terminating",
)


def test_the_bar_of_a_rollout_counts_what_is_new_and_what_has_yet_to_go() -> None:
    waiting = Rollout(target="web", phase=Phase.IMAGE, desired=3, updated=3, available=3, renewed=3, old=0)

    assert [
        TargetRow(seen=seen, elapsed=Elapsed()).fraction
        for seen in (waiting, ROLLING, structs.replace(ROLLING, renewed=3), structs.replace(ROLLING, renewed=3, old=0))
    ] == [None, 2 / 4, 3 / 4, 1]


def test_the_counts_of_a_rollout_are_the_old_ones_until_there_is_a_new_revision() -> None:
    counts = structs.replace(ROLLING, updated=3, available=3, renewed=None, old=None)

    assert TargetRow(seen=counts, elapsed=Elapsed()).fraction is None
    assert TargetRow(seen=structs.replace(counts, revision="web-77"), elapsed=Elapsed()).fraction == 1


def test_a_rollout_has_its_pods_below_it_when_the_terminal_is_no_wider_than_usual() -> None:
    picture = picture_of(ROLLING)

    assert drawn(picture, now=14) == [
        "● web/deployment/web  rollout  14s  ━━━━━━━━━━━━╺━━━━━━━━━━━",
        "    3 of 3 updated, 4 available, 1 old still terminating  reg/web:3f9c2e1",
    ]
    assert drawn(picture, now=14, width=39) == [
        "● web/deployment/web  rollout  14s",
        "    ━━━━╺━━━  3 of 3 updated, 4",
        "    available, 1 old still terminating",
        "    reg/web:3f9c2e1",
    ]


def test_nothing_is_lost_of_what_an_image_is_waited_for_when_the_terminal_is_narrow() -> None:
    text = "since 2026-11-25T18:42:47Z by admin, waiting for 13d1467"
    waiting = Rollout(target="web/deployment/web", phase=Phase.IMAGE, image="reg/web:a6a53091", desired=2, text=text)

    told = " ".join(" ".join(drawn(picture_of(waiting), width=39)).split())

    assert told == f"● web/deployment/web image 0s reg/web:a6a53091 {text}"


def test_pods_in_trouble_stand_below_their_target_and_the_rest_is_counted() -> None:
    trouble = ("container web of web-77-4tppn: CrashLoopBackOff, restarted 2 times, exit 1", "b", "c", "d", "e")

    rows = drawn(picture_of(structs.replace(ROLLING, trouble=trouble)), width=60)

    assert rows[-5:] == [
        "    ✗ container web of web-77-4tppn: CrashLoopBackOff,",
        "      restarted 2 times, exit 1",
        "    ✗ b",
        "    ✗ c",
        "    … 2 more",
    ]


def test_a_target_that_ended_tells_its_phases_and_no_reason_that_the_last_line_tells() -> None:
    picture = picture_of(Rollout(target="web", phase=Phase.IMAGE, text="waiting"))
    picture = picture.after(Rollout(target="web", phase=Phase.ROLLOUT, text="3 of 3"), 12)
    ended = TargetVerdict(target="web", verdict=Word.ROLLED_OUT, reason="reg/web:3f9c2e1: 3 of 3 available")
    verdict = Verdict(verdict=Word.ROLLED_OUT, reason=f"web: {ended.reason}", targets=(ended,))

    assert drawn(picture.after(verdict, 41), height=None) == ["✓ web  rolled-out  41s  image 12s, rollout 29s"]


def test_the_reason_of_a_target_is_not_told_a_second_time_when_its_stage_tells_it() -> None:
    ended = TargetVerdict(target="web", verdict=Word.ROLLED_OUT, reason="reg/web:3f9c2e1: 3 of 3 available")
    picture = picture_of(
        Rollout(target="web", phase=Phase.ROLLOUT, text="3 of 3"),
        Stage(stage="deploy", verdict=Word.ROLLED_OUT, reason=f"web: {ended.reason}"),
        Verdict(verdict=Word.LANDED, reason="it is rolled out", targets=(ended,)),
    )

    assert drawn(picture, height=None) == ["✓ web  rolled-out  0s", f"✓ rolled-out  web: {ended.reason}"]


def test_what_is_broken_is_indented_little_where_the_terminal_is_narrow() -> None:
    picture = picture_of(Land(phase=LandPhase.SYNC, attempt=1, text="main is at 2317c96"))

    assert drawn(picture, width=21, height=None) == ["● sync        main is", "        at 2317c96"]


def test_rows_of_the_last_frame_are_broken_between_words_and_not_cut() -> None:
    landing = Land(phase=LandPhase.CANDIDATE, attempt=1, text="0ebb3d3 merges cleanly (tree 50222dc)")
    picture = picture_of(landing, pipeline("success", seconds=6), *workflow("a-workflow-with-a-long-name", "success"))

    assert drawn(picture.after(Verdict(verdict=Word.LANDED, reason="r"), 1), width=39, height=None) == [
        "✓ candidate   0ebb3d3 merges cleanly",
        "              (tree 50222dc)",
        "#128 push main  success  6s",
        "      https://ci.homelab.test/repos/1/pipeline/128",
        "  ✓ a-workflow-with-a-long-name",
    ]


def test_a_name_that_has_no_place_in_a_line_stays_behind_its_mark_in_the_last_frame() -> None:
    name = "a-workflow-with-a-name-that-is-longer-than-a-line"
    picture = picture_of(pipeline("success"), *workflow(name, "success", seconds=6))

    assert drawn(picture, width=30, height=None)[-2:] == [f"  ✓ {name}", "      6s"]


def test_the_clock_starts_anew_when_a_target_enters_its_next_phase() -> None:
    picture = picture_of(Rollout(target="web", phase=Phase.IMAGE, text="waiting"))
    picture = picture.after(Rollout(target="web", phase=Phase.ROLLOUT, text="3 of 3"), 40)

    assert drawn(picture, now=41) == ["● web  rollout  1s  3 of 3"]


def test_a_target_says_how_it_ended_when_the_verdict_names_it() -> None:
    picture = picture_of(
        Rollout(target="web", phase=Phase.ROLLOUT),
        Rollout(target="api", phase=Phase.ROLLOUT),
        Verdict(
            verdict=Word.FAILED,
            reason="api failed",
            targets=(
                TargetVerdict(target="web", verdict=Word.ROLLED_OUT, reason="image 12s, rollout 29s"),
                TargetVerdict(target="api", verdict=Word.FAILED, reason="CrashLoopBackOff"),
            ),
        ),
    )

    assert drawn(picture, height=None) == [
        "✓ web  rolled-out  0s  image 12s, rollout 29s",
        "✗ api  failed  0s  CrashLoopBackOff",
    ]


def test_a_lost_race_is_marked_when_the_next_attempt_begins() -> None:
    picture = picture_of(
        Land(phase=LandPhase.SYNC, attempt=1, text="main is at 91ab04c"),
        Land(phase=LandPhase.PUSH, attempt=1, text="pushing"),
        Land(phase=LandPhase.PUSH, attempt=1, text="lost the race"),
        Land(phase=LandPhase.VERIFY, attempt=2, text="nox -s tests"),
    )

    assert drawn(picture, now=9) == [
        "✓ sync        main is at 91ab04c",
        "↻ push        lost the race",
        "● verify      9s  (attempt 2)  nox -s tests",
    ]


def test_a_stage_says_how_it_ended_below_what_it_was_about() -> None:
    picture = picture_of(
        Land(phase=LandPhase.PUSH, attempt=1, text="main 91ab04c -> c19e0f4"),
        Stage(stage="land", verdict=Word.LANDED, reason="c19e0f4"),
        pipeline("success", seconds=130),
        Stage(stage="ci", verdict=Word.PASSED, reason="#128 passed"),
        Rollout(target="web", phase=Phase.ROLLOUT, text="3 of 3"),
    )

    assert [row.split()[:2] for row in drawn(picture)] == [
        ["✓", "push"],
        ["✓", "landed"],
        ["#128", "push"],
        ["✓", "passed"],
        ["●", "web"],
    ]


def test_only_the_step_that_goes_on_has_a_clock() -> None:
    picture = picture_of(Land(phase=LandPhase.VERIFY, attempt=1, text="nox: passed in 9s"))
    picture = picture.after(Land(phase=LandPhase.PUSH, attempt=1, text="main"), 9)

    assert drawn(picture, now=12) == ["✓ verify      nox: passed in 9s", "● push        3s  main"]


def test_the_attempt_is_told_with_what_it_begins_with_and_with_what_goes_on() -> None:
    picture = picture_of(
        Land(phase=LandPhase.PUSH, attempt=1, text="lost the race"),
        Land(phase=LandPhase.SYNC, attempt=2, text="main is at 3b63b49"),
        Land(phase=LandPhase.CANDIDATE, attempt=2, text="38f30d5"),
        Land(phase=LandPhase.VERIFY, attempt=2, text="nox"),
    )

    assert drawn(picture) == [
        "↻ push        lost the race",
        "✓ sync        (attempt 2)  main is at 3b63b49",
        "✓ candidate   38f30d5",
        "● verify      (attempt 2)  nox",
    ]


def test_a_stage_is_not_told_once_more_when_it_decided_the_end() -> None:
    reason = "verify (nox) ended with 1 on the merged result"
    picture = picture_of(
        Land(phase=LandPhase.VERIFY, attempt=1, text="1 failed"),
        Stage(stage="land", verdict=Word.FAILED, reason=reason),
        Verdict(verdict=Word.FAILED, reason=reason),
    )

    assert drawn(picture, height=None) == ["✗ verify      1 failed"]


def test_the_last_step_is_red_when_its_stage_fails() -> None:
    picture = picture_of(
        Land(phase=LandPhase.VERIFY, attempt=1, text="nox -s tests"),
        Stage(stage="land", verdict=Word.FAILED, reason="verify exited with 1"),
    )

    assert drawn(picture) == ["✗ verify      nox -s tests", "✗ failed      verify exited with 1"]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_header_loses_nothing_when_it_needs_several_lines(width: int) -> None:
    watching = Watching(
        task="ci.watch",
        repository="lab/app",
        server="ci.homelab.test",
        commit=COMMIT,
        title="Trim the retry budget",
        address="10.0.20.203",
        url="https://ci.homelab.test/repos/1",
    )

    told = " ".join(" ".join(plain(line) for line in header(watching, width)).split())

    assert told == (
        'ci.watch lab/app 3f9c2e1 "Trim the retry budget" on ci.homelab.test (pinned to 10.0.20.203) '
        "https://ci.homelab.test/repos/1"
    )


names = st.text(string.ascii_letters + "日é\t ", min_size=1, max_size=30)
statuses = st.sampled_from(["pending", "running", "success", "failure", "killed", "skipped", "blocked", "new word"])
numbers = st.sampled_from([1, 2])
seconds = st.none() | st.floats(0, 100_000)
events = st.one_of(
    st.builds(pipeline, statuses, number=numbers, seconds=seconds, eta_seconds=seconds),
    st.builds(WorkflowSeen, pipeline=numbers, name=names, status=statuses, seconds=seconds, eta_seconds=seconds),
    st.builds(
        StepSeen, pipeline=numbers, workflow=names, name=names, status=statuses, seconds=seconds, eta_seconds=seconds
    ),
    st.builds(Log, pipeline=numbers, workflow=names, step=names, line=st.just(0), text=names),
    st.builds(
        Rollout,
        target=names,
        phase=st.sampled_from(Phase),
        desired=st.none() | st.integers(0, 9),
        updated=st.none() | st.integers(0, 9),
        available=st.none() | st.integers(0, 9),
        renewed=st.none() | st.integers(0, 9),
        old=st.none() | st.integers(0, 9),
        text=st.none() | names,
        trouble=st.lists(names, max_size=5).map(tuple),
    ),
    st.builds(Land, phase=st.sampled_from(LandPhase), attempt=st.integers(1, 3), text=st.none() | names),
    st.builds(Stage, stage=names, verdict=st.sampled_from(Word), reason=names),
    st.builds(Verdict, verdict=st.sampled_from(Word), reason=names),
)


@given(st.lists(events, max_size=40), st.integers(1, 200), st.integers(1, 60))
def test_a_frame_fits_whatever_is_told_and_however_small_the_terminal(
    told: list[Event], width: int, height: int
) -> None:
    lines = frame(picture_of(*told), width=width, height=height, now=1, marks=UNICODE)

    assert len(lines) <= height
    assert all(width_of(line) <= width for line in lines)
