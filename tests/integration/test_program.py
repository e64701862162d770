import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from homelab_tasks import __version__
from homelab_tasks.tasks.program import project_directory

HOMELAB = (sys.executable, "-c", "from homelab_tasks.tasks.program import main; main()")
INV = (sys.executable, "-m", "invoke")
SOURCE = Path(__file__).parents[2]


def homelab(*arguments: str, directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(*HOMELAB, *arguments, directory=directory, **environment)


def run(*command: str, directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(SOURCE)} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    assert homelab("--version", directory=tmp_path).stdout == f"homelab {__version__}\n"


def test_the_tasks_are_there_when_no_tasks_file_is(tmp_path: Path) -> None:
    ended = homelab("--list", directory=tmp_path)

    assert ended.returncode == 0
    assert "ci.watch" in ended.stdout


@pytest.mark.parametrize(
    "arguments", [("ci.watch", "--nope"), ("no.task",), ("--help", "no.task"), ("ci.watch", "--sha")]
)
def test_it_ends_with_2_when_the_command_line_cannot_be_parsed(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ended = homelab(*arguments, directory=tmp_path)

    assert ended.returncode == 2
    assert ended.stdout == "usage\n"
    assert ended.stderr.startswith("usage: ")
    assert len(ended.stderr.splitlines()) == 1


def test_a_program_gets_a_verdict_when_the_command_line_cannot_be_parsed(tmp_path: Path) -> None:
    ended = homelab("ci.watch", "--json", "--nope", directory=tmp_path)

    line = json.loads(ended.stdout)
    assert (line["event"], line["verdict"], line["exit_code"], ended.returncode) == ("verdict", "usage", 2, 2)


def test_the_settings_of_the_project_are_read_when_it_is_called_further_down(tmp_path: Path) -> None:
    (tmp_path / "invoke.yaml").write_text("homelab: {woodpecker: {ulr: https://ci.test}}")
    below = tmp_path / "src" / "app"
    below.mkdir(parents=True)

    ended = homelab("ci.watch", "--sha", "0" * 40, "--repository", "lab/app", directory=below)

    assert ended.returncode == 2
    assert "ulr" in ended.stderr


def test_it_ends_with_2_when_the_settings_are_no_yaml(tmp_path: Path) -> None:
    (tmp_path / "invoke.yaml").write_text("homelab: {")

    ended = homelab("ci.watch", directory=tmp_path)

    assert ended.returncode == 2
    assert ended.stderr.startswith("usage: the settings cannot be read: ")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_names_the_program_when_a_shell_asks(tmp_path: Path, shell: str) -> None:
    ended = homelab("--print-completion-script", shell, directory=tmp_path)

    assert ended.returncode == 0
    assert "_complete_homelab" in ended.stdout


def test_flags_are_completed_after_a_task(tmp_path: Path) -> None:
    ended = homelab("--complete", "--", "homelab ci.watch --app", directory=tmp_path)

    assert "--appear-timeout" in ended.stdout.split()


def test_nothing_is_complained_of_when_the_reader_goes_away(tmp_path: Path) -> None:
    command = f"{sys.executable} -c '{HOMELAB[2]}' --help ci.watch | true; exit ${{PIPESTATUS[0]}}"
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}

    ended = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stderr) == (0, "")


def test_it_ends_as_ever_when_its_output_is_closed(tmp_path: Path) -> None:
    command = f"exec {shlex.join(HOMELAB)} --version >&-"
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}

    ended = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stderr) == (0, "")


def test_it_ends_with_2_when_a_setting_has_a_key_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "invoke.yaml").write_text("homelab: {5: 6}\n")

    ended = homelab("ci.status", directory=tmp_path)

    assert ended.returncode == 2
    assert ended.stderr.startswith("usage: the settings cannot be read")


def test_the_nearest_directory_with_settings_is_the_project(tmp_path: Path) -> None:
    (tmp_path / "invoke.yaml").touch()
    nearer = tmp_path / "a"
    (nearer / "b").mkdir(parents=True)
    (nearer / "invoke.yml").touch()

    assert project_directory(nearer / "b") == nearer
    assert project_directory(tmp_path) == tmp_path


@pytest.mark.parametrize("task", ["deploy.wait", "deploy.status", "work.clean"])
def test_a_task_shows_its_help_when_its_argument_is_left_out(tmp_path: Path, task: str) -> None:
    ended = homelab(task, "--help", directory=tmp_path)

    assert ended.returncode == 0
    assert ended.stdout.startswith(f"Usage: homelab [--core-opts] {task} ")


def test_an_unknown_flag_is_no_argument(tmp_path: Path) -> None:
    ended = homelab("deploy.wait", "--nope", directory=tmp_path)

    assert ended.returncode == 2
    assert "'--nope'" in ended.stderr


COMPOSED = "from invoke import Collection\nfrom homelab_tasks import namespace\nns = Collection(lab=namespace)\n"
CALLED = [(HOMELAB, "sandbox.up", "homelab sandbox.up"), (INV, "lab.sandbox.up", "inv lab.sandbox.up")]


@pytest.mark.parametrize(("program", "task", "said"), CALLED)
def test_hints_say_what_to_type_where_the_task_was_called(
    tmp_path: Path, program: tuple[str, ...], task: str, said: str
) -> None:
    (tmp_path / "tasks.py").write_text(COMPOSED)
    (tmp_path / "app").mkdir()

    ended = run(*program, task, "--directory", ".", directory=tmp_path)

    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].endswith(f"name another directory: {said} --directory DIR")
