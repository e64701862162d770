"""Where tokens come from, and what is said when there is none."""

from pathlib import Path

import pytest

from homelab_tasks.clients.tokens import Tokens
from homelab_tasks.errors import DeniedError, MissingError, TokenError, TransientError
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.settings import FilePath, TokenSource, VaultField

URL = "https://ci.homelab.test"
CANARY = "canary-token-8d20"
ENV = TokenSource(env="WOODPECKER_TOKEN")
VAULT = TokenSource(vault=VaultField(path="secret/ci/global", field="woodpecker_api_token"))


def tokens(*sources: TokenSource, environment: dict[str, str] | None = None, secrets: Secrets | None = None) -> Tokens:
    return Tokens(URL, sources, secrets or Secrets(), environment=environment or {})


def problem(*sources: TokenSource, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(TokenError) as raised:
        tokens(*sources, environment=environment)()
    assert raised.value.exit_code == 77
    assert CANARY not in str(raised.value)
    return raised.value.problem.removeprefix(f"no token for {URL}. Tried: ")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "woodpecker.token"
    path.write_text(f"{CANARY}\n")
    path.chmod(0o600)
    return path


def test_the_environment_is_read_and_the_token_is_kept_secret() -> None:
    secrets = Secrets()

    assert tokens(ENV, environment={"WOODPECKER_TOKEN": f" {CANARY}\n"}, secrets=secrets)() == CANARY
    assert CANARY not in secrets.scrub(f"a line with {CANARY}")


def test_the_first_source_that_has_one_wins(file: Path) -> None:
    source = TokenSource(file=FilePath(str(file)))

    assert tokens(ENV, source)() == CANARY
    assert tokens(ENV, source, environment={"WOODPECKER_TOKEN": ""})() == CANARY
    assert tokens(ENV, source, environment={"WOODPECKER_TOKEN": "first-token"})() == "first-token"


def test_later_sources_are_not_asked_when_one_has_answered() -> None:
    asked: list[VaultField] = []

    def vault(field: VaultField) -> str:
        asked.append(field)
        return CANARY

    read = Tokens(URL, [ENV, VAULT], Secrets(), environment={"WOODPECKER_TOKEN": CANARY}, vault=vault)

    assert read() == CANARY
    assert asked == []


def test_vault_is_asked_once() -> None:
    asked: list[VaultField] = []

    def vault(field: VaultField) -> str:
        asked.append(field)
        return CANARY

    read = Tokens(URL, [ENV, VAULT], Secrets(), environment={}, vault=vault)

    assert (read(), read()) == (CANARY, CANARY)
    assert asked == [VAULT.vault]


def test_every_source_is_named_when_none_has_a_token(tmp_path: Path) -> None:
    def vault(field: VaultField) -> str:
        raise DeniedError("403: the token's policy does not allow it")

    sources = [ENV, VAULT, TokenSource(file=FilePath("~/none")), TokenSource(command=("no-such-program", CANARY))]
    with pytest.raises(TokenError) as raised:
        Tokens(URL, sources, Secrets(), environment={}, vault=vault)()

    assert str(raised.value) == (
        f"no token for {URL}. Tried: env WOODPECKER_TOKEN (not set); "
        "vault secret/ci/global (403: the token's policy does not allow it); file ~/none (no such file); "
        "command no-such-program (cannot run 'no-such-program': No such file or directory)"
    )


def test_vault_is_named_as_not_set_up_when_it_has_no_url() -> None:
    assert problem(VAULT) == "vault secret/ci/global (homelab.vault.url is not set)"


def test_it_is_not_called_missing_when_a_source_could_not_be_asked() -> None:
    def vault(field: VaultField) -> str:
        raise TransientError("vault.homelab.test is sealed")

    with pytest.raises(TransientError, match=r"env WOODPECKER_TOKEN \(not set\); vault .* is sealed\)$"):
        Tokens(URL, [ENV, VAULT], Secrets(), environment={}, vault=vault)()


def test_a_source_that_could_not_be_asked_is_asked_again() -> None:
    answers: list[Exception | str] = [TransientError("down"), MissingError("gone"), CANARY]

    def vault(field: VaultField) -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    read = Tokens(URL, [VAULT], Secrets(), environment={}, vault=vault)

    with pytest.raises(TransientError):
        read()
    with pytest.raises(TokenError):
        read()
    assert read() == CANARY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)

    assert problem(TokenSource(file=FilePath(str(file)))) == (
        f"file {file} (refused, for others can read it: chmod 600 {file})"
    )


def test_a_file_in_the_home_is_found(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(file.parent))

    assert tokens(TokenSource(file=FilePath(f"~/{file.name}")))() == CANARY


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    assert problem(TokenSource(file=FilePath(str(tmp_path)))) == f"file {tmp_path} (not a file)"


def test_a_file_that_is_not_text_is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")

    assert problem(TokenSource(file=FilePath(str(file)))) == f"file {file} (not text)"


@pytest.mark.parametrize(
    "value", [f"{CANARY}\nX: {CANARY}", f"{CANARY} {CANARY}", f"{CANARY}\x1b[0m", f"{CANARY}\x00", f"{CANARY}é"]
)
def test_what_cannot_be_a_token_is_refused_without_showing_it(value: str) -> None:
    assert problem(ENV, environment={"WOODPECKER_TOKEN": value}) == (
        "env WOODPECKER_TOKEN (not a token: it holds spaces, line ends or control characters)"
    )


def test_a_setting_without_sources_is_said_so() -> None:
    assert problem() == "nothing, no source is set"


@pytest.mark.parametrize("value", ["", "  \n"])
def test_an_empty_token_is_none(value: str) -> None:
    assert problem(ENV, environment={"WOODPECKER_TOKEN": value}) == "env WOODPECKER_TOKEN (empty)"
