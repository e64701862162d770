"""The embedded homelab: CI, Vault, git and a load balancer on this machine, to try everything on."""

import importlib.util
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.tasks import task

from homelab_tasks.errors import UsageError
from homelab_tasks.model.events import Event, Transcript, TranscriptKind, Verdict
from homelab_tasks.model.verdict import Word
from homelab_tasks.tasks.assembly import Assembly
from homelab_tasks.tasks.command import command

if TYPE_CHECKING:
    from homelab_tasks.sandbox.layout import Layout

SERVERS = ("h11", "starlette", "trustme", "uvicorn", "yaml")
DAY_SECONDS = 86400.0
NAP_SECONDS, SLOW_NAP_SECONDS = 0.7, 5.0  # that each step of CI takes longer than it needs, so that it can be watched
HELP = {
    "directory": "where its files are (default: .homelab-sandbox here, or the sandbox that this directory is in)",
    "json": "print events as JSON Lines on stdout",
}
STARTED = {
    "faults": "faults of the load balancer: NAME[:PROBABILITY[:SEED]], several with commas (flap, empty, html, ...)",
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
    _require_servers()
    from homelab_tasks.sandbox import running
    from homelab_tasks.sandbox.chapters import CHAPTERS
    from homelab_tasks.sandbox.faults import parse_faults
    from homelab_tasks.sandbox.homelab import Homelab
    from homelab_tasks.sandbox.layout import Layout
    from homelab_tasks.sandbox.story import Story

    parse_faults(faults)
    layout = Layout(Path(directory or tempfile.mkdtemp(prefix="homelab-")).expanduser())
    running.require_free(layout)
    try:
        with running.occupied(layout), Homelab(layout.directory, nap_seconds=_nap_seconds(slow=slow)) as homelab:
            yield from Story(homelab, CHAPTERS, faults=faults).tell()
    finally:
        running.remove(layout)


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
    _require_servers()
    from homelab_tasks.sandbox import running
    from homelab_tasks.sandbox.faults import parse_faults
    from homelab_tasks.sandbox.homelab import Homelab

    parse_faults(faults)
    layout = running.find(directory)
    if detach:
        running.start_detached(layout, faults=faults, nap_seconds=_nap_seconds(slow=slow))
        yield from _what_to_type(layout)
        yield Verdict(verdict=Word.OK, reason=f"the sandbox runs in {layout.directory}", hint=_down(layout))
        return
    running.require_free(layout)
    with running.occupied(layout), Homelab(layout.directory, faults=faults, nap_seconds=_nap_seconds(slow=slow)):
        yield from _what_to_type(layout)
        while True:
            c.clock.sleep(DAY_SECONDS)


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
    _require_servers()
    from homelab_tasks.sandbox import running

    layout = running.find(directory)
    if not layout.state.exists():
        yield Verdict(verdict=Word.OK, reason=f"no sandbox is in {layout.directory}; there is nothing to end")
        return
    running.stop(layout)
    kept = running.remove(layout)
    hint = f"kept, because no sandbox made it: {', '.join(kept)}" if kept else None
    yield Verdict(verdict=Word.OK, reason=f"the sandbox in {layout.directory} is gone", hint=hint)


def _what_to_type(layout: "Layout") -> Iterator[Event]:
    """Show a first session, as one would type it."""
    from homelab_tasks.sandbox.running import read_state

    addresses = " and ".join(read_state(layout)["addresses"])
    yield _line(TranscriptKind.REMARK, f"CI, Vault and git are served at {addresses}. Now type:")
    yield _line(TranscriptKind.COMMAND, f"cd {layout.app}")
    yield _line(TranscriptKind.COMMAND, "echo '# Made friendlier.' >> greet.sh")
    yield _line(TranscriptKind.COMMAND, "git commit --all --message 'Say that it is friendlier' && git push")
    yield _line(TranscriptKind.COMMAND, "inv ci.watch")
    yield _line(TranscriptKind.REMARK, "Make the load balancer flap, and let it be well again:")
    yield _line(TranscriptKind.COMMAND, f"echo flap > {layout.faults}")
    yield _line(TranscriptKind.COMMAND, f"echo > {layout.faults}")
    yield _line(TranscriptKind.REMARK, "End it and remove everything:")
    yield _line(TranscriptKind.COMMAND, _down(layout).removeprefix("End it: "))


def _line(kind: TranscriptKind, text: str) -> Transcript:
    return Transcript(kind=kind, text=text)


def _down(layout: "Layout") -> str:
    return f"End it: inv sandbox.down --directory {layout.directory}"


def _nap_seconds(*, slow: bool) -> float:
    return SLOW_NAP_SECONDS if slow else NAP_SECONDS


def _require_servers() -> None:
    missing = [name for name in SERVERS if importlib.util.find_spec(name) is None]
    if missing:
        hint = "pip install 'homelab-tasks[sandbox]'"
        raise UsageError(f"the sandbox needs packages that are not installed: {', '.join(missing)}", hint=hint)
