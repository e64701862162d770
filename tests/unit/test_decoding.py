"""Settings from what people write, and what is said when they cannot be used."""

import contextlib
from datetime import date
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoke.config import Config

from homelab_tasks.decoding import decode_settings
from homelab_tasks.errors import UsageError
from homelab_tasks.settings import Settings, TokenSource, VaultField

CANARY = "canary-token-5b1e"
ADDRESS_HINT = "write it as IP or IP:PORT, 10.0.20.203:8443"

EVERYTHING = {
    "load_balancer": {"addresses": ["10.0.20.203", "[fd00::2]:8443"], "hosts": ["ci.example.org", "*.example.org"],
                      "ca_file": "ca.pem"},
    "woodpecker": {
        "url": "https://ci.example.org",
        "token": [{"env": "WOODPECKER_TOKEN"},
                  {"vault": {"path": "secret/ci/global", "field": "woodpecker_api_token"}},
                  {"file": "~/.config/homelab/woodpecker.token"},
                  {"command": ["pass", "show", "woodpecker"]}],
    },
    "vault": {"url": "https://vault.example.org", "token": [{"env": "VAULT_TOKEN"}, {"file": "~/.vault-token"}]},
    "forge": {"url": "https://git.example.org", "token": [{"env": "FORGE_TOKEN"}]},
    "kubernetes": {"context": "home", "kubeconfig": "~/.kube/config"},
    "ci": {"repository": None, "events": ["push"], "timeout": "30m", "appear_timeout": "2m", "stuck_after": "5m",
           "follow": True},
    "deploy": {"targets": ["web/web"], "timeout": "10m", "image": None, "stable_for": "0s"},
    "work": {"remote": "origin", "trunk": None, "verify": "nox -s tests", "timeout": "30m", "ci": True, "deploy": False,
             "directory": ".worktrees", "queue": None, "on_start": None},
    "http": {"connect_timeout": "5s", "read_timeout": "20s", "retry_for": "30s"},
}  # fmt: skip


def problem(written: object, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(UsageError) as raised:
        decode_settings(written, environment or {})
    return str(raised.value)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"http": {"connect_timeout": "0s"}}, "connect_timeout: expected more than 0s"),
        ({"http": {"read_timeout": 0}}, "read_timeout: expected more than 0s"),
        ({"ci": {"events": []}}, "events: expected at least one event, found none"),
    ],
)
def test_what_leaves_nothing_to_do_is_refused(written: object, words: str) -> None:
    assert words in problem(written)


@pytest.mark.parametrize("written", [None, {}, {"ci": None, "work": {}}])
def test_defaults_hold_where_nothing_is_written(written: object) -> None:
    assert decode_settings(written, {}) == Settings()


def test_every_setting_of_the_contract_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")

    settings = decode_settings(EVERYTHING, {}, Path("/project"))

    assert settings.load_balancer.ca_file == "/project/ca.pem"
    assert settings.load_balancer.addresses[1].port == 8443
    assert settings.woodpecker.token[2].file == "/home/someone/.config/homelab/woodpecker.token"
    assert settings.woodpecker.token[3].command == ("pass", "show", "woodpecker")
    assert settings.ci == Settings().ci
    assert float(settings.work.timeout) == 1800


