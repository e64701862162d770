"""
The console script `homelab`: the tasks in any directory, with no `tasks.py` of its own.

Settings are those that `inv` would find: the nearest `invoke.yaml` upwards from here, and `~/.invoke.yaml`. What cannot
be parsed or read is a usage error: it ends with 2, and with a verdict like every other end.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from invoke.exceptions import Exit, ParseError
from invoke.program import Program

from homelab_tasks import __version__, namespace
from homelab_tasks.model.verdict import Word

PROJECT_FILES = ("invoke.yaml", "invoke.yml", "invoke.json", "invoke.py")
NAME = "homelab"


class HomelabProgram(Program):
    """Invoke's program, with the settings of the project around, and exit codes that keep 1 for red."""

    def create_config(self) -> None:
        """Read the settings of the system and the user."""
        with self._readable_settings():
            super().create_config()

    def parse_core(self, argv: list[str] | None) -> None:
        """Parse the options before the task."""
        with self._usage():
            super().parse_core(argv)

    def parse_tasks(self) -> None:
        """Parse tasks and their flags."""
        with self._usage():
            super().parse_tasks()

    def parse_cleanup(self) -> None:
        """Answer --help, --list and completion."""
        with self._usage():
            super().parse_cleanup()

    def update_config(self, merge: bool = True) -> None:
        """Read the settings of the project, which invoke does only for a tasks.py that it found itself."""
        with self._readable_settings():
            self.config.set_project_location(project_directory(Path.cwd()))
            self.config.load_project(merge=False)
            super().update_config(merge)
            self.config.load_shell_env()  # invoke does before each task, where a key that is no text ends it with 1

    @contextmanager
    def _usage(self) -> Iterator[None]:
        try:
            yield
        except ParseError as error:
            raise self._refusal(str(error), hint=f"see {NAME} --help") from error

    @contextmanager
    def _readable_settings(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # whatever a file of YAML, JSON or Python makes its reader raise
            problem = f"the settings cannot be read: {' '.join(str(error).split())}"
            raise self._refusal(problem, hint="see invoke.yaml here, and ~/.invoke.yaml") from error

    def _refusal(self, problem: str, *, hint: str) -> Exit:
        """Tell of a verdict that was reached before there was a task; imports what no other start needs."""
        from homelab_tasks.clients.clock import SystemClock
        from homelab_tasks.model.events import Verdict
        from homelab_tasks.model.secrets import Secrets
        from homelab_tasks.report.open_view import open_view

        verdict = Verdict(verdict=Word.USAGE, reason=problem, hint=hint)
        view = open_view(
            json="--json" in sys.argv,
            stdout=sys.stdout,
            stderr=sys.stderr,
            environment=os.environ,
            clock=SystemClock(),
            secrets=Secrets(),
        )
        view.show(verdict)
        view.close()
        return Exit(code=verdict.exit_code)


def project_directory(start: Path) -> Path | None:
    """Find the nearest directory from *start* upwards that has settings; None where there is none."""
    for directory in (start, *start.parents):
        if any((directory / name).is_file() for name in PROJECT_FILES):
            return directory
    return None


def main() -> None:
    """Run the command line, and end the process with the exit code of its verdict."""
    sys.argv[0] = NAME  # whatever it was started through: hints say how to call another task
    program = HomelabProgram(name=NAME, binary=NAME, binary_names=[NAME], version=__version__, namespace=namespace)
    try:
        program.run()
    except SystemExit as end:
        if isinstance(end.__context__, KeyboardInterrupt):  # invoke makes it 1, which means red
            raise SystemExit(Word.INTERRUPTED.exit_code) from None
        raise
    except BrokenPipeError:
        _discard_output()
    finally:
        _flush()


def _flush() -> None:
    """Write what is left now, for the interpreter would complain of a reader that has gone away."""
    if sys.stdout is None:  # closed by the caller: `>&-`
        return
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()


def _discard_output() -> None:
    """Send what nobody reads to nowhere (`homelab --list | head -1`), lest it be flushed again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
