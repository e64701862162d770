"""The forge over HTTP: git's own `http-backend` behind the names of a forge, and pull requests."""

import asyncio
import os
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from homelab_tasks.sandbox.forge_api import ForgeApi
from homelab_tasks.sandbox.git import clean_environment, end
from homelab_tasks.sandbox.pulls import Pulls
from homelab_tasks.sandbox.repositories import PUSHER, Repositories

CHUNK_BYTES = 64 * 1024
HTTP_OK = 200


class Forge:
    """Serves the repositories of *repositories* at /OWNER/NAME.git, and their pull requests by its API."""

    def __init__(self, repositories: Repositories) -> None:
        """Serve *repositories* to everybody; who changes something by the API needs one of the `tokens`."""
        self._repositories = repositories
        self.pulls = Pulls()
        self.tokens: set[str] = set()
        self.api = ForgeApi(repositories, self.pulls, self.tokens)
        git = Route("/{owner}/{name}.git/{path:path}", self.git, methods=["GET", "POST"])
        self.application = Starlette(routes=[*self.api.routes(), git])

    async def git(self, request: Request) -> Response:
        """Hand a request of git to `git http-backend`, and its answer back, as CGI."""
        process = await asyncio.create_subprocess_exec(
            "git",
            "http-backend",
            env=clean_environment(**self._cgi(request)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert process.stdin is not None  # noqa: S101 - asked for above
        assert process.stdout is not None  # noqa: S101 - asked for above
        feeding = asyncio.create_task(_feed(request, process.stdin))
        try:
            status, headers = await _read_head(process.stdout)
            await feeding
        except asyncio.CancelledError:
            await end(process)
            raise
        return StreamingResponse(_chunks(process), status_code=status, headers=headers)

    def _cgi(self, request: Request) -> dict[str, str]:
        told = {
            "GIT_PROJECT_ROOT": str(self._repositories.directory),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": PUSHER,
            "REMOTE_ADDR": "127.0.0.1",
            "REQUEST_METHOD": request.method,
            "PATH_INFO": request.url.path,
            "QUERY_STRING": request.url.query,
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
            "HOME": os.devnull,
        }
        length = request.headers.get("content-length")
        return told | ({"CONTENT_LENGTH": length} if length is not None else {})


async def _feed(request: Request, stdin: asyncio.StreamWriter) -> None:
    try:
        async for data in request.stream():
            stdin.write(data)
            await stdin.drain()
    except OSError:
        pass  # git refused and went away before it had read everything
    finally:
        stdin.close()


async def _read_head(stdout: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    status, headers = HTTP_OK, {}
    while line := (await stdout.readline()).decode().strip():
        name, _, value = line.partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers[name] = value.strip()
    return status, headers


async def _chunks(process: asyncio.subprocess.Process) -> AsyncIterator[bytes]:
    assert process.stdout is not None  # noqa: S101 - asked for by whoever made it
    try:
        while data := await process.stdout.read(CHUNK_BYTES):
            yield data
        await process.wait()
    except asyncio.CancelledError:
        await end(process)
        raise
