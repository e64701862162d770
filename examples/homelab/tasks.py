"""The deployment that these tasks were first made for: everything of it stands in invoke.yaml."""

from homelab_tasks import namespace as ns

__all__ = ["ns"]
