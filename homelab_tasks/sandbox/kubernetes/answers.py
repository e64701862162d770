"""What the stand-in answers beside objects: Status objects, as a real API server writes them."""

from starlette.responses import JSONResponse, Response

from homelab_tasks.sandbox.kubernetes.store import Object


def status(code: int, reason: str, message: str, *, name: str = "") -> Response:
    """An error as the API tells it."""
    return JSONResponse(status_object(code, reason, message, name=name), status_code=code)


def status_object(code: int, reason: str, message: str, *, name: str = "") -> Object:
    """A Status: why something was refused, or that it was done."""
    word = "Success" if code == 200 else "Failure"  # noqa: PLR2004 - HTTP's OK
    told = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": word, "message": message}
    return {**told, "reason": reason, "details": {"name": name}, "code": code}
