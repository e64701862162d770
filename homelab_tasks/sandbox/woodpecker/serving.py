"""How the server answers, whatever is asked: its headers, its JSON, its page for unknown paths and wrong methods."""

from collections.abc import Awaitable, Callable
from email.utils import formatdate

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from homelab_tasks.sandbox.woodpecker.access import RefusalError
from homelab_tasks.sandbox.woodpecker.wire import VERSION

PAGE = '<!doctype html><html><head><title>Woodpecker</title></head><body><div id="app"></div></body></html>\n'
NO_CACHE = "no-cache, no-store, max-age=0, must-revalidate, value"


class JsonAnswer(JSONResponse):
    """JSON with the media type that the server writes."""

    media_type = "application/json; charset=utf-8"


Endpoint = Callable[[Request], Awaitable[Response]]


def route(method: str, path: str, endpoint: Endpoint) -> Route:
    """Serve *path* for *method* only: the real server answers HEAD with its page, too."""
    made = Route(path, endpoint, methods=[method])
    made.methods = {method}
    return made


class _Headers:
    """Puts on every answer what the server's middleware puts there."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                told = {"cache-control": NO_CACHE, "last-modified": formatdate(usegmt=True)}
                told["x-woodpecker-version"] = VERSION
                added = [(name.encode(), value.encode()) for name, value in told.items()]
                message["headers"] += [pair for pair in added if pair[0] not in present]
            await send(message)

        await self._app(scope, receive, send_with_headers)


async def _page(_: Request, __: Exception) -> Response:
    return HTMLResponse(PAGE, headers={"Cache-Control": "no-cache"})


async def _refused(_: Request, error: Exception) -> Response:
    return error.response if isinstance(error, RefusalError) else PlainTextResponse(str(error), status_code=500)


def application(routes: list[BaseRoute]) -> Starlette:
    """Make the server's application of *routes*."""
    handlers = {404: _page, 405: _page, RefusalError: _refused}
    return Starlette(routes=routes, exception_handlers=handlers, middleware=[Middleware(_Headers)])
