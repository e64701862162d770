import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.conftest import INHERITED, Border

ELSEWHERE = ("192.0.2.1", 9)  # reserved for documentation


def test_a_connection_on_this_machine_is_made() -> None:
    with socket.create_server(("127.0.0.2", 0)) as server, socket.create_connection(server.getsockname()) as client:
        connection, _ = server.accept()
        connection.close()

        assert client.recv(1) == b""


def test_a_connection_elsewhere_fails_the_test(border: Border) -> None:
    with socket.socket() as one, pytest.raises(pytest.fail.Exception, match=r"192\.0\.2\.1"):
        one.connect(ELSEWHERE)

    assert border.attempts == [ELSEWHERE]
    border.attempts.clear()  # or this test would fail at its end, too


def test_a_datagram_elsewhere_fails_the_test(border: Border) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one, pytest.raises(pytest.fail.Exception, match=r"192\.0\.2\.1"):
        one.sendto(b"", ELSEWHERE)

    border.attempts.clear()


def test_a_name_is_asked_of_no_dns_server() -> None:
    with pytest.raises(socket.gaierror, match="tests ask no DNS server"):
        socket.getaddrinfo("ci.example.org", 443)


@pytest.mark.parametrize(
    "name", ["HTTPS_PROXY", "no_proxy", "VAULT_TOKEN", "GITHUB_TOKEN", "GIT_DIR", "HOMELAB_CI_TIMEOUT", "NO_COLOR"]
)
def test_what_could_change_the_code_under_test_is_not_inherited(name: str) -> None:
    assert INHERITED.fullmatch(name)


def test_git_knows_who_commits(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "commit", "--quiet", "--allow-empty", "-m", "One"], check=True)

    log = subprocess.run(["git", "-C", tmp_path, "log", "--format=%an %ce"], check=True, capture_output=True, text=True)

    assert log.stdout == "Test Author test@example.org\n"
    assert "GIT_SSL_CAINFO" not in os.environ