def test_the_proxies_of_invoke_are_read_like_plain_mappings() -> None:
    config = Config(overrides={"homelab": {"ci": {"timeout": "5m", "evnets": ["push"]}}})

    with pytest.raises(UsageError, match=r"unknown setting homelab\.ci\.evnets in invoke\.yaml; did you mean events\?"):
        decode_settings(config.get("homelab"), {})


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"woodpecker": {"ulr": "x"}}, "homelab.woodpecker.ulr in invoke.yaml; did you mean url?"),
        ({"wodpecker": {}}, "homelab.wodpecker in invoke.yaml; did you mean woodpecker?"),
        ({"ci": {"timout": "1m"}}, "homelab.ci.timout in invoke.yaml; did you mean timeout?"),
        (
            {"woodpecker": {"token": [{"evn": "X"}]}},
            "homelab.woodpecker.token[0].evn in invoke.yaml; did you mean env?",
        ),
        (
            {"vault": {"token": [{"env": "A"}, {"vault": {"pth": "a", "field": "b"}}]}},
            "homelab.vault.token[1].vault.pth in invoke.yaml; did you mean path?",
        ),
        ({"http": {"zzz": 1}}, "homelab.http.zzz in invoke.yaml; known here: connect_timeout, read_timeout, retry_for"),
    ],
)
def test_an_unknown_setting_is_refused_with_the_nearest_name(written: object, words: str) -> None:
    assert problem(written) == f"unknown setting {words}"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (5, "homelab in invoke.yaml: expected a mapping, found 5"),
        (["ci"], "homelab in invoke.yaml: expected a mapping, found a list"),
        ({"ci": "x"}, "homelab.ci in invoke.yaml: expected a mapping, found 'x'"),
        ({"ci": {"follow": "maybe"}}, "homelab.ci.follow in invoke.yaml: expected true or false, found 'maybe'"),
        ({"ci": {"events": "push"}}, "homelab.ci.events in invoke.yaml: expected a list, found 'push'"),
        ({"ci": {"events": ["push", 1]}}, "homelab.ci.events[1] in invoke.yaml: expected text, found 1"),
        ({"ci": {"timeout": None}}, "homelab.ci.timeout in invoke.yaml: expected a duration, found null"),
        ({"ci": {"timeout": True}}, "homelab.ci.timeout in invoke.yaml: expected a duration, found true"),
        (
            {"ci": {"timeout": "soon"}},
            "homelab.ci.timeout in invoke.yaml: 'soon' is not a duration; write it as 90s, 20m or 1h30m",
        ),
        (
            {"work": {"trunk": date(2026, 11, 25)}},
            'homelab.work.trunk in invoke.yaml: expected text or null, found "2026-11-25"',
        ),
        (
            {"ci": {"timeout": date(2026, 11, 25)}},
            'homelab.ci.timeout in invoke.yaml: expected a duration, found "2026-11-25"',
        ),
        ({"work": {"verify": ["a"]}}, "homelab.work.verify in invoke.yaml: expected text or null, found a list"),
        ({"work": {"queue": "trian"}}, "homelab.work.queue in invoke.yaml: expected train or null, found 'trian'"),
        ({"load_balancer": {"ca_file": 5}}, "homelab.load_balancer.ca_file in invoke.yaml: expected a path, found 5"),
        (
            {"load_balancer": {"addresses": ["10.0.20.203", 7]}},
            "homelab.load_balancer.addresses[1] in invoke.yaml: '7' is not an address; " + ADDRESS_HINT,
        ),
        (
            {"woodpecker": {"token": [{"vault": {"path": "a"}}]}},
            "homelab.woodpecker.token[0].vault in invoke.yaml: field is missing",
        ),
        (
            {"woodpecker": {"token": [{"env": "A", "file": "b"}]}},
            "homelab.woodpecker.token[0] in invoke.yaml: expected exactly one of env, vault, file and command",
        ),
        (
            {"woodpecker": {"token": [{"command": []}]}},
            "homelab.woodpecker.token[0] in invoke.yaml: command: expected a list of words, found none",
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_path_what_was_found_and_what_is_expected(written: object, words: str) -> None:
    assert problem(written) == words


@pytest.mark.parametrize(
    "written",
    [
        {"woodpecker": {"token": CANARY}},
        {"woodpecker": {"token": {CANARY: 1}}},
        {"woodpecker": {"token": [CANARY]}},
        {"woodpecker": {"token": [{"env": f"{CANARY}.x"}]}},
        {"woodpecker": {"token": [{"vault": CANARY}]}},
        {"vault": {"token": {"env": CANARY}}},
        {"woodpecker": {"url": f"https://user:{CANARY}@ci.example.org"}},
    ],
)
def test_a_token_that_stands_where_its_place_belongs_is_not_shown(written: object) -> None:
    assert CANARY not in problem(written)


@pytest.mark.parametrize(
    ("value", "kind"),
    [(123456789, "a number"), (True, "a switch"), ({"env": "A"}, "a mapping"), (None, "null"), (1.5, "something else")],
)
def test_what_stands_where_a_token_may_stand_is_told_by_its_kind(value: object, kind: str) -> None:
    words = problem({"woodpecker": {"token": value}})

    assert words == f"homelab.woodpecker.token in invoke.yaml: expected a list, found {kind}"


def test_a_token_in_a_variable_that_says_where_it_is_is_not_shown() -> None:
    words = problem(None, {"HOMELAB_WOODPECKER_TOKEN": CANARY})

    assert words == "homelab.woodpecker.token[0] in HOMELAB_WOODPECKER_TOKEN: expected a mapping, found text"


def test_the_environment_is_stronger_than_the_file() -> None:
    environment = {
        "HOMELAB_CI_TIMEOUT": "90",
        "HOMELAB_CI_FOLLOW": "false",
        "HOMELAB_CI_EVENTS": "push, tag",
        "HOMELAB_WORK_VERIFY": "",
        "HOMELAB_LOAD_BALANCER_ADDRESSES": '["10.0.20.204", "10.0.20.205:8443"]',
        "HOMELAB_WOODPECKER_TOKEN": '[{"vault": {"path": "secret/x", "field": "y"}}]',
        "HOMELAB_UNRELATED": "1",
        "OTHER_CI_TIMEOUT": "2",
    }

    settings = decode_settings(EVERYTHING, environment)

    assert float(settings.ci.timeout) == 90
    assert settings.ci.follow is False
    assert settings.ci.events == ("push", "tag")
    assert settings.work.verify is None
    assert settings.load_balancer.addresses == ("10.0.20.204", "10.0.20.205:8443")
    assert settings.woodpecker.token == (TokenSource(vault=VaultField(path="secret/x", field="y")),)
    assert settings.woodpecker.url == "https://ci.example.org"


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("1", True), ("YES", True), ("false", False), ("0", False), (" no ", False)]
)
def test_a_switch_in_the_environment_is_a_word(text: str, value: bool) -> None:
    assert decode_settings(None, {"HOMELAB_WORK_DEPLOY": text}).work.deploy is value


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"HOMELAB_CI_TIMEOUT": "x"}, "homelab.ci.timeout in HOMELAB_CI_TIMEOUT: 'x' is not a duration"),
        (
            {"HOMELAB_CI_FOLLOW": "maybe"},
            "homelab.ci.follow in HOMELAB_CI_FOLLOW: expected true or false, found 'maybe'",
        ),
        (
            {"HOMELAB_LOAD_BALANCER_ADDRESSES": "10.0.20.203,bad"},
            "homelab.load_balancer.addresses[1] in HOMELAB_LOAD_BALANCER_ADDRESSES: 'bad' is not an address",
        ),
        ({"HOMELAB_CI_EVENTS": "[torn"}, "homelab.ci.events in HOMELAB_CI_EVENTS: expected a list, found '[torn'"),
    ],
)
def test_a_wrong_variable_is_named(environment: dict[str, str], words: str) -> None:
    assert problem(None, environment).startswith(words)


