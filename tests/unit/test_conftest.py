import os
import socket
import time
from contextlib import suppress
from pathlib import Path

import pytest


def test_home_is_empty_and_is_the_only_home() -> None:
    home = Path.home()

    assert list(home.iterdir()) == []
    assert os.environ["HOME"] == str(home)


def connect_as_a_retry_does(one: socket.socket) -> None:
    with suppress(Exception):
        one.connect(("127.0.0.1", 9))


def test_a_connection_fails_the_test_and_no_handler_catches_that() -> None:
    with socket.socket() as one, pytest.raises(pytest.fail.Exception, match="a unit test connects to"):
        connect_as_a_retry_does(one)


def test_waiting_fails_the_test() -> None:
    with pytest.raises(pytest.fail.Exception, match="a unit test sleeps for 1 s"):
        time.sleep(1)
