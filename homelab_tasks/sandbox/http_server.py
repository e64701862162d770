"""An ASGI application on a loopback port, served by uvicorn in the running event loop."""

import asyncio
import socket
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"
STARTING_SECONDS = 0.002


class HttpServer:
    """Serves *app*; the port is chosen once and kept when the server is stopped and started again."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        """Choose *port* when it starts; 0 is any free one."""
        self._app = app
        self.port = port
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Listen; returns the port."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, self.port))
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app, http="h11", ws="none", lifespan="off", log_config=None, access_log=False, server_header=False
        )
        self._server = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started:  # noqa: ASYNC110 - uvicorn has a flag, and no event
            await asyncio.sleep(STARTING_SECONDS)
        return self.port

    async def stop(self) -> None:
        """Close the port at once, with whatever is still being answered."""
        if self._server is None or self._serving is None:
            return
        for connection in set(self._server.server_state.connections):
            connection.transport.abort()  # whoever is still answering hears of it as of a client that went away
        self._server.should_exit = self._server.force_exit = True
        with suppress(asyncio.CancelledError):
            await self._serving
        self._server = self._serving = None
