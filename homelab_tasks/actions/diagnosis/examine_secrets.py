"""Where tokens come from: Vault, and what the forge makes of its token. No value is ever told."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from homelab_tasks.actions.diagnosis.diagnose import failed, from_error, skipped, warning
from homelab_tasks.actions.diagnosis.tries import Tries
from homelab_tasks.actions.diagnosis.weather import Weather
from homelab_tasks.actions.waiting import Clock
from homelab_tasks.errors import DeniedError, HomelabError, TokenError
from homelab_tasks.model.events import Check, CheckState
from homelab_tasks.model.pipelines.pipeline import Permissions
from homelab_tasks.model.verdict import Word


class Field(Protocol):
    """A field of a secret in Vault, as the settings name it."""

    @property
    def path(self) -> str: ...
    @property
    def field(self) -> str: ...


class VaultReader(Protocol):
    """What is asked of Vault."""

    server: str

    def field(self, path: str, field: str) -> str:
        """Read a field of a secret."""


class ForgeReader(Protocol):
    """What is asked of the forge."""

    server: str
    repository: str

    def permissions(self) -> Permissions:
        """What the token's user may do with the repository."""


def examine_vault(
    vault: VaultReader, clock: Clock, fields: Iterable[Field], *, has_token: Callable[[], bool]
) -> Iterator[Check]:
    """Read every field that a token may come from; where *has_token*, another source stands in for it."""
    for wanted in dict.fromkeys((field.path, field.field) for field in fields):
        yield _field(vault, clock, *wanted, has_token=has_token)


def _field(vault: VaultReader, clock: Clock, path: str, field: str, *, has_token: Callable[[], bool]) -> Check:
    name, tries = f"vault {path}", Tries(clock)
    try:
        tries.ask(lambda: vault.field(path, field))
    except HomelabError as error:
        hint = f"check homelab.vault, and that its token may read {path}: vault kv get {path}"
        found = from_error(name, error, hint=hint)
        if has_token():
            text = f"{found.text}; another source has the token"
            return warning(name, text, hint=found.hint)
        # Nothing but a token was wanted: that there is none is a matter of rights, whatever the reason.
        return found if found.verdict is Word.UNAVAILABLE else _denied(found)
    text = f"{vault.server} has its field {field!r}"
    return Weather().found(name, text, tries)


def _denied(found: Check) -> Check:
    return failed(found.name, found.text, hint=found.hint, word=Word.DENIED)


def examine_forge(open_forge: Callable[[], ForgeReader | None], clock: Clock) -> Iterator[Check]:
    """Ask the forge what the token allows; without one, only pull requests cannot be opened."""
    name, tries = "forge token", Tries(clock)
    forge = open_forge()
    if forge is None:
        yield skipped(name, "no repository to ask about")
        return
    try:
        may_push = tries.ask(forge.permissions).push
    except TokenError as error:
        yield skipped(name, f"{error.problem}: no pull request can be opened")
    except DeniedError:
        hint = "make a new one in the forge's user settings, with the scope write:repository"
        yield failed(name, f"the token is not valid on {forge.server}", hint=hint, word=Word.DENIED)
    except HomelabError as error:
        yield from_error(name, error, hint="is homelab.forge.url a Forgejo or Gitea server?")
    else:
        text = f"may {'push to' if may_push else 'only read'} {forge.repository} on {forge.server}"
        hint = f"pull requests need write access to {forge.repository}"
        yield Weather().found(name, text, tries) if may_push else warning(name, text, hint=hint)


def nothing_set(name: str, setting: str) -> Iterator[Check]:
    """Say that a system is not used, because *setting* is not set."""
    yield Check(name=name, state=CheckState.SKIPPED, text=f"{setting} is not set")
