"""The package's own names: each is there, and using them needs no invoke."""

import subprocess
import sys
from pathlib import Path

import pytest

import homelab_tasks

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", homelab_tasks.__all__)
def test_a_promised_name_is_there_and_belongs_to_this_package(name: str) -> None:
    found = getattr(homelab_tasks, name)

    assert found.__module__.startswith("homelab_tasks.")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nope'"):
        _ = homelab_tasks.nope


def loaded_after(code: str) -> set[str]:
    """The top-level modules that are loaded once *code* has run in a fresh interpreter."""
    told = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", told], check=True, capture_output=True, text=True, cwd=ROOT)
    return set(done.stdout.split())


def test_the_library_is_used_without_invoke() -> None:
    everything = "import homelab_tasks as h\nfor name in h.__all__: getattr(h, name)"

    assert "invoke" not in loaded_after(everything)


def test_importing_the_package_loads_no_slow_library() -> None:
    slow = {"requests", "hvac", "git", "kubernetes", "rich", "msgspec", "invoke"}

    assert not slow & loaded_after("import homelab_tasks")


def test_the_library_has_every_error_and_every_event() -> None:
    from homelab_tasks import errors
    from homelab_tasks.model import events

    told = {
        name
        for name, kind in vars(events).items()
        if isinstance(kind, type) and issubclass(kind, events.Event) and kind.__module__ == events.__name__
    }
    assert told <= set(homelab_tasks.__all__)
    assert issubclass(homelab_tasks.UnavailableError, errors.HomelabError)
