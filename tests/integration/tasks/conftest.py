"""A homelab, a clone in it, and scripted lives: what `inv ci.*` is tried on from the outside."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from homelab_tasks.sandbox.homelab import Homelab
from homelab_tasks.sandbox.woodpecker.script import Script
from tests.integration.conftest import quick_homelab
from tests.integration.tasks.running import Ended, Shell

_shas = itertools.count(0x3F9C2E1 << 132)


@dataclass
class Lab:
    """A homelab with a shell in its clone."""

    homelab: Homelab
    shell: Shell
    _pool: ThreadPoolExecutor = field(default_factory=ThreadPoolExecutor)

    def sha(self) -> str:
        """A commit that nobody has seen before."""
        return f"{next(_shas):040x}"

    def script(self, sha: str, **row: str) -> Script:
        """A pipeline of *sha* whose life is written by the test."""
        return self.homelab.woodpecker.script(sha, **row)  # type: ignore[arg-type]  # workflows come otherwise

    def inv(self, task: str, sha: str, *words: str) -> Ended:
        """Run a task for *sha* with `--json`, to its end; it must have a verdict."""
        ended = self.shell.inv(task, "--sha", sha, "--json", *words)
        assert ended.verdict["task"] == task
        return ended

    def meanwhile(self, task: str, sha: str, *words: str) -> "Future[Ended]":
        """Run a task in the background."""
        return self._pool.submit(self.inv, task, sha, *words)


@pytest.fixture(scope="module")
def module_homelab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homelab]:
    with quick_homelab(tmp_path_factory.mktemp("homelab")) as running:
        yield running


@pytest.fixture
def lab(module_homelab: Homelab) -> Iterator[Lab]:
    """The homelab of this module, without faults."""
    canaries = (module_homelab.token, module_homelab.vault_token)
    yield Lab(module_homelab, Shell(module_homelab.app, canaries))
    module_homelab.faults.clear()


@pytest.fixture
def quiet_directory(tmp_path: Path) -> Path:
    """A directory that is no clone and has a `tasks.py`."""
    (tmp_path / "tasks.py").write_text("from homelab_tasks import namespace as ns\n")
    return tmp_path


def until(condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Wait for *condition*."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        threading.Event().wait(0.02)
