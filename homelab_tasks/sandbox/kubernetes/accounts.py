"""Who may ask the stand-in for what, and how it says no."""

import json

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from homelab_tasks.sandbox.kubernetes.answers import status

ALL_VERBS = frozenset({"get", "list", "watch", "create", "update", "patch", "delete"})


class Account(Struct, frozen=True, kw_only=True):
    """Who a token belongs to, the verbs it may use, and the resources on which; empty is all of them."""

    name: str
    verbs: frozenset[str] = ALL_VERBS
    resources: frozenset[str] = frozenset()

    def may(self, verb: str, resource: str) -> bool:
        """May it use *verb* on *resource*?"""
        return verb in self.verbs and (not self.resources or resource in self.resources)


def forbidden(account: Account, request: Request, verb: str, resource: str, name: str = "") -> Response:
    """Say that *account* may not *verb* the *resource* that *request* is about, in the words of RBAC."""
    group = "apps" if request.url.path.startswith("/apis") else ""
    where = f'in API group "{group}" in the namespace "{request.path_params.get("namespace", "")}"'
    what = f"{resource}{f'.{group}' if group else ''}{f' {json.dumps(name)}' if name else ''}"
    text = f'{what} is forbidden: User "{account.name}" cannot {verb} resource "{resource}" {where}'
    return status(403, "Forbidden", text)
