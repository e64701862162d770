"""Settings from what people wrote: environment over files over defaults, with errors that name the path."""

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from homelab_tasks.decoding.tree import overlay, plain_tree, refuse_near_misses, refuse_unknown
from homelab_tasks.decoding.wording import ROOT, as_usage, shown
from homelab_tasks.durations import Duration, parse_duration
from homelab_tasks.errors import UsageError
from homelab_tasks.locations import Address, HostPattern, Url, parse_address, parse_host, parse_url
from homelab_tasks.settings import FilePath, Settings

__all__ = ["ROOT", "decode_settings"]

_TEXTS: dict[type, tuple[str, Callable[[object], object]]] = {
    Duration: ("a duration", parse_duration),
    Url: ("a URL", parse_url),
    Address: ("an address", parse_address),
    HostPattern: ("a host name", parse_host),
}


def decode_settings(written: object, environment: Mapping[str, str], directory: Path | None = None) -> Settings:
    """
    Decode the tree that stands *written* under `homelab:`, with *environment* (`HOMELAB_CI_TIMEOUT`) over it.

    Paths that are relative count from *directory*, the working directory where it is None; `~` is the home. Raises
    UsageError naming the path, what was found and what is expected; for an unknown key the nearest name.
    """
    tree = plain_tree(written)
    refuse_unknown(tree, Settings, ROOT)
    refuse_near_misses(environment)
    origins = overlay(tree, Settings, (), environment)
    try:
        return msgspec.convert(tree, Settings, dec_hook=lambda kind, value: _decode_text(kind, value, directory))
    except msgspec.ValidationError as error:
        raise as_usage(error, tree, origins) from None


def _decode_text(kind: type, value: object, directory: Path | None) -> object:
    if kind is FilePath:
        if not isinstance(value, str):
            raise ValueError(f"expected a path, found {shown(value)}")
        return FilePath((directory or Path()) / Path(value).expanduser())
    name, parse = _TEXTS[kind]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(f"expected {name}, found {shown(value)}")
    try:
        return parse(value)
    except UsageError as error:
        raise ValueError(f"{error.problem}; {error.hint}") from None
