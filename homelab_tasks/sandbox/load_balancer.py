"""
A TLS load balancer on several loopback addresses, which can be made to fail by name and seed.

It serves HTTP/1.1 for the names of its upstreams and passes requests on to them as plain HTTP.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress

import h11

from homelab_tasks.sandbox.certificates import Certificates
from homelab_tasks.sandbox.downstream import Downstream
from homelab_tasks.sandbox.fault_control import FaultControl

FOLLOW_SECONDS = 0.05
BACKLOG = 512
PORT_TRIES = 10


class LoadBalancer:
    """Listens on every one of *addresses* with the same port."""

    def __init__(
        self,
        certificates: Certificates,
        upstreams: Mapping[str, int],
        faults: FaultControl,
        *,
        addresses: tuple[str, ...],
        port: int = 0,
    ) -> None:
        """Pass requests for the names of *upstreams* on to their loopback ports."""
        self.addresses = addresses
        self.port = port
        self._certificates = certificates
        self._upstreams = upstreams
        self._faults = faults
        self._servers: dict[str, asyncio.Server] = {}
        self._connections: dict[str, set[asyncio.Task[None]]] = {address: set() for address in addresses}
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen on every address with one port: the given one, or one that is free on all of them."""
        self.addresses = tuple(address for address in self.addresses if _is_ours(address))
        chosen = self.port
        for left in reversed(range(PORT_TRIES)):
            try:
                for address in self.addresses:
                    await self._listen(address)
                break
            except OSError:
                await self._close()
                if chosen or not left:
                    raise
                self.port = 0
        self._watching = asyncio.create_task(self._keep_following())

    async def stop(self) -> None:
        """Close the ports and every connection."""
        if self._watching is not None:
            self._watching.cancel()
        await self._close()
        connections = [connection for kept in self._connections.values() for connection in kept]
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _close(self) -> None:
        for server in self._servers.values():
            server.close()
        self._servers.clear()

    async def _listen(self, address: str) -> None:
        context = self._certificates.context()
        context.sni_callback = self._choose_certificate
        server = await asyncio.start_server(
            self._serve, address, self.port, ssl=context, backlog=BACKLOG, reuse_address=True
        )
        self.port = server.sockets[0].getsockname()[1]
        self._servers[address] = server

    def _choose_certificate(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        connection.context = self._certificates.context(self._faults.of_connection(name or ""))

    async def follow_faults(self) -> None:
        """Close the first address when a fault says so, or open it again: a refused connection needs a closed port."""
        first = self.addresses[0]
        dead = self._faults.address_is_dead
        if dead and first in self._servers:
            self._servers.pop(first).close()
            for connection in self._connections[first]:
                connection.cancel()
        elif not dead and first not in self._servers:
            await self._listen(first)

    async def _keep_following(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            await self.follow_faults()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio runs this in a task
        kept = self._connections[writer.get_extra_info("sockname")[0]]
        kept.add(task)
        try:
            await Downstream(reader, writer, self._upstreams, self._faults).serve()
        except (OSError, h11.RemoteProtocolError):
            pass  # the client went away
        except asyncio.CancelledError:
            writer.transport.abort()  # this address is going away: no client is asked to say goodbye
        finally:
            kept.discard(task)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def _is_ours(address: str) -> bool:
    """Can this machine listen on *address*? Not every system has all of 127.0.0.0/8 without being told."""
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
