"""How far it is, on the icon of the terminal in the taskbar or its tab (OSC 9;4, as ConEmu has it)."""

from homelab_tasks.report.outlet import Outlet

_OFF, _NORMAL, _UNKNOWN = 0, 1, 3


class Taskbar:
    """Tells the terminal behind *outlet*, if it *is_known* to understand; a number only when it has changed."""

    def __init__(self, outlet: Outlet, *, is_known: bool) -> None:
        """Start without a sign of progress."""
        self._outlet = outlet
        self._is_known = is_known
        self._told = (_OFF, 0)

    def show(self, fraction: float | None) -> None:
        """Say that *fraction* is done, or that something goes on of which nobody knows how long."""
        self._tell(_UNKNOWN if fraction is None else _NORMAL, round(100 * min(1.0, fraction or 0.0)))

    def clear(self) -> None:
        """Take the sign away."""
        self._tell(_OFF, 0)

    def _tell(self, state: int, percent: int) -> None:
        if self._is_known and (state, percent) != self._told:
            self._told = (state, percent)
            self._outlet.write(f"\x1b]9;4;{state};{percent}\x1b\\")
