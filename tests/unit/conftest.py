"""What holds for unit tests: they open no connection and never wait."""

import socket
import time

import pytest


@pytest.fixture(autouse=True)
def no_connections_and_no_waiting(monkeypatch: pytest.MonkeyPatch, border: object) -> None:
    """Refuse both; *border* guards the same functions, so it is there first."""

    def refuse_connection(self: socket.socket, address: object) -> None:
        pytest.fail(f"a unit test connects to {address}; hand in a fake, or move it to tests/integration")

    def refuse_sleep(seconds: float) -> None:
        pytest.fail(f"a unit test sleeps for {seconds} s; hand in a fake clock")

    monkeypatch.setattr(socket.socket, "connect", refuse_connection)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse_connection)
    monkeypatch.setattr(time, "sleep", refuse_sleep)