SECTIONS = get_type_hints(Settings)
KEYS = st.one_of(
    st.sampled_from([*SECTIONS, *(name for section in SECTIONS.values() for name in get_type_hints(section))]),
    st.sampled_from(["env", "vault", "file", "command", "path", "field"]),
    st.text(max_size=4),
    st.integers(),
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.dates() | st.binary()
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))
VARIABLES = st.sampled_from(
    ["HOMELAB_CI_TIMEOUT", "HOMELAB_CI_EVENTS", "HOMELAB_WOODPECKER_TOKEN", "HOMELAB_CI_FOLLOW"]
)


@given(
    TREES | st.dictionaries(st.sampled_from([*SECTIONS]), st.dictionaries(KEYS, TREES, max_size=3), max_size=3),
    st.dictionaries(VARIABLES, st.text(max_size=8), max_size=2),
)
def test_whatever_is_written_is_decoded_or_refused(written: object, environment: dict[str, str]) -> None:
    with contextlib.suppress(UsageError):
        assert isinstance(decode_settings(written, environment), Settings)


def test_what_was_written_is_left_as_it_was() -> None:
    written: dict[str, Any] = {"ci": None, "work": {"verify": "x"}}

    decode_settings(written, {"HOMELAB_CI_TIMEOUT": "5m"})

    assert written == {"ci": None, "work": {"verify": "x"}}
