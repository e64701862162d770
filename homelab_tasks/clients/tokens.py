"""Tokens, from the first place that has one; no message ever holds a value."""

import stat
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from homelab_tasks.clients.process import run
from homelab_tasks.errors import (
    DeniedError,
    MissingError,
    TokenError,
    TransientError,
    UnavailableError,
    UsageError,
)
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.settings import TokenSource, VaultField

COMMAND_SECONDS = 30.0
_READABLE_BY_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Tokens:
    """
    The token for one server: the first of *sources* that has one is read once, and kept.

    *vault* reads a field of a secret; None where there is no Vault to ask.
    """

    def __init__(
        self,
        url: str,
        sources: Iterable[TokenSource],
        secrets: Secrets,
        *,
        environment: Mapping[str, str],
        vault: Callable[[VaultField], str] | None = None,
    ) -> None:
        """Look for the token of *url*; what is found is added to *secrets*."""
        self._url = url
        self._sources = tuple(sources)
        self._secrets = secrets
        self._environment = environment
        self._vault = vault
        self._token: str | None = None
        self._lock = threading.Lock()  # the event stream asks too

    def __call__(self) -> str:
        """
        Read the token.

        Raises TokenError naming every source that was tried, TransientError when one of them could not be asked.
        """
        with self._lock:
            if self._token is None:
                self._token = self._secrets.add(self._first())
            return self._token

    def _first(self) -> str:
        tried: list[str] = []
        is_certain = True
        for source in self._sources:
            try:
                return _checked(self._read(source))
            except UnavailableError as error:
                is_certain = False
                tried.append(f"{_name(source)} ({error.problem})")
            except (DeniedError, MissingError, TokenError, UsageError) as error:
                tried.append(f"{_name(source)} ({error.problem})")
        text = f"no token for {self._url}. Tried: {'; '.join(tried) or 'nothing, no source is set'}"
        raise TokenError(text) if is_certain else TransientError(text)

    def _read(self, source: TokenSource) -> str:
        if source.env is not None:
            return self._from_environment(source.env)
        if source.vault is not None:
            return self._from_vault(source.vault)
        if source.file is not None:
            return _from_file(Path(source.file).expanduser())
        return _from_command(source.command or ())

    def _from_environment(self, name: str) -> str:
        if name not in self._environment:
            raise MissingError("not set")
        return self._environment[name]

    def _from_vault(self, field: VaultField) -> str:
        if self._vault is None:
            raise MissingError("homelab.vault.url is not set")
        return self._vault(field)


def _from_file(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise MissingError("not a file")
        if mode & _READABLE_BY_OTHERS:
            raise DeniedError(f"refused, for others can read it: chmod 600 {path}")
        return path.read_text()
    except FileNotFoundError:
        raise MissingError("no such file") from None
    except OSError as error:
        raise DeniedError(error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise MissingError("not text") from None


def _from_command(command: tuple[str, ...]) -> str:
    finished = run(command, timeout=COMMAND_SECONDS, is_quiet=True)
    if finished.timed_out:
        raise MissingError(f"did not end within {COMMAND_SECONDS:.0f}s")
    if finished.exit_code != 0:
        raise MissingError(f"exit {finished.exit_code}")
    return finished.lines[0] if finished.lines else ""


def _name(source: TokenSource) -> str:
    """Name a source without what a command is given: that may be a secret itself."""
    if source.env is not None:
        return f"env {source.env}"
    if source.vault is not None:
        return f"vault {source.vault.path}"
    if source.file is not None:
        return f"file {source.file}"
    return f"command {' '.join((source.command or ('',))[:1])}"


def _checked(value: str) -> str:
    """Refuse what cannot be a token, and would tear a header apart, without showing it."""
    token = value.strip()
    if not token:
        raise MissingError("empty")
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise MissingError("not a token: it holds spaces, line ends or control characters")
    return token
