"""
Carry a change to the cluster, and tell the truth at the end.

The actions and the values that they take and tell are a typed library, free of invoke: `Connections` makes the clients
that an action asks for of settings. For a `tasks.py` there is `from homelab_tasks import namespace`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homelab_tasks.actions.landing.land import land
    from homelab_tasks.actions.landing.rehearse_landing import rehearse_landing
    from homelab_tasks.actions.landing.site import Order
    from homelab_tasks.actions.pipelines.board import Rules
    from homelab_tasks.actions.pipelines.choose_pipeline import Choice
    from homelab_tasks.actions.pipelines.operate_pipeline import OperateRequest, operate_pipeline
    from homelab_tasks.actions.pipelines.read_logs import LogRequest, read_logs
    from homelab_tasks.actions.pipelines.run_pipeline import RunRequest, run_pipeline
    from homelab_tasks.actions.pipelines.watch_pipelines import watch_pipelines
    from homelab_tasks.actions.pipelines.watch_request import WatchRequest
    from homelab_tasks.actions.rollouts.await_rollout import await_rollout
    from homelab_tasks.actions.rollouts.request import Request as RolloutRequest
    from homelab_tasks.connections import Connections
    from homelab_tasks.connections.landing import prepare_landing
    from homelab_tasks.decoding import decode_settings
    from homelab_tasks.errors import (
        DeniedError,
        HomelabError,
        MissingError,
        TransientError,
        UnavailableError,
        UntrustedError,
        UsageError,
    )
    from homelab_tasks.model.commit import Commit
    from homelab_tasks.model.events import (
        Check,
        Event,
        Land,
        Log,
        Note,
        PipelineSeen,
        Rollout,
        Stage,
        StepSeen,
        Topic,
        Transcript,
        Verdict,
        Watching,
        WorkflowSeen,
    )
    from homelab_tasks.model.pipelines.operation import Operation
    from homelab_tasks.model.rollouts.image import Wanted
    from homelab_tasks.model.rollouts.target import Target, parse_targets
    from homelab_tasks.model.verdict import Word
    from homelab_tasks.settings import Settings
    from homelab_tasks.tasks.namespace import namespace as namespace

__version__ = "0.1.0"
__all__ = [
    "Check",
    "Choice",
    "Commit",
    "Connections",
    "DeniedError",
    "Event",
    "HomelabError",
    "Land",
    "Log",
    "LogRequest",
    "MissingError",
    "Note",
    "OperateRequest",
    "Operation",
    "Order",
    "PipelineSeen",
    "Rollout",
    "RolloutRequest",
    "Rules",
    "RunRequest",
    "Settings",
    "Stage",
    "StepSeen",
    "Target",
    "Topic",
    "Transcript",
    "TransientError",
    "UnavailableError",
    "UntrustedError",
    "UsageError",
    "Verdict",
    "Wanted",
    "WatchRequest",
    "Watching",
    "Word",
    "WorkflowSeen",
    "await_rollout",
    "decode_settings",
    "land",
    "operate_pipeline",
    "parse_targets",
    "prepare_landing",
    "read_logs",
    "rehearse_landing",
    "run_pipeline",
    "watch_pipelines",
]

_ROOMS = {
    "homelab_tasks.actions.rollouts.await_rollout": ("await_rollout",),
    "homelab_tasks.actions.pipelines.board": ("Rules",),
    "homelab_tasks.actions.pipelines.choose_pipeline": ("Choice",),
    "homelab_tasks.actions.landing.land": ("land",),
    "homelab_tasks.actions.landing.rehearse_landing": ("rehearse_landing",),
    "homelab_tasks.actions.landing.site": ("Order",),
    "homelab_tasks.actions.pipelines.operate_pipeline": ("OperateRequest", "operate_pipeline"),
    "homelab_tasks.actions.pipelines.read_logs": ("LogRequest", "read_logs"),
    "homelab_tasks.actions.rollouts.request": ("RolloutRequest",),
    "homelab_tasks.actions.pipelines.run_pipeline": ("RunRequest", "run_pipeline"),
    "homelab_tasks.actions.pipelines.watch_pipelines": ("watch_pipelines",),
    "homelab_tasks.actions.pipelines.watch_request": ("WatchRequest",),
    "homelab_tasks.connections": ("Connections",),
    "homelab_tasks.connections.landing": ("prepare_landing",),
    "homelab_tasks.decoding": ("decode_settings",),
    "homelab_tasks.errors": (
        "DeniedError",
        "HomelabError",
        "MissingError",
        "TransientError",
        "UnavailableError",
        "UntrustedError",
        "UsageError",
    ),
    "homelab_tasks.model.commit": ("Commit",),
    "homelab_tasks.model.events": (
        "Check",
        "Event",
        "Land",
        "Log",
        "Note",
        "PipelineSeen",
        "Rollout",
        "Stage",
        "StepSeen",
        "Topic",
        "Transcript",
        "Verdict",
        "Watching",
        "WorkflowSeen",
    ),
    "homelab_tasks.model.rollouts.image": ("Wanted",),
    "homelab_tasks.model.pipelines.operation": ("Operation",),
    "homelab_tasks.model.rollouts.target": ("Target", "parse_targets"),
    "homelab_tasks.model.verdict": ("Word",),
    "homelab_tasks.settings": ("Settings",),
    "homelab_tasks.tasks.namespace": ("namespace",),
}
_OWN_NAMES = {"RolloutRequest": "Request"}  # what a room calls by a name that is too short for the whole package


def __getattr__(name: str) -> Any:
    """Open the room that *name* is in when it is asked for: importing the package loads nothing else."""
    for room, names in _ROOMS.items():
        if name in names:
            found = getattr(import_module(room), _OWN_NAMES.get(name, name))
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
