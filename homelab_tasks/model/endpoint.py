"""Where a server listens, and what a connection to it shows."""

from datetime import datetime

from msgspec import Struct


class Endpoint(Struct, frozen=True, kw_only=True):
    """A server's host by name and its port; *address* is the IP that is dialled instead of asking DNS."""

    host: str
    port: int
    secure: bool
    address: str | None = None


class Handshake(Struct, frozen=True, kw_only=True):
    """
    A connection that came about, and how many *seconds* it took.

    Where it is secure, *expires* is when the certificate does, and *issuer* who made it.
    """

    seconds: float
    expires: datetime | None = None
    issuer: str = ""
