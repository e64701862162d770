"""
The demo: what a user does with this package, done for real in the embedded homelab.

Chapters are data (`chapters`). Every command runs as a process of its own, and must end as its chapter says.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from homelab_tasks.model.events import Event, Transcript, TranscriptKind, Verdict
from homelab_tasks.model.verdict import Word
from homelab_tasks.sandbox.git import clean_environment
from homelab_tasks.sandbox.homelab import Homelab
from homelab_tasks.sandbox.scenes import Behind, Chapter, Faults, Scene, Shell

LONGEST_COMMAND_SECONDS = 120.0


class UnexpectedError(Exception):
    """A command did not do what the story says."""


class Story:
    """Tells *chapters* in *homelab*, where *faults* are in force beside those of each scene."""

    def __init__(self, homelab: Homelab, chapters: Sequence[Chapter], *, faults: str = "") -> None:
        """Be ready to tell."""
        self._homelab = homelab
        self._chapters = chapters
        self._faults = faults
        self._commands = 0

    def tell(self) -> Iterator[Event]:
        """Do everything, and end with a verdict: ok, or failed at the first command that did not behave."""
        self._homelab.set_faults(self._faults)
        for number, chapter in enumerate(self._chapters, start=1):
            yield _told(TranscriptKind.TITLE, f"{number}. {chapter.title}")
            try:
                for scene in chapter.scenes:
                    yield from self._play(scene)
            except UnexpectedError as error:
                yield Verdict(verdict=Word.FAILED, reason=f"chapter {number}, {chapter.title!r}: {error}")
                return
        told = f"{len(self._chapters)} chapters told, all {self._commands} commands did what was expected of them"
        yield Verdict(verdict=Word.OK, reason=told, hint="To try it by hand: inv sandbox.up")

    def _play(self, scene: Scene) -> Iterator[Event]:
        match scene:
            case Shell():
                yield from self._run(scene)
            case Faults():
                yield _told(TranscriptKind.REMARK, scene.remark)
                self._homelab.set_faults(f"{self._faults},{scene.faults}".strip(","))
            case Behind():
                yield _told(TranscriptKind.REMARK, scene.remark)
                scene.act(self._homelab)

    def _run(self, scene: Shell) -> Iterator[Event]:
        yield _told(TranscriptKind.COMMAND, scene.line)
        self._commands += 1
        output = []
        with _shell(scene.line, self._homelab.app, self._environment()) as process:
            assert process.stdout is not None  # noqa: S101 - asked for
            hanging = threading.Timer(LONGEST_COMMAND_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
            hanging.start()
            try:
                for line in process.stdout:
                    output.append(line)
                    yield _told(TranscriptKind.OUTPUT, line.rstrip("\n"))
                process.wait()
            finally:
                hanging.cancel()
                if process.returncode is None:  # whoever stops the story does not wait for its commands
                    os.killpg(process.pid, signal.SIGKILL)
        if process.returncode != scene.exit_code:
            raise UnexpectedError(f"{scene.line!r} ended with {process.returncode} instead of {scene.exit_code}")
        missing = [text for text in scene.prints if text not in "".join(output)]
        if missing:
            raise UnexpectedError(f"{scene.line!r} did not print {missing[0]!r}")

    def _environment(self) -> Mapping[str, str]:
        """Let `inv` be the one of this very environment, in a home that is empty."""
        home = self._homelab.layout.home
        home.mkdir(exist_ok=True)
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        inherited = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        return clean_environment(HOME=str(home), PATH=path, PYTHONDONTWRITEBYTECODE="1", **inherited)


def _told(kind: TranscriptKind, text: str) -> Transcript:
    return Transcript(kind=kind, text=text)


def _shell(line: str, directory: Path, environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Start *line* as typed; what it prints on either stream comes in one."""
    return subprocess.Popen(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
