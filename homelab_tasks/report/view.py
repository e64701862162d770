"""What a view is: somebody to whom events are shown."""

from collections.abc import Callable
from typing import Protocol

from homelab_tasks.model.events import Event

Notice = Callable[[str, str], None]
"""Shows a title and a text where the person is, if it can."""


class View(Protocol):
    """Shows events to somebody. Never raises because of who reads, or how."""

    @property
    def is_live(self) -> bool:
        """Does somebody see what goes on while it does, and what is expected of it?"""

    def show(self, event: Event) -> None:
        """Show *event*."""

    def close(self) -> None:
        """Leave the terminal as it was; what was shown stays. May be called twice."""
