"""The tasks of this repository are the ones that it ships."""

from homelab_tasks import namespace as ns

__all__ = ["ns"]
