"""A token reaches the server that it is for, and no other."""

import pytest
from requests import Request

from homelab_tasks.clients.web.authorization import Bearer

CANARY = "canary-token-0c7e"


def signature(base_url: str, url: str) -> object:
    request = Request("GET", url, auth=Bearer(base_url, lambda: CANARY)).prepare()
    return request.headers.get("Authorization")


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://ci.homelab.test", "https://ci.homelab.test/api/user"),
        ("https://ci.homelab.test", "https://ci.homelab.test:443/api/user"),
        ("https://ci.homelab.test:443/ci", "https://ci.homelab.test/ci/api"),
        ("https://ci.homelab.test", "https://CI.Homelab.Test./api/user"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/api/user"),
    ],
)
def test_a_request_to_its_server_is_signed(base_url: str, url: str) -> None:
    assert signature(base_url, url) == f"Bearer {CANARY}"


@pytest.mark.parametrize(
    "url",
    [
        "http://ci.homelab.test/api/user",
        "https://ci.homelab.test:8443/api/user",
        "https://ci.homelab.test.evil.test/api/user",
        "https://evil.test/ci.homelab.test",
        "https://ci.homelab.test@evil.test/",
    ],
)
def test_a_request_to_anywhere_else_is_not_signed(url: str) -> None:
    assert CANARY not in str(signature("https://ci.homelab.test", url))


def test_the_token_is_not_read_for_a_request_to_anywhere_else() -> None:
    def token() -> str:
        raise AssertionError

    Request("GET", "https://evil.test/", auth=Bearer("https://ci.homelab.test", token)).prepare()
