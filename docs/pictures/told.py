"""
Runs inv as at a terminal, and writes what its view is told as JSON Lines: with what is expected, which `--json` lacks.

    $ python -m docs.pictures.told ci.watch
"""

from typing import Any

from invoke.main import program

from homelab_tasks.report.jsonl import JsonLines
from homelab_tasks.report.outlet import Outlet
from homelab_tasks.report.view import View
from homelab_tasks.tasks import running


class Told(JsonLines):
    """Writes for somebody who looks on."""

    is_live = True


def open_told(**given: Any) -> View:
    """Open it whatever the terminal is."""
    return Told(Outlet(given["stdout"]), Outlet(given["stderr"]), clock=given["clock"], secrets=given["secrets"])


if __name__ == "__main__":
    vars(running)["open_view"] = open_told
    program.run()
