"""Tokens that a command prints."""

import sys

import pytest

from homelab_tasks.clients.tokens import Tokens
from homelab_tasks.errors import TokenError
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.settings import TokenSource

URL = "https://ci.homelab.test"
CANARY = "canary-token-8d20"


def tokens(source: TokenSource) -> Tokens:
    return Tokens(URL, [source], Secrets(), environment={})


def problem(source: TokenSource) -> str:
    with pytest.raises(TokenError) as raised:
        tokens(source)()
    assert CANARY not in str(raised.value)
    return raised.value.problem.removeprefix(f"no token for {URL}. Tried: ")


def python(code: str) -> TokenSource:
    return TokenSource(command=(sys.executable, "-c", code))


def test_the_first_line_of_a_command_is_the_token() -> None:
    code = f"import sys; print('warning', file=sys.stderr); print('{CANARY}'); print('user: someone')"

    assert tokens(python(code))() == CANARY


def test_a_command_that_fails_is_named_without_its_arguments() -> None:
    code = f"print('{CANARY}'); raise SystemExit(3)"

    assert problem(python(code)) == f"command {sys.executable} (exit 3)"


def test_a_command_that_prints_nothing_has_no_token() -> None:
    assert problem(python("")) == f"command {sys.executable} (empty)"
