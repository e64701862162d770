"""How hints say what to type, wherever the tasks were called from."""

import pytest

from homelab_tasks.model.events import Check, CheckState, Log, Note, NoteKind, Topic, Verdict
from homelab_tasks.model.verdict import Word
from homelab_tasks.tasks.invocation import Invocation, invocation_of

CALLS = [
    (["/usr/bin/inv", "ci.watch"], "ci.watch", "inv "),
    (["inv", "ci.watch", "--sha", "a.ci.watch"], "ci.watch", "inv "),
    (["/usr/bin/invoke", "-e", "deploy.wait", "web/web"], "deploy.wait", "invoke "),
    (["/usr/lib/python3/site-packages/invoke/__main__.py", "work.land"], "work.land", "inv "),
    (["homelab", "ci.watch"], "ci.watch", "homelab "),
    (["C:/Scripts/homelab.exe", "doctor"], "doctor", "homelab "),
    (["inv", "homelab.ci.watch"], "ci.watch", "inv homelab."),
    (["inv", "--echo", "ops.lab.ci"], "ci.status", "inv ops.lab."),
    (["inv", "homelab.doctor"], "doctor", "inv homelab."),
    (["inv", "homelab.doctor.doctor"], "doctor", "inv homelab."),
    (["inv", "ci"], "ci.status", "inv "),
    (["inv", "pipelines.watch"], "ci.watch", "inv "),
    (["inv", "ci.watch", "work.land"], "work.land", "inv "),
    (["pytest", "-q"], "ci.watch", "inv "),
    ([], "ci.watch", "inv "),
]


@pytest.mark.parametrize(("arguments", "task", "words"), CALLS)
def test_the_way_that_a_task_was_called_is_read_from_the_command_line(
    arguments: list[str], task: str, words: str
) -> None:
    assert invocation_of(arguments, task).words == words


HOMELAB, COMPOSED = Invocation(program="homelab"), Invocation(prefix="lab.")
TEXTS = [
    (HOMELAB, "Log: inv ci.logs --pipeline 7 --all", "Log: homelab ci.logs --pipeline 7 --all"),
    (HOMELAB, "merge by hand, then inv work.land", "merge by hand, then homelab work.land"),
    (HOMELAB, "inv -d ci.watch shows where", "homelab -d ci.watch shows where"),
    (COMPOSED, "inv -d ci.watch shows where; inv doctor", "inv -d lab.ci.watch shows where; inv lab.doctor"),
    (HOMELAB, "see invoke.yaml; run inv build, cinv ci", "see invoke.yaml; run inv build, cinv ci"),
]


@pytest.mark.parametrize(("invocation", "written", "said"), TEXTS)
def test_commands_are_written_as_they_are_called_here(invocation: Invocation, written: str, said: str) -> None:
    assert invocation.rewrite(written) == said


def test_what_is_advised_is_rewritten_and_the_words_of_others_are_not() -> None:
    verdict = Verdict(verdict=Word.FAILED, reason="unit printed 'inv ci.watch'", hint="inv ci.logs --all")
    check = Check(name="inv ci", state=CheckState.FAILED, text="inv doctor", hint="inv doctor")
    log = Log(pipeline=1, workflow="w", step="s", line=1, text="$ inv ci.watch")
    note = Note(kind=NoteKind.WARNING, text="inv ci.watch")

    assert HOMELAB.worded(verdict).reason == verdict.reason
    assert HOMELAB.worded(verdict).hint == "homelab ci.logs --all"
    assert (HOMELAB.worded(check).text, HOMELAB.worded(check).hint) == ("inv doctor", "homelab doctor")
    assert [HOMELAB.worded(log), HOMELAB.worded(note)] == [log, note]


def test_a_topic_says_how_its_landing_goes_on() -> None:
    topic = Topic(
        name="kinder", commit="3f9c2e1" + "0" * 33, reason="its landing was interrupted: inv work.land --resume"
    )

    assert COMPOSED.worded(topic).reason == "its landing was interrupted: inv lab.work.land --resume"
