"""The composition root: from settings to the clients of every system, and to what a landing is made of."""

from homelab_tasks.connections.servers import Connections

__all__ = ["Connections"]
