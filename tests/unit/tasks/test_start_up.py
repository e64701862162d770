"""What `inv --list` and every completion pay for."""

import subprocess
import sys

NEEDED_BY_A_RUN_ONLY = (
    "git",
    "homelab_tasks.model.events",
    "hvac",
    "kubernetes",
    "msgspec",
    "requests",
    "rich",
    "starlette",
)
READ = f"""
import sys, homelab_tasks.tasks.namespace
print([name for name in {NEEDED_BY_A_RUN_ONLY!r} if name in sys.modules])
"""


def test_nothing_that_only_a_run_needs_is_imported_for_the_list() -> None:
    read = subprocess.run([sys.executable, "-c", READ], capture_output=True, text=True, check=True)

    assert read.stdout.strip() == "[]"
