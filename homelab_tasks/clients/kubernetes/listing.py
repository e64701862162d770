"""Lists of the Kubernetes API: read page by page, and not where the token may not."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from homelab_tasks.clients.kubernetes.api import KubernetesApi
from homelab_tasks.errors import TransientError

PAGE_SIZE = 500
MOST_PAGES = 300  # the 150,000 pods that a whole cluster may have
ASK_AGAIN_SECONDS = 30.0
"""What the token may not read is asked for again so often: rights change, and a server that starts knows none yet."""


def items_of(listed: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The objects of a list; raises TransientError for what is none."""
    items = listed.get("items")
    if str(listed.get("kind")).endswith("List") and items is None:
        return []  # Go writes an empty list as null
    if not isinstance(items, list) or not all(isinstance(each, dict) and each.get("metadata") for each in items):
        raise TransientError("the API server answers with something that is no list", answered=True)
    return items


def version_of(listed: Mapping[str, Any]) -> str:
    """The version of the collection that a list was read from, empty where it does not tell."""
    return (listed.get("metadata") or {}).get("resourceVersion") or ""


def pages(api: KubernetesApi, path: str, selection: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Yield the objects at *path* that *selection* takes; raises TransientError for a list that does not end."""
    parameters: dict[str, str | int] = {**selection, "limit": PAGE_SIZE}
    for _ in range(MOST_PAGES):
        listed = api.get(path, parameters)
        yield from items_of(listed)
        more = (listed.get("metadata") or {}).get("continue")
        if not more:
            return
        if more == parameters.get("continue"):
            break
        parameters["continue"] = more
    raise TransientError(f"{api.server} answers with a list that does not end", answered=True)


class Rights:
    """What the token may not list, as far as was seen. *now* is a monotonic clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Know of nothing that is forbidden."""
        self._now = now
        self._forbidden_at: dict[str, float] = {}

    def may_list(self, path: str) -> bool:
        """Is it worth asking for *path*?"""
        return self._now() - self._forbidden_at.get(path, -ASK_AGAIN_SECONDS) >= ASK_AGAIN_SECONDS

    def forbid(self, path: str) -> None:
        """Remember that *path* may not be listed."""
        self._forbidden_at[path] = self._now()
