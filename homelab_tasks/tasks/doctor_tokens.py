"""The examinations of `doctor` that look for tokens: in Vault, and at the forge."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from homelab_tasks.actions.diagnosis.diagnose import Examination
from homelab_tasks.actions.diagnosis.examine_secrets import examine_forge, examine_vault, nothing_set
from homelab_tasks.connections import Connections
from homelab_tasks.errors import HomelabError, UsageError
from homelab_tasks.locations import Url
from homelab_tasks.model.events import Check
from homelab_tasks.settings import TokenSource, VaultField
from homelab_tasks.tasks.assembly import Assembly

if TYPE_CHECKING:
    from homelab_tasks.clients.forge import Forge

REQUEST_SECONDS = 4.0
"""How long one request may take: somebody sits there and waits."""


def connections_for(assembly: Assembly) -> Connections:
    """Make connections for one examination: each has its own, for they run side by side."""
    return Connections(
        assembly.settings, clock=assembly.clock, secrets=assembly.secrets, time_left=lambda: REQUEST_SECONDS
    )


def examine_vaults(assembly: Assembly, ways: tuple[str, ...]) -> list[Examination]:
    """List the examinations of every secret that a token may be in; *ways* are the addresses that lead to Vault."""
    settings = assembly.settings
    if settings.vault.url is None:
        return [Examination(name="vault", look=partial(nothing_set, "vault", "homelab.vault.url"))]
    wanted = [(settings.woodpecker.url, settings.woodpecker.token), (settings.forge.url, settings.forge.token)]

    def look(url: Url, fields: list[VaultField], others: tuple[TokenSource, ...]) -> Iterator[Check]:
        made = connections_for(assembly)
        if made.vault is not None:
            yield from examine_vault(made.vault, made.clock, fields, has_token=_has_token(made, url, others))

    return [
        Examination(
            name=f"vault {fields[0].path}",
            look=partial(look, url, fields, tuple(source for source in sources if source.vault is None)),
            builds_on=ways,
        )
        for url, sources in wanted
        if url is not None and (fields := [source.vault for source in sources if source.vault is not None])
    ]


def _has_token(made: Connections, url: Url, sources: tuple[TokenSource, ...]) -> Callable[[], bool]:
    """Make the question whether any of *sources* has a token for *url*."""

    def has_token() -> bool:
        try:
            return bool(made.tokens(url, sources)())
        except HomelabError:
            return False

    return has_token


def examine_forges(assembly: Assembly, ways: tuple[str, ...]) -> list[Examination]:
    """List the examination of the forge's token; *ways* are the addresses that lead there."""
    url = assembly.settings.forge.url
    if url is None:
        return [Examination(name="forge token", look=partial(nothing_set, "forge token", "homelab.forge.url"))]

    def look() -> Iterator[Check]:
        return examine_forge(lambda: _open_forge(connections_for(assembly), url), assembly.clock)

    return [Examination(name="forge token", look=look, builds_on=ways)]


def _open_forge(made: Connections, url: Url) -> "Forge | None":
    """Make the forge's repository that the clone's remote leads to; None outside of a clone."""
    from homelab_tasks.clients.forge import Forge

    try:
        name = made.git.repository(made.settings.work.remote, forge=url)
    except UsageError:
        return None
    return Forge(made.http(url, made.tokens(url, made.settings.forge.token)), name)
