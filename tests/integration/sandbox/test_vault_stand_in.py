"""The Vault stand-in answers the recorded requests as the real server did."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from homelab_tasks.sandbox.http_server import HttpServer
from homelab_tasks.sandbox.loop_thread import LoopThread
from homelab_tasks.sandbox.vault import Vault

RECORDINGS = Path(__file__).parents[2] / "recordings" / "vault"
CI_RIGHTS = ("secret/data/ci/*", "kv1/ci/*")
TOKENS = {
    "CI-TOKEN": CI_RIGHTS,
    "NO-DEFAULT-POLICY-TOKEN": CI_RIGHTS,
    "NO-RIGHTS-TOKEN": ("elsewhere",),
    "ROOT-TOKEN": ("*",),
}
FIELDS = {"kubeconfig": "apiVersion: v1\n", "multi": "a\nb", "n": 7, "woodpecker_api_token": "wp-secret-value"}
VARYING = {"request_id", "created_time", "deletion_time", "version", "server_time_utc", "ttl", "description"}
LEFT_OUT = {
    *("read version 1 explicitly", "version that does not exist", "deleted, older version lives", "metadata"),
    *("latest version destroyed", "leading double slash", "list as GET", "lookup-self without the default policy"),
    *("one-use token, first read", "one-use token, second read"),
    *("seal-status", "seal-status sealed", "health sealed"),
}


def recorded() -> Iterator[Any]:
    for name in ("kv1", "kv2", "token", "sealed"):
        for line in (RECORDINGS / f"{name}.jsonl").read_text().splitlines():
            entry = json.loads(line)
            if entry["request"]["method"] == "GET" and entry["name"] not in LEFT_OUT:
                yield pytest.param(entry, id=f"{name}: {entry['name']}")


@pytest.fixture(scope="module")
def vault() -> Iterator[tuple[Vault, str]]:
    made = Vault()
    made.tokens.update(TOKENS)
    for path in ("secret/ci/global", "kv1/ci/global"):
        made.put(path, **FIELDS)
    made.put("secret/ci/empty")
    made.put("secret/ci/nested", nul=None, o={"a": 1}, t=True)
    made.put("secret/ci/del", a="1")
    made.delete("secret/ci/del")
    loop, server = LoopThread("vault"), HttpServer(made.application)
    port = loop.run(server.start())
    yield made, f"http://127.0.0.1:{port}"
    loop.run(server.stop())
    loop.run(asyncio.sleep(0))
    loop.close()


@pytest.mark.parametrize("entry", list(recorded()))
def test_a_recorded_request_is_answered_as_it_was(vault: tuple[Vault, str], entry: Any) -> None:
    stand_in, url = vault
    stand_in.sealed = "sealed" in entry["name"] and "unsealed" not in entry["name"]

    answer = requests.get(url + entry["request"]["path"], headers=entry["request"]["headers"], timeout=5)

    assert answer.status_code == entry["status"]
    assert answer.headers["Content-Type"] == entry["headers"]["Content-Type"]
    assert is_part_of(answer.json(), entry["body"]), (answer.json(), entry["body"])


def is_part_of(ours: Any, theirs: Any) -> bool:
    """Whether *theirs* says all that *ours* does; secrets and errors are compared whole."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(key in VARYING or (key in theirs and is_part_of(ours[key], theirs[key])) for key in ours)
    return bool(ours == theirs) or (isinstance(ours, list) and "K/V" in str(ours) and "K/V" in str(theirs))
