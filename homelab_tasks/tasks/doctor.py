"""Say what is wrong with the settings, or with the world that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.tasks import task

from homelab_tasks.tasks.command import command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homelab_tasks.model.events import Event
    from homelab_tasks.tasks.assembly import Assembly


@task(default=True, auto_shortflags=False, help={"json": "print events as JSON Lines on stdout"})
@command("doctor")
def doctor(
    c: Assembly,
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    Hold every setting against the world.

    One line each: good, or what is wrong and what to do. Ends with 0 when all is good, else with the worst: 77 denied,
    69 a server is away, answers only some of the time or slowly, or has no stream, 2 the settings, 1 anything else.
    What works now and should be looked at is a warning, and leaves it at 0: a certificate that soon ends, a single
    try that failed, a token that may only read, a full quota, a rollout on its way. Nothing is changed.
    """
    from homelab_tasks.tasks.doctor_request import diagnose_everything

    return diagnose_everything(c)
