"""Runs the user's own git: their configuration, hooks and credentials, but no prompt and no translation."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import inf
from pathlib import Path
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING, BinaryIO, cast

from msgspec import Struct

from homelab_tasks.clients.interrupts import uninterrupted
from homelab_tasks.clients.process_tree import end_with_children
from homelab_tasks.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from subprocess import Popen

    from git.cmd import Git

KILLED = -9
LEAST_SECONDS = 2.0  # what is begun at the deadline still gets this long
# A hook that calls us exports these; they would redirect git from the directory that we were asked to open.
INHERITED = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
)
_ENVIRONMENT = {
    "LC_ALL": "",  # unset for git, or it would win over LC_MESSAGES: file names keep the user's encoding
    "LANGUAGE": "",
    "LC_MESSAGES": "C",  # stderr is translated, and is read here
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",  # looking at a work tree must not write its index
    "GIT_ADVICE": "0",
}


class Completed(Struct, frozen=True, kw_only=True):
    """How a git command ended; *code* is -9 when it was killed at its timeout."""

    code: int
    output: str
    errors: str

    @property
    def worked(self) -> bool:
        """Whether it ended with 0."""
        return self.code == 0

    @property
    def problem(self) -> str:
        """The last thing that git said was wrong, without its prefix."""
        said = [line.strip() for line in self.errors.splitlines() if line.strip()]
        blamed = [line for line in said if line.startswith(("fatal:", "error:"))]
        chosen = (blamed or said or [f"it ended with {self.code}"])[-1]
        return chosen.removeprefix("fatal: ").removeprefix("error: ")


class GitCommand:
    """
    git in one directory, through GitPython's command interface.

    GitPython's own `push` is not used: it reports a push by sha as failed, and drops the reasons of refusals
    (git/remote.py `PushInfo._from_line`).
    """

    def __init__(
        self,
        directory: Path,
        *,
        configuration: Sequence[str] = (),
        hidden: Sequence[tuple[str, str]] = (),
        environment: Mapping[str, str] | None = None,
        time_left: Callable[[], float] = lambda: inf,
    ) -> None:
        """
        Run in *directory*, with *configuration* as `-c key=value`.

        *hidden* is configuration that must not stand in an argument list, *environment* comes on top of ours. Nothing
        runs longer than *time_left* says when it begins, or LEAST_SECONDS where that is less.
        """
        self.directory = directory
        self._configuration = tuple(configuration)
        self._hidden = tuple(hidden)
        self._environment = dict(environment or {})
        self._time_left = time_left

    def within(self, time_left: Callable[[], float]) -> "GitCommand":
        """Run the same git, within *time_left*."""
        return GitCommand(
            self.directory,
            configuration=self._configuration,
            hidden=self._hidden,
            environment=self._environment,
            time_left=time_left,
        )

    def at(self, directory: Path) -> "GitCommand":
        """Run the same git in another directory."""
        return GitCommand(
            directory,
            configuration=self._configuration,
            hidden=self._hidden,
            environment=self._environment,
            time_left=self._time_left,
        )

    def configured(
        self,
        *configuration: str,
        hidden: Sequence[tuple[str, str]] = (),
        environment: Mapping[str, str] | None = None,
    ) -> "GitCommand":
        """Run in the same directory with more configuration."""
        return GitCommand(
            self.directory,
            configuration=(*self._configuration, *configuration),
            hidden=(*self._hidden, *hidden),
            environment={**self._environment, **(environment or {})},
            time_left=self._time_left,
        )

    def run(
        self,
        *arguments: str,
        given: str = "",
        timeout: float | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Completed:
        """
        Run git with *arguments* on the input *given*; any exit code is an answer.

        After *timeout* seconds, or when it is interrupted, git and whatever it called are ended. GitPython's own
        `kill_after_timeout` would let both go on after an interrupt, and the interpreter wait for its timer.
        """
        try:
            from git.cmd import Git
            from git.exc import GitCommandNotFound
        except ImportError as error:
            raise UsageError("git was not found", hint="install git 2.39 or newer") from error
        options = [part for setting in self._configuration for part in ("-c", setting)]
        try:
            with _readable(given) as source, uninterrupted():
                running = Git(self.directory).execute(
                    [*_without_inherited(), "git", *options, *arguments],
                    istream=source,
                    as_process=True,
                    env={**_ENVIRONMENT, **self._environment, **_by_environment(self._hidden), **(environment or {})},
                )
        except GitCommandNotFound as error:
            raise UsageError(f"git cannot run in {str(self.directory)!r}") from error
        allowed = min(inf if timeout is None else timeout, max(LEAST_SECONDS, self._time_left()))
        return _completed(running, None if allowed == inf else allowed)

    def ask(self, *arguments: str) -> str | None:
        """Run git with *arguments*; its output without the end of the line, None when it failed."""
        done = self.run(*arguments)
        return done.output.removesuffix("\n") if done.worked else None

    def require(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """Run a git command that has no reason to fail; raises UnavailableError when it does."""
        done = self.run(*arguments, environment=environment)
        if not done.worked:
            raise UnavailableError(f"git {arguments[0]} failed: {done.problem}", hint=_hint(done))
        return done.output.removesuffix("\n")


def _completed(running: "Git.AutoInterrupt", timeout: float | None) -> Completed:
    process = cast("Popen[bytes]", running.proc)
    try:
        output, errors = process.communicate(timeout=timeout)
    except TimeoutExpired:
        end_with_children(process)
        problem = f"fatal: nothing came of it within {timeout:.3g} seconds"
        return Completed(code=KILLED, output="", errors=problem)
    except BaseException:
        end_with_children(process)
        raise
    return Completed(code=process.returncode, output=_text(output), errors=_text(errors))


@contextmanager
def _readable(text: str) -> Iterator[BinaryIO | None]:
    """Hand out *text*, which must fit a pipe, as an open file; None where it is empty."""
    if not text:
        yield None
        return
    source, sink = os.pipe()
    with open(source, "rb") as readable:  # noqa: PTH123 - a descriptor has no path
        with open(sink, "wb") as writable:  # noqa: PTH123
            writable.write(text.encode("utf-8", "surrogateescape"))
        yield readable


def _text(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape")


def _without_inherited() -> list[str]:
    inherited = [name for name in INHERITED if name in os.environ]
    return ["env", *(word for name in inherited for word in ("-u", name))] if inherited else []


def _by_environment(settings: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Write *settings* as the variables that git (2.31) reads, after those that stand there already."""
    inherited = os.environ.get("GIT_CONFIG_COUNT", "0")
    start = int(inherited) if inherited.isdigit() else 0
    variables = {"GIT_CONFIG_COUNT": str(start + len(settings))} if settings else {}
    for index, (key, value) in enumerate(settings, start):
        variables |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return variables


def _hint(done: Completed) -> str | None:
    if "No space left on device" in done.errors:
        return "free some space; nothing was lost"
    if "Read-only file system" in done.errors or "Permission denied" in done.errors:
        return "make the git directory writable; nothing was lost"
    return None
