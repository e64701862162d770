"""The application that the sandbox builds: small, but its pipeline really tests it."""

from collections.abc import Mapping
from typing import Any

import yaml

TASKS = """\
from invoke import Collection
from homelab_tasks.tasks import ci, deploy, doctor, sandbox, work
ns = Collection(ci, deploy, doctor, sandbox, work)
"""
PIPELINE = """\
when:
  - event: [push, manual]

steps:
  - name: lint
    image: bash
    commands:
      - bash -n greet.sh
  - name: test
    image: bash
    commands:
      - bash test.sh
"""
GREET = """\
#!/bin/bash
# Greets whoever is named.
echo "Hello, ${1:-world}!"
"""
TEST = """\
#!/bin/bash
# Fails when greet.sh no longer greets.
greeting=$(bash greet.sh homelab)
if [ "$greeting" != "Hello, homelab!" ]; then
  echo "greet.sh said '$greeting', expected 'Hello, homelab!'"
  exit 1
fi
echo "greeting is right"
"""
IGNORED = "__pycache__/\n.worktrees/\n"


def sample_files(settings: Mapping[str, Any]) -> dict[str, str]:
    """Every file of the application; *settings* is what stands under `homelab:` in its invoke.yaml."""
    return {
        ".gitignore": IGNORED,
        ".woodpecker.yaml": PIPELINE,
        "greet.sh": GREET,
        "test.sh": TEST,
        "tasks.py": TASKS,
        "invoke.yaml": yaml.safe_dump({"homelab": dict(settings)}, sort_keys=False),
    }
