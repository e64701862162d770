"""The demo ends well when every command behaves, and ill at the first that does not."""

import time
from collections.abc import Generator
from pathlib import Path

import pytest

from homelab_tasks.model.events import Event, Transcript, TranscriptKind, Verdict
from homelab_tasks.model.verdict import Word
from homelab_tasks.sandbox.chapters import CHAPTERS
from homelab_tasks.sandbox.faults import Effect
from homelab_tasks.sandbox.homelab import Homelab
from homelab_tasks.sandbox.scenes import Behind, Chapter, Faults, Scene, Shell
from homelab_tasks.sandbox.story import Story
from tests.integration.sandbox.test_running import TASKS, inv


def told(homelab: Homelab, *scenes: Scene) -> list[Event]:
    return list(Story(homelab, [Chapter(title="Try", scenes=scenes)]).tell())


def test_commands_are_shown_as_typed_with_what_they_print(shared_homelab: Homelab) -> None:
    events = told(shared_homelab, Shell(line="cat .gitignore | head -1; echo over >&2", prints=("over",)))

    lines = [(event.kind, event.text) for event in events if isinstance(event, Transcript)]
    assert lines == [
        (TranscriptKind.TITLE, "1. Try"),
        (TranscriptKind.COMMAND, "cat .gitignore | head -1; echo over >&2"),
        (TranscriptKind.OUTPUT, "__pycache__/"),
        (TranscriptKind.OUTPUT, "over"),
    ]
    assert isinstance(events[-1], Verdict)
    assert events[-1].verdict is Word.OK


def test_the_story_fails_at_the_first_command_that_ends_otherwise(shared_homelab: Homelab) -> None:
    events = told(shared_homelab, Shell(line="exit 3", exit_code=1), Shell(line="echo never"))

    verdict = events[-1]
    assert isinstance(verdict, Verdict)
    assert verdict.verdict is Word.FAILED
    assert verdict.reason == "chapter 1, 'Try': 'exit 3' ended with 3 instead of 1"
    assert not any("never" in event.text for event in events if isinstance(event, Transcript))


def test_the_story_fails_when_a_command_prints_something_else(shared_homelab: Homelab) -> None:
    verdict = told(shared_homelab, Shell(line="echo red", prints=("green",)))[-1]

    assert isinstance(verdict, Verdict)
    assert verdict.reason == "chapter 1, 'Try': 'echo red' did not print 'green'"


def test_whoever_stops_the_story_does_not_wait_for_its_commands(shared_homelab: Homelab) -> None:
    story = Story(shared_homelab, [Chapter(title="Try", scenes=(Shell(line="echo begun; sleep 60"),))]).tell()
    while "begun" not in str(next(story)):
        continue
    while "begun" not in str(next(story)):
        continue
    started = time.monotonic()

    assert isinstance(story, Generator)
    story.close()

    assert time.monotonic() - started < 5


def test_a_failure_in_the_middle_of_a_pipe_is_a_failure(shared_homelab: Homelab) -> None:
    verdict = told(shared_homelab, Shell(line="false | cat"))[-1]

    assert isinstance(verdict, Verdict)
    assert verdict.verdict is Word.FAILED


def test_faults_hold_until_the_next_and_others_act_behind_the_scene(shared_homelab: Homelab) -> None:
    seen: list[list[Effect]] = []

    def look(homelab: Homelab) -> None:
        seen.append([effect for rule in homelab.faults.rules for effect in rule.fault.effects])

    told(
        shared_homelab,
        Faults(faults="empty", remark="empty"),
        Behind(remark="look", act=look),
        Faults(faults="", remark="well"),
        Behind(remark="look", act=look),
    )

    assert seen == [[Effect.EMPTY], []]


@pytest.mark.timeout(300)  # it takes half a minute, and other things may run beside it here
def test_the_whole_demo_ends_well_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text(TASKS)

    ran = inv(tmp_path, "sandbox.demo", "--directory", "demo", timeout=240)

    assert ran.returncode == 0, ran.stderr[-2000:]
    titles = [line for line in ran.stderr.splitlines() if line.startswith("== ")]
    assert titles == [f"== {number}. {chapter.title} ==" for number, chapter in enumerate(CHAPTERS, start=1)]
    assert not (tmp_path / "demo").exists()
