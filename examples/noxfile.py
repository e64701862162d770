"""
A repository that is built by Nox, and whose changes land and are followed through it.

    $ nox                # the checks
    $ nox -s land        # verify the merged result, land it, follow its CI
    $ nox -s ship        # the checks here first, then follow the CI of HEAD

`work.verify: nox -s tests` in invoke.yaml makes landing verify with the same session.
"""

import nox

from homelab_tasks.nox import ci, land, run_task

__all__ = ["ci", "land"]

nox.options.default_venv_backend = "none"


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests."""
    session.run("bash", "test.sh", external=True)


@nox.session(default=False)
def ship(session: nox.Session) -> None:
    """Run the tests, then follow the CI of HEAD."""
    tests(session)
    run_task(session, "ci.watch", *session.posargs)
