"""How long a watch may sleep before it looks again."""

from collections.abc import Iterable

POLL_MOST_SECONDS = 5.0
POLL_LEAST_SECONDS = 1.0
HEARTBEAT_SECONDS = 30.0  # a trusted stream may still lose an event
BURST_SECONDS = (0.05, 0.1, 0.1, 0.15, 0.25, 0.35, 0.5, 0.5)
"""The row follows the last step by 21 ms (p50) to 57 ms (p95) on a real server."""
BURST_LAST_SECONDS = 1.0
NEAR_END_SECONDS = 15.0
QUICK_SECONDS = 20.0  # most pipelines appear, or fail early, within this
SLOWING = 20.0


def burst_pause(tries: int) -> float:
    """Pause before try number *tries* (from 0) of reading an end that is due at any moment."""
    return BURST_SECONDS[tries] if tries < len(BURST_SECONDS) else BURST_LAST_SECONDS


def poll_pause(*, waited: float, remaining: Iterable[float | None]) -> float:
    """
    Pause between polls without a stream, *waited* seconds into the watch.

    *remaining* are the seconds that each open pipeline is still expected to take, None where nothing is known.
    Near an expected end, and early on, once a second; slower the longer it goes on; never more than 5 s.
    """
    if any(left is not None and -NEAR_END_SECONDS <= left <= NEAR_END_SECONDS for left in remaining):
        return POLL_LEAST_SECONDS
    if waited <= QUICK_SECONDS:
        return POLL_LEAST_SECONDS
    return min(POLL_MOST_SECONDS, max(POLL_LEAST_SECONDS, waited / SLOWING))
