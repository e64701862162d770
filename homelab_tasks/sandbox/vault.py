"""A stand-in for Vault: key/value secrets of both versions, and who may read them, as the recordings show."""

from fnmatch import fnmatch
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Secret = dict[str, Any]

UNKNOWN_TOKEN = ["permission denied"]
NOT_ALLOWED = ["1 error occurred:\n\t* permission denied\n\n"]
SEALED = ["Vault is sealed"]
WRONG_VERSION = (
    "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use."
)
CREATED = "2026-01-01T00:00:00.000000000Z"
TOKEN_SECONDS = 2764800


class Vault:
    """
    Secrets by mount and path.

    *mounts* says which version of key/value each mount has. *tokens* maps a token to the paths (`secret/ci/global`)
    that it may read, as a policy writes them: `secret/data/ci/*`. What is *sealed* answers nobody.
    """

    def __init__(self) -> None:
        """Start with the mounts that a fresh one has: `secret` of version 2, and `kv1`."""
        self.mounts = {"secret": 2, "kv1": 1}
        self.secrets: dict[str, Secret] = {}
        self.deleted: set[str] = set()
        self.tokens: dict[str, tuple[str, ...]] = {}
        self.sealed = False
        self.application = Starlette(
            routes=[
                Route("/v1/sys/health", self.health, methods=["GET"]),
                Route("/v1/sys/internal/ui/mounts/{path:path}", self.mount, methods=["GET"]),
                Route("/v1/auth/token/lookup-self", self.lookup_self, methods=["GET"]),
                Route("/v1/{path:path}", self.read, methods=["GET"]),
            ]
        )

    def put(self, path: str, **fields: object) -> None:
        """Keep a secret at *path*, mount first: `secret/ci/global`."""
        self.secrets[path] = fields
        self.deleted.discard(path)

    def delete(self, path: str) -> None:
        """Delete the latest version of a secret."""
        del self.secrets[path]
        self.deleted.add(path)

    async def health(self, _: Request) -> Response:
        """Say whether it is sealed: 200 when it is not, 503 when it is."""
        told = {"initialized": True, "sealed": self.sealed, "standby": self.sealed, "version": "2.5.5"}
        return JSONResponse(told, status_code=503 if self.sealed else 200)

    async def mount(self, request: Request) -> Response:
        """Tell the version of the mount of a path, to whoever has a good token."""
        refused = self._refuse(request, None)
        if refused is not None:
            return refused
        name = request.path_params["path"].split("/")[0]
        if name not in self.mounts:
            return _errors(403, NOT_ALLOWED)
        options = {"version": str(self.mounts[name])}
        return _told({"path": f"{name}/", "type": "kv", "options": options, "description": "", "local": False})

    async def lookup_self(self, request: Request) -> Response:
        """Describe the token of the request."""
        refused = self._refuse(request, None)
        if refused is not None:
            return refused
        told = {"display_name": "token", "policies": ["ci", "default"], "ttl": TOKEN_SECONDS, "type": "service"}
        return _told(told | {"renewable": True, "orphan": False, "num_uses": 0, "path": "auth/token/create"})

    async def read(self, request: Request) -> Response:
        """Read a secret, by the path of its mount's version."""
        path: str = request.path_params["path"]
        mount, _, rest = path.partition("/")
        version = self.mounts.get(mount)
        prefix, _, inner = rest.partition("/")
        named = f"{mount}/{inner}" if version == 2 and prefix == "data" else path  # noqa: PLR2004 - KV version 2
        refused = self._refuse(request, path)
        if refused is not None:
            return refused
        if version is None:
            return _errors(404, [f'no handler for route "{path}". route entry not found.'])
        if version == 1:
            return _errors(404, []) if named not in self.secrets else _told(self.secrets[named], TOKEN_SECONDS)
        return self._read_version_2(named, in_data=prefix == "data")

    def _read_version_2(self, path: str, *, in_data: bool) -> Response:
        if not in_data:
            return _told(None, warnings=[WRONG_VERSION], status=404)
        metadata = {
            "created_time": CREATED,
            "custom_metadata": None,
            "deletion_time": "",
            "destroyed": False,
            "version": 1,
        }
        if path in self.deleted:
            return _told({"data": None, "metadata": metadata | {"deletion_time": CREATED}}, status=404)
        if path.endswith("/"):
            return _errors(500, ["1 error occurred:\n\t* could not find version data\n\n"])
        if path not in self.secrets:
            return _errors(404, [])
        return _told({"data": self.secrets[path], "metadata": metadata})

    def _refuse(self, request: Request, path: str | None) -> Response | None:
        """Refuse while sealed, unknown tokens, and tokens without a right on *path*, the API's."""
        if self.sealed:
            return _errors(503, SEALED)
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        rights = self.tokens.get(request.headers.get("x-vault-token", bearer))
        if rights is None:
            return _errors(403, UNKNOWN_TOKEN)
        if path is not None and not any(fnmatch(path, pattern) for pattern in rights):
            return _errors(403, NOT_ALLOWED)
        return None


def _errors(status: int, errors: list[str]) -> Response:
    return JSONResponse({"errors": errors}, status_code=status, headers={"Cache-Control": "no-store"})


def _told(data: object, lease: int = 0, *, warnings: list[str] | None = None, status: int = 200) -> Response:
    told = {"request_id": str(uuid4()), "lease_id": "", "renewable": False, "lease_duration": lease, "data": data}
    told |= {"wrap_info": None, "warnings": warnings, "auth": None}
    return JSONResponse(told, status_code=status, headers={"Cache-Control": "no-store"})
