"""
Sessions for the noxfile of any repository: `from homelab_tasks.nox import ci, land`.

    $ nox -s ci                # follow the CI of HEAD to its verdict
    $ nox -s land -- --dry-run

Importing one registers it, and no other; none runs unless it is named. What stands behind `--` goes to the task. They
run the repository's own tasks where it has a `tasks.py`, and ours where it has none, in the Python that nox runs in.
Called with a session of your own, `land(session)` is a step of that session.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nox

ci: Callable[[nox.Session], None]
deploy: Callable[[nox.Session], None]
doctor: Callable[[nox.Session], None]
land: Callable[[nox.Session], None]

_OURS = ("-c", "from homelab_tasks.tasks.program import main; main()")
_THEIRS = ("-m", "invoke")
_TASKS = {
    "ci": ("ci.watch", "Follow the CI of HEAD to its verdict (`-- --sha X` for another commit)."),
    "deploy": ("deploy.wait", "Wait until the cluster runs this commit (`-- TARGET` for another than the settings')."),
    "doctor": ("doctor", "Hold every setting against the world."),
    "land": ("work.land", "Land the topic on the trunk, follow its CI, wait for its deployment."),
}


def run_task(session: nox.Session, task: str, *arguments: str) -> None:
    """Run *task* with *arguments* in *session*, which fails with it; Ctrl-C reaches the task first."""
    program = _THEIRS if Path("tasks.py").is_file() else _OURS
    session.run(sys.executable, *program, task, *arguments, external=True)


def __getattr__(name: str) -> Any:
    """Register the session *name* when it is asked for."""
    if name not in _TASKS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    task, summary = _TASKS[name]

    def session_of_task(session: nox.Session) -> None:
        run_task(session, task, *session.posargs)

    session_of_task.__name__, session_of_task.__doc__ = name, summary
    globals()[name] = made = nox.session(name=name, venv_backend="none", default=False)(session_of_task)
    return made
