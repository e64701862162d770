"""What is built of this tree: a wheel and a source distribution, by the tools of the lock, without a network."""

import email.message
import email.parser
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from homelab_tasks import __version__

ROOT = Path(__file__).parents[2]
STEM = f"homelab_tasks-{__version__}"


def build(tree: Path, target: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(target)]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling", reason="it is built in the environment of the lock")
    target = tmp_path_factory.mktemp("dist")
    build(ROOT, target)
    return target


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return built / f"{STEM}-py3-none-any.whl"


@pytest.fixture(scope="module")
def sdist(built: Path) -> Path:
    return built / f"{STEM}.tar.gz"


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> email.message.Message:
    with zipfile.ZipFile(wheel) as archive:
        return email.parser.Parser().parsestr(archive.read(f"{STEM}.dist-info/METADATA").decode())


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = names_in(wheel)
    sources = {str(path.relative_to(ROOT)) for path in ROOT.glob("homelab_tasks/**/*.py")}

    assert {name for name in names if name.endswith(".py")} == sources
    assert "homelab_tasks/py.typed" in names
    assert {name.partition("/")[0] for name in names} == {"homelab_tasks", f"{STEM}.dist-info"}
    assert not [name for name in names if "__pycache__" in name or "/test" in name]


def test_the_wheel_brings_the_command_and_the_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        entry_points = archive.read(f"{STEM}.dist-info/entry_points.txt").decode()

    assert entry_points == "[console_scripts]\nhomelab = homelab_tasks.tasks.program:main\n"
    assert f"{STEM}.dist-info/licenses/LICENSE" in names_in(wheel)


def test_the_metadata_says_what_it_is_and_shows_the_readme(metadata: email.message.Message) -> None:
    assert metadata["Name"] == "homelab-tasks"
    assert metadata["Version"] == __version__
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload() == (ROOT / "README.md").read_text()


def test_what_only_some_need_is_an_extra(metadata: email.message.Message) -> None:
    required = {requirement for requirement in metadata.get_all("Requires-Dist") or () if "extra ==" not in requirement}
    names = {requirement.partition(">=")[0] for requirement in required}

    assert names.isdisjoint({"kubernetes", "nox"})
    assert set(metadata.get_all("Provides-Extra") or ()) == {"all", "kubernetes", "nox", "sandbox"}


def test_the_source_holds_all_that_its_checks_need(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.removeprefix(f"{STEM}/") for name in archive.getnames()}

    assert {"README.md", "LICENSE", "pyproject.toml", "noxfile.py", "Makefile", "requirements.lock"} <= names
    assert {
        "tests/unit/test_locations.py",
        "docs/guarantees.md",
        "tests/recordings/woodpecker/superseded.jsonl",
    } <= names
    assert not [name for name in names if name.startswith((".venv", ".nox", ".cache")) or "__pycache__" in name]


def test_the_wheel_is_the_same_when_it_is_built_from_the_source(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")

    build(tmp_path / STEM, tmp_path / "again")

    again = tmp_path / "again" / wheel.name
    assert names_in(again) == names_in(wheel)
    assert again.read_bytes() == wheel.read_bytes()
