"""docs/reference/rollouts.md names tests that exist, and the windows that the code has."""

import re
from pathlib import Path

from homelab_tasks.actions.rollouts.journey import ABSENT_SECONDS
from homelab_tasks.model.rollouts import creation_trouble, pod_trouble, stateful_set

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "rollouts.md").read_text()
PROMISES = PAGE.partition("## What is promised")[2]
DEFAULT = "tests/unit/actions/rollouts/test_await_rollout.py"


def test_every_behaviour_names_a_test_that_exists() -> None:
    rows = re.findall(r"^\| (\d+) \| .* \| (.*) \|$", PROMISES, re.MULTILINE)

    assert [int(number) for number, _ in rows] == list(range(1, 21))
    for _, cell in rows:
        files = re.findall(r"in `(tests/[^`:]+)`", cell)
        for named in re.findall(r"`(?:(tests/[^`]+)::)?(test_\w+)`", cell):
            path = named[0] or (files[0] if files else DEFAULT)
            assert f"def {named[1]}(" in (ROOT / path).read_text(), named


def test_every_window_is_that_of_the_code() -> None:
    windows = {
        pod_trouble.PULL_SECONDS: "an image that is not there",
        pod_trouble.CONFIGURATION_SECONDS: "`CreateContainerConfigError`",
        pod_trouble.CRASH_LOOP_SECONDS: "2 restarts",
        pod_trouble.PULL_UNKNOWN_SECONDS: "nobody says why",
        ABSENT_SECONDS: "deleted after",
    }
    for seconds, cause in windows.items():
        row = next(line for line in PAGE.splitlines() if line.startswith("|") and cause in line)
        assert f"after {seconds:g} s" in row
    denied = next(line for line in PAGE.splitlines() if "pods denied" in line)
    assert f"after {creation_trouble.DENIED_SECONDS:g} s" in denied
    assert f"after {stateful_set.STUCK_SECONDS:g} s; {stateful_set.STUCK_UNSURE_SECONDS:g} s" in PAGE
