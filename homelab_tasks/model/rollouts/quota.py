"""How many objects a namespace may hold, and how many it holds."""

from collections.abc import Mapping

from msgspec import Struct

OF_PODS = ("pods", "count/pods")


class Quota(Struct, frozen=True, kw_only=True):
    """A ResourceQuota, as far as it counts: *hard* is what may be, *used* what is, by resource."""

    name: str
    hard: Mapping[str, int]
    used: Mapping[str, int]

    @property
    def pods(self) -> tuple[int, int] | None:
        """How many pods there are, and how many may be; None where it does not count them."""
        counted = [(self.used.get(each, 0), self.hard[each]) for each in OF_PODS if each in self.hard]
        return max(counted, key=lambda each: each[0] - each[1], default=None)
