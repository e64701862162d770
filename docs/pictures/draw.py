"""
Draws the live view as it was during recorded runs.

    $ python -m docs.pictures.draw

Each recording is what a real run in the embedded homelab told (record.py), and a picture is what a person at a terminal
saw of it: some seconds after the beginning, or at the end. A test holds the pictures to the code.
"""

import io
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.text import Text

from homelab_tasks.model import events
from homelab_tasks.model.events import Event, Verdict, Watching
from homelab_tasks.report.frame import frame, header
from homelab_tasks.report.marks import UNICODE
from homelab_tasks.report.picture import Picture
from homelab_tasks.report.styled import Line, ansi
from homelab_tasks.report.words import ending, last_line

HERE = Path(__file__).parent
COLUMNS = 104
KINDS = {
    each.__struct_config__.tag: each
    for each in vars(events).values()
    if isinstance(each, type) and issubclass(each, Event) and each is not Event
}


class Moment(Struct, frozen=True):
    """What is drawn: a *recording*, so many seconds after its beginning; None is its end."""

    recording: str
    title: str
    seconds: float | None = None


PICTURES = {
    "ci-watch-running": Moment("ci-watch", "inv ci.watch", 5.0),
    "ci-watch-red": Moment("ci-watch", "inv ci.watch"),
    "work-land-running": Moment("work-land", "inv work.land", 18.0),
    "deploy-wait-running": Moment("deploy-wait", "inv deploy.wait", 12.0),
    "deploy-wait-red": Moment("deploy-wait", "inv deploy.wait"),
}


def drawn(name: str) -> str:
    """Draw the picture called *name* as SVG."""
    moment = PICTURES[name]
    console = Console(
        record=True,
        width=COLUMNS,
        file=io.StringIO(),
        force_terminal=True,
        color_system="standard",
        no_color=False,  # whatever the environment of whoever draws says
    )
    for line in _lines(moment):
        console.print(Text.from_ansi(ansi(line)), soft_wrap=False)
    return console.export_svg(title=moment.title, unique_id=name)


def _lines(moment: Moment) -> list[Line]:
    picture, above, verdict, began = Picture(), list[Line](), None, None
    now = 0.0
    for event, at in _told(moment.recording):
        began = at if began is None else began
        if moment.seconds is not None and at - began > moment.seconds:
            break
        now = at
        picture = picture.after(event, at)
        if isinstance(event, Watching) and not above:
            above = header(event, COLUMNS)
        verdict = event if isinstance(event, Verdict) else None
    if verdict is not None:
        shown = frame(picture, width=COLUMNS, height=None, now=now, marks=UNICODE)
        return [*above, *shown, *ending(verdict, UNICODE, picture.ran(now)), last_line(verdict)]
    now = (began or 0.0) + (moment.seconds or 0.0)
    return [*above, *frame(picture, width=COLUMNS, height=24, now=now, marks=UNICODE)]


def _told(recording: str) -> Iterator[tuple[Event, float]]:
    for line in (HERE / f"{recording}.jsonl").read_text().splitlines():
        fields = json.loads(line)
        yield msgspec.convert(fields, KINDS[fields["event"]]), datetime.fromisoformat(fields["time"]).timestamp()


if __name__ == "__main__":
    for name in PICTURES:
        (HERE / f"{name}.svg").write_text(drawn(name))
