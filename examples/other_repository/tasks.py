"""
The tasks of some repository: those of homelab_tasks, and its own around them.

    $ inv check          # its own verify, which landing runs too: work.verify in invoke.yaml
    $ inv ship           # check, then follow the CI of HEAD; the first that fails ends it with its own exit code
"""

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from homelab_tasks.tasks import ci, deploy, doctor, work


@task
def check(c: Context) -> None:
    """Run what must hold before anything leaves this machine."""
    c.run("bash test.sh")


@task(pre=[check, ci.watch])
def ship(c: Context) -> None:
    """Check, and follow the CI of HEAD."""
    c.run("git log -1 --format='%h %s is green'")


ns = Collection(ci, deploy, doctor, work, check, ship)
