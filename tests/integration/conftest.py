"""The embedded homelab for integration tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from homelab_tasks.sandbox.homelab import Homelab
from homelab_tasks.sandbox.kubernetes.pods import is_ready

PODS = 2  # of the sample application
LOG_SECONDS = 0.05
CONFIGURATION_SECONDS = 0.02


def quick_homelab(directory: Path, faults: str = "") -> Homelab:
    """A homelab that waits less than a real server does, with *faults*."""
    return Homelab(directory, faults=faults, log_seconds=LOG_SECONDS, configuration_seconds=CONFIGURATION_SECONDS)


def is_deployed(homelab: Homelab) -> bool:
    """Does the sample application run, and nothing older?"""
    pods = homelab.in_loop(lambda: homelab.kubernetes.cluster.store.all_of("pods"))
    return len(pods) == PODS and all(is_ready(pod) for pod in pods)


@pytest.fixture
def homelab(tmp_path: Path) -> Iterator[Homelab]:
    """A homelab of this test's own."""
    with quick_homelab(tmp_path / "homelab") as running:
        yield running


@pytest.fixture(scope="module")
def shared_homelab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homelab]:
    """One homelab for a whole module: each test pushes commits of its own, and leaves no fault behind."""
    with quick_homelab(tmp_path_factory.mktemp("homelab")) as running:
        yield running
