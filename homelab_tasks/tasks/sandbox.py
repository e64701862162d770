"""The embedded homelab: CI, Vault, git and a load balancer on this machine, to try everything on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.tasks import task

from homelab_tasks.tasks.command import command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homelab_tasks.model.events import Event
    from homelab_tasks.tasks.assembly import Assembly

HELP = {
    "directory": "where its files are (default: .homelab-sandbox here, or the sandbox that this directory is in)",
    "json": "print events as JSON Lines on stdout",
}
STARTED = {
    "faults": "faults of load balancer and cluster: NAME[:PROBABILITY[:SEED]], several with commas (flap, crash, ...)",
    "slow": "let CI take as long as a small real one does",
}


@task(
    auto_shortflags=False, help={**HELP, **STARTED, "directory": "where its files are meanwhile (default: a new one)"}
)
@command("sandbox.demo")
def demo(
    c: Assembly,  # noqa: ARG001 - every command gets one
    directory: str = "",
    faults: str = "",
    slow: bool = False,
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    Tell the whole story on a homelab of its own, then remove it.

    Ends with 0 when every command did what the story says of it, otherwise with 1.
    """
    from homelab_tasks.tasks.sandbox_request import tell_story

    return tell_story(directory, faults=faults, slow=slow)


@task(auto_shortflags=False, help={**HELP, **STARTED, "detach": "serve in the background, until sandbox.down"})
@command("sandbox.up")
def up(
    c: Assembly,
    directory: str = "",
    faults: str = "",
    slow: bool = False,
    detach: bool = False,
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    Serve a homelab for trying by hand, and print what to type.

    In the foreground it serves until Ctrl-C.
    """
    from homelab_tasks.tasks.sandbox_request import serve

    return serve(c, directory, faults=faults, slow=slow, detach=detach)


@task(auto_shortflags=False, help=HELP)
@command("sandbox.down")
def down(
    c: Assembly,  # noqa: ARG001 - every command gets one
    directory: str = "",
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    End a homelab that sandbox.up serves, and remove what it made.

    Its clone goes too. Nothing of it is left afterwards: no process, no port, no file.
    """
    from homelab_tasks.tasks.sandbox_request import end

    return end(directory)
