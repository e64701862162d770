"""Start, show and end the embedded homelab."""

import shlex
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from homelab_tasks.model.events import Event, Transcript, TranscriptKind, Verdict
from homelab_tasks.model.verdict import Word
from homelab_tasks.tasks.assembly import Assembly
from homelab_tasks.tasks.invocation import Invocation

if TYPE_CHECKING:
    from homelab_tasks.sandbox.layout import Layout

DAY_SECONDS = 86400.0
NAP_SECONDS, SLOW_NAP_SECONDS = 0.4, 5.0  # that each step of CI takes longer than it needs, so that it can be watched


def tell_story(directory: str, *, faults: str, slow: bool) -> Iterator[Event]:
    """Tell the story on a homelab in *directory*, which is removed afterwards."""
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


def serve(assembly: Assembly, directory: str, *, faults: str, slow: bool, detach: bool) -> Iterator[Event]:
    """Serve a homelab in *directory* until it is stopped, or leave that to a process of its own (*detach*)."""
    from homelab_tasks.sandbox import running
    from homelab_tasks.sandbox.faults import parse_faults
    from homelab_tasks.sandbox.homelab import Homelab

    parse_faults(faults)
    layout = running.find(directory)
    if detach:
        running.start_detached(layout, faults=faults, nap_seconds=_nap_seconds(slow=slow))
        yield from _what_to_type(layout, assembly.invocation.program)
        yield Verdict(verdict=Word.OK, reason=f"the sandbox runs in {layout.directory}", hint=_down(layout))
        return
    running.require_free(layout)
    with running.occupied(layout), Homelab(layout.directory, faults=faults, nap_seconds=_nap_seconds(slow=slow)):
        yield from _what_to_type(layout, assembly.invocation.program)
        with suppress(KeyboardInterrupt):
            while True:
                assembly.clock.sleep(DAY_SECONDS)
    hint = f"Its files are kept. {_down(layout).replace('End it', 'Remove them')}"
    yield Verdict(verdict=Word.INTERRUPTED, reason="the sandbox has ended, as asked", hint=hint)


def end(directory: str) -> Iterator[Event]:
    """End the homelab that is served in *directory*, and remove what it made."""
    from homelab_tasks.sandbox import running

    layout = running.find(directory)
    if not layout.state.exists():
        yield Verdict(verdict=Word.OK, reason=f"no sandbox is in {layout.directory}; there is nothing to end")
        return
    running.stop(layout)
    kept = running.remove(layout)
    hint = f"kept, because no sandbox made it: {', '.join(kept)}" if kept else None
    yield Verdict(verdict=Word.OK, reason=f"the sandbox in {layout.directory} is gone", hint=hint)


def _what_to_type(layout: "Layout", program: str) -> Iterator[Event]:
    """Show a first session, as one would type it: in the clone, whose collection has every task by its own name."""
    here = Invocation(program=program)
    for line in _session(layout):
        yield structs.replace(line, text=here.rewrite(line.text)) if line.kind is TranscriptKind.COMMAND else line


def _session(layout: "Layout") -> Iterator[Transcript]:
    from homelab_tasks.sandbox.running import read_state

    addresses = " and ".join(read_state(layout)["addresses"])
    yield _line(TranscriptKind.REMARK, f"CI, Vault, git and a cluster are served at {addresses}. Now type:")
    yield _line(TranscriptKind.COMMAND, f"cd {_quoted(layout.app)}")
    yield _line(TranscriptKind.COMMAND, "echo '# Made friendlier.' >> greet.sh")
    yield _line(TranscriptKind.COMMAND, "git commit --all --message 'Say that it is friendlier' && git push")
    yield _line(TranscriptKind.COMMAND, "inv ci.watch")
    yield _line(TranscriptKind.REMARK, "Carry a change all the way, until the cluster runs it:")
    yield _line(TranscriptKind.COMMAND, "inv work.start kinder && cd .worktrees/kinder")
    yield _line(TranscriptKind.COMMAND, "echo '# Made kinder.' >> greet.sh && git commit --all --message 'Be kinder'")
    yield _line(TranscriptKind.COMMAND, "inv work.land --deploy-wait")
    yield _line(TranscriptKind.REMARK, "See what is good, and what is not:")
    yield _line(TranscriptKind.COMMAND, "inv doctor")
    yield _line(TranscriptKind.REMARK, "Make the load balancer flap, and let it be well again:")
    yield _line(TranscriptKind.COMMAND, f"echo flap > {_quoted(layout.faults)}")
    yield _line(TranscriptKind.COMMAND, f"echo > {_quoted(layout.faults)}")
    yield _line(TranscriptKind.REMARK, "End it and remove everything:")
    yield _line(TranscriptKind.COMMAND, _down(layout).removeprefix("End it: "))


def _line(kind: TranscriptKind, text: str) -> Transcript:
    return Transcript(kind=kind, text=text)


def _down(layout: "Layout") -> str:
    return f"End it: inv sandbox.down --directory {_quoted(layout.directory)}"


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def _nap_seconds(*, slow: bool) -> float:
    return SLOW_NAP_SECONDS if slow else NAP_SECONDS
