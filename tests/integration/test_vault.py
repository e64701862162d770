"""Vault, against the answers of a real server (tests/recordings/vault)."""

import json
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homelab_tasks.clients.vault import Vault
from homelab_tasks.clients.web.addresses import AddressBook
from homelab_tasks.clients.web.session import PinnedSession
from homelab_tasks.clients.web.trust import Trust
from homelab_tasks.errors import DeniedError, HomelabError, MissingError, TransientError, UntrustedError
from homelab_tasks.locations import Url
from homelab_tasks.settings import LoadBalancer
from tests.servers import CLOSE, Asked, Server, response

RECORDINGS = Path(__file__).parent.parent / "recordings" / "vault"
FIELD = "woodpecker_api_token"
CANARY = "canary-vault-token-19ab"
READ = "/v1/secret/data/ci/global"
PREFLIGHT = "/v1/sys/internal/ui/mounts/"
LOOKUP = "/v1/auth/token/lookup-self"


def recorded(file: str, name: str) -> list[bytes]:
    """The answer that was recorded in *file* as *name*."""
    for line in (RECORDINGS / f"{file}.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row["name"] == name:
            body = row["body"] if isinstance(row["body"], str) else json.dumps(row["body"])
            headers = row["headers"]
            extra = [f"Location: {headers['Location']}"] if "Location" in headers else []
            return response(body.encode(), row["status"], headers.get("Content-Type", "application/json"), extra)
    raise LookupError(name)


class Replay:
    """Answers by path; what is not in the table is denied by policy, as a real server denies it."""

    def __init__(self) -> None:
        self.table: dict[str, list[bytes]] = {}
        self.denied = recorded("kv2", "missing mount")

    def __call__(self, asked: Asked) -> list[bytes]:
        return self.table.get(asked.target, self.denied)


@pytest.fixture
def replay() -> Replay:
    return Replay()


@pytest.fixture
def server(replay: Replay) -> Iterator[Server]:
    with Server(replay) as running:
        yield running


@pytest.fixture
def vault(server: Server) -> Vault:
    base = Url(f"http://127.0.0.1:{server.port}")
    return Vault(base, PinnedSession(AddressBook(LoadBalancer()), Trust()), lambda: CANARY, timeout=(1, 1))


@pytest.mark.parametrize("path", ["secret/ci/global", "/secret/ci/global/", "secret//ci/global"])
def test_a_field_of_a_version_2_secret_is_read_in_one_request(
    vault: Vault, replay: Replay, server: Server, path: str
) -> None:
    replay.table[READ] = recorded("kv2", "read ok")

    assert vault.field(path, FIELD) == "wp-secret-value"

    (asked,) = server.asked
    assert asked.headers["x-vault-token"] == CANARY


def test_a_field_of_a_version_1_secret_is_read(vault: Vault, replay: Replay) -> None:
    replay.table["/v1/kv1/ci/global"] = recorded("kv1", "read ok")
    replay.table["/v1/kv1/data/ci/global"] = recorded("kv1", "the same, CI token")
    replay.table[f"{PREFLIGHT}kv1/ci/global"] = recorded("kv1", "mount preflight")

    assert vault.field("kv1/ci/global", FIELD) == "wp-secret-value"


def test_a_version_1_secret_is_read_when_the_token_may_not_ask_for_the_mount(vault: Vault, replay: Replay) -> None:
    replay.table["/v1/kv1/ci/global"] = recorded("kv1", "read ok")

    assert vault.field("kv1/ci/global", FIELD) == "wp-secret-value"


def test_a_mount_of_several_words_is_found(vault: Vault, replay: Replay) -> None:
    mount = {"data": {"path": "team/kv/", "type": "kv", "options": {"version": "2"}}}
    replay.table[f"{PREFLIGHT}team/kv/ci/global"] = response(json.dumps(mount).encode())
    replay.table["/v1/team/kv/data/ci/global"] = recorded("kv2", "read ok")

    assert vault.field("team/kv/ci/global", FIELD) == "wp-secret-value"


ON_KV_2 = {f"{PREFLIGHT}secret/ci/global": ("kv2", "mount preflight (vault kv get does this first)")}
CASES: list[tuple[tuple[str, str], type[HomelabError], str]] = [
    (("kv2", "missing path"), MissingError, "404: no such secret"),
    (("kv2", "latest version deleted"), MissingError, "404: its latest version was deleted"),
    (("kv2", "latest version destroyed"), MissingError, "404: its latest version was destroyed"),
    (("kv2", "missing mount, root token"), MissingError, "404: no such mount"),
    (("wrap_namespace", "namespace unknown"), MissingError, "404: namespace not found"),
    (("kv2", "secret without fields"), MissingError, "secret/ci/global has no field .*; its fields: none"),
    (("kv2", "missing path, token may not read there"), DeniedError, "403: the token's policy does not allow it"),
    (("token", "no rights by policy"), DeniedError, "403: the token's policy does not allow it"),
    (("wrap_namespace", "namespace, token of the parent without rights there"), DeniedError, "policy does not allow"),
    (("token", "bad token"), DeniedError, "403: the token is wrong, expired or revoked"),
    (("token", "expired token"), DeniedError, "403: the token is wrong, expired or revoked"),
    (("token", "revoked token"), DeniedError, "403: the token is wrong, expired or revoked"),
    (("token", "one-use token, second read"), DeniedError, "403: the token is wrong, expired or revoked"),
    (("wrap_namespace", "wrapped read"), MissingError, "the answer is wrapped"),
    (("sealed", "read while sealed"), TransientError, "is sealed"),
    (("ha", "not initialized: read"), TransientError, "is sealed"),
    (("limits", "rate limit quota exceeded"), TransientError, "rate limit quota exceeded"),
    (("kv2", "trailing slash"), TransientError, "could not find version data"),
    (("limits", "root page"), UntrustedError, "redirects"),
    (("ha", "standby: write, forwarding off"), UntrustedError, "redirects"),
]


@pytest.mark.parametrize(("answer", "kind", "words"), CASES, ids=[f"{case[0][0]}: {case[0][1]}" for case in CASES])
def test_a_refusal_is_worded_by_its_cause(
    vault: Vault, replay: Replay, answer: tuple[str, str], kind: type[HomelabError], words: str
) -> None:
    replay.table = {READ: recorded(*answer), **{path: recorded(*row) for path, row in ON_KV_2.items()}}
    replay.table[LOOKUP] = recorded("token", "lookup-self expired")

    with pytest.raises(kind, match=words) as raised:
        vault.field("secret/ci/global", FIELD)
    assert "wp-secret-value" not in str(raised.value)
    assert CANARY not in str(raised.value)


def test_a_token_that_vault_knows_is_not_called_wrong_whatever_the_words(vault: Vault, replay: Replay) -> None:
    replay.table = {READ: recorded("token", "bad token"), LOOKUP: recorded("token", "lookup-self ok")}

    with pytest.raises(DeniedError, match="policy does not allow it"):
        vault.field("secret/ci/global", FIELD)


def test_the_fields_are_named_when_the_one_asked_for_is_not_among_them(vault: Vault, replay: Replay) -> None:
    replay.table[READ] = recorded("kv2", "read ok")

    with pytest.raises(MissingError) as raised:
        vault.field("secret/ci/global", "token")
    assert str(raised.value) == (
        "secret/ci/global has no field 'token'; its fields: kubeconfig, multi, n, woodpecker_api_token"
    )


def test_a_field_that_is_not_text_is_refused(vault: Vault, replay: Replay) -> None:
    replay.table[READ] = recorded("kv2", "read ok")

    with pytest.raises(MissingError, match="the field 'n' is not text"):
        vault.field("secret/ci/global", "n")


@pytest.mark.parametrize("answer", [[CLOSE], response(b""), response(b"<html>", 200, "text/html"), response(b"", 502)])
def test_no_usable_answer_is_transient(vault: Vault, replay: Replay, answer: list[bytes]) -> None:
    replay.table[READ] = answer

    with pytest.raises(TransientError):
        vault.field("secret/ci/global", FIELD)


def test_the_token_does_not_go_along_with_a_redirect(vault: Vault, replay: Replay) -> None:
    with Server(lambda _: recorded("kv2", "read ok")) as elsewhere:
        away = f"Location: http://127.0.0.1:{elsewhere.port}/v1/secret/data/ci/global"
        replay.table[READ] = response(b"", 307, headers=[away])
        with pytest.raises(UntrustedError):
            vault.field("secret/ci/global", FIELD)

    assert elsewhere.asked == []


def test_variables_of_the_vault_command_change_nothing(
    vault: Vault, replay: Replay, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay.table[READ] = recorded("kv2", "read ok")
    for name, value in {"VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": "other", "VAULT_SKIP_VERIFY": "1"}.items():
        monkeypatch.setenv(name, value)

    assert vault.field("secret/ci/global", FIELD) == "wp-secret-value"
    assert server.asked[0].headers["x-vault-token"] == CANARY


def test_the_first_refusal_is_told_when_the_token_may_not_ask_for_the_mount(vault: Vault, replay: Replay) -> None:
    replay.table[READ] = recorded("kv2", "missing path")

    with pytest.raises(MissingError, match="404: no such secret"):
        vault.field("secret/ci/global", FIELD)


def test_nothing_that_is_read_stays_in_the_chain_of_an_error(vault: Vault, replay: Replay) -> None:
    body: dict[str, Any] = {"errors": ["x"], "data": {"data": {"x": "wp-secret-value"}}}
    replay.table = {READ: response(json.dumps(body).encode(), 404)}
    replay.table |= {path: recorded(*row) for path, row in ON_KV_2.items()}

    with pytest.raises(MissingError) as raised:
        vault.field("secret/ci/global", FIELD)
    assert "wp-secret-value" not in "".join(traceback.format_exception(raised.value))
    assert raised.value.__cause__ is None
