"""`inv` as its users run it: a process of its own, in a directory, with an environment, from the outside."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
INV = (sys.executable, "-m", "invoke")
ENDS_WITHIN_SECONDS = 40.0
Json = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """What became of a process."""

    code: int
    stdout: str
    stderr: str

    @cached_property
    def events(self) -> list[Json]:
        """What `--json` printed: every line is an object."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def verdict(self) -> Json:
        """The one verdict, which is the last line and says how the process ended."""
        verdicts = [event for event in self.events if event["event"] == "verdict"]
        assert verdicts == self.events[-1:], "exactly one verdict, and it is the last line"
        assert verdicts[0]["exit_code"] == self.code
        return verdicts[0]

    def told(self, event: str) -> list[Json]:
        """The events of one kind."""
        return [told for told in self.events if told["event"] == event]

    def notes(self, kind: str) -> list[str]:
        """The texts of the notes of one kind."""
        return [note["text"] for note in self.told("note") if note["kind"] == kind]

    @property
    def last_line(self) -> str:
        """What stderr ends with."""
        return self.stderr.splitlines()[-1]


class Shell:
    """A place to type commands in; what they print must never hold one of *canaries*."""

    def __init__(self, directory: Path, canaries: tuple[str, ...] = (), **environment: str) -> None:
        self.directory = directory
        self.canaries = canaries
        self._environment = environment

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), **self._environment, **(extra or {})}

    def inv(self, *words: str, env: Mapping[str, str] | None = None, seconds: float = ENDS_WITHIN_SECONDS) -> Ended:
        """Run `inv WORDS` to its end."""
        return self.run(*INV, *words, env=env, seconds=seconds)

    def run(self, *words: str, env: Mapping[str, str] | None = None, seconds: float = ENDS_WITHIN_SECONDS) -> Ended:
        """Run a command to its end."""
        return self.ended(self.start(*words, env=env), seconds=seconds)

    def start(self, *words: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        """Start a command in a group of its own, its output in pipes."""
        return subprocess.Popen(
            words,
            cwd=self.directory,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def ended(self, process: "subprocess.Popen[str]", *, seconds: float = ENDS_WITHIN_SECONDS) -> Ended:
        """Wait for the end of *process*, and see that nothing leaked."""
        try:
            stdout, stderr = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
            raise AssertionError(f"no end within {seconds} s; stdout: {stdout}; stderr: {stderr}") from None
        for canary in self.canaries:
            assert canary not in stdout + stderr, "a token is in the output"
        return Ended(process.returncode, stdout, stderr)


def read_until(process: "subprocess.Popen[str]", words: str) -> str:
    """Read stdout up to the line that holds *words*."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError(f"{words!r} never came: {lines}")
