"""What Woodpecker sends, where it is not what the model calls it."""

import base64

from msgspec import DecodeError, Struct, convert, json

from homelab_tasks.clients.web.answer import decode_json
from homelab_tasks.clients.web.event_stream import EndOfStream
from homelab_tasks.clients.web.sse import ServerSentEvent
from homelab_tasks.model.pipelines.hints import Hint, HintKind
from homelab_tasks.model.pipelines.pipeline import LogLine, Pipeline

OLD_NAMES = {
    # v2 -> v3.0: server/model/pipeline.go, step.go, workflow.go
    "created_at": "created",
    "updated_at": "updated",
    "started_at": "started",
    "finished_at": "finished",
    "start_time": "started",
    "end_time": "finished",
    "repo_id": "repository_id",  # every version, in queue tasks
}


class ConfigFile(Struct, frozen=True, kw_only=True):
    """A file that a pipeline was made from; *data* is base64."""

    name: str
    data: str = ""

    @property
    def text(self) -> str:
        """The file itself."""
        return base64.b64decode(self.data).decode(errors="replace")


class _Named(Struct, frozen=True, kw_only=True):
    id: int


class _Change(Struct, frozen=True, kw_only=True):
    """What /api/stream/events sends (server/model/event.go)."""

    repo: _Named
    pipeline: Pipeline


def hint(event: ServerSentEvent) -> Hint:
    """Make a hint of an event, also of one that cannot be read: that something changed is worth a look."""
    try:
        change = decode_json(event.data.encode(), _Change, OLD_NAMES)
    except DecodeError:
        return Hint(kind=HintKind.CHANGED, text="an event that cannot be read")
    return Hint(kind=HintKind.CHANGED, repository_id=change.repo.id, pipeline=change.pipeline)


def told_log_line(event: ServerSentEvent) -> LogLine | None:
    """Make a line of an event; `eof`, and any error, are the end (as an error too, on servers before v3.12)."""
    if event.event in {"eof", "error"}:
        raise EndOfStream
    try:
        return log_line(json.decode(event.data))
    except DecodeError:
        return None


class _LogEntry(Struct, frozen=True, kw_only=True):
    """A line of a log as the server sends it: in base64, or null; before v2.6 with a newline at its end."""

    line: int
    data: bytes | None = None


def log_line(entry: object) -> LogLine:
    """Decode a line of a log; raises msgspec.ValidationError for anything else."""
    decoded = convert(entry, _LogEntry)
    text = (decoded.data or b"").decode(errors="replace").removesuffix("\n")
    return LogLine(line=decoded.line, text=text)
