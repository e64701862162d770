"""
Carry a change to the cluster, and tell the truth at the end.

The actions and the values that they take and tell are a typed library, free of invoke. For a `tasks.py` there is
`from homelab_tasks import namespace`.
"""

from typing import TYPE_CHECKING, Any

from homelab_tasks.errors import (
    DeniedError,
    HomelabError,
    MissingError,
    TransientError,
    UnavailableError,
    UntrustedError,
    UsageError,
)

if TYPE_CHECKING:
    from homelab_tasks.tasks.namespace import namespace as namespace

__version__ = "0.1.0"
__all__ = [
    "DeniedError",
    "HomelabError",
    "MissingError",
    "TransientError",
    "UnavailableError",
    "UntrustedError",
    "UsageError",
]


def __getattr__(name: str) -> Any:
    """Make the namespace of tasks when it is asked for, so that the library does not need invoke."""
    if name == "namespace":
        from homelab_tasks.tasks.namespace import namespace

        return namespace
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
