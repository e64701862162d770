"""URLs of git remotes, as git reads them (git-fetch, "GIT URLS"): https, ssh, `user@host:path`, paths."""

import re
from urllib.parse import unquote, urlsplit

from msgspec import Struct

LEAST_PARTS = 2
# `[user@]host:path`, the host in brackets where it holds a port; a slash before the colon makes it a path.
_SCP_LIKE = re.compile(r"(?:[^/@]+@)?(?:\[(?P<bracketed>[^\]/]+)\]|(?P<host>[^/:\[\]]+)):(?P<path>(?!//).*)")


class RemoteUrl(Struct, frozen=True, kw_only=True):
    """A remote's URL taken apart; *scheme* is `ssh` for the short form and `file` for a path."""

    scheme: str
    host: str | None
    port: int | None
    path: str

    @property
    def is_web(self) -> bool:
        """Whether it is spoken to by HTTP, where a pin and a token apply."""
        return self.scheme in {"http", "https"}


def parse_remote_url(url: str) -> RemoteUrl:
    """Take *url* apart; whatever is no URL and no short form is a path."""
    if "://" in url:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = None
        path = unquote(parts.path)
        return RemoteUrl(scheme=parts.scheme.lower(), host=parts.hostname, port=port, path=path)
    short = _SCP_LIKE.fullmatch(url)
    if short is None:
        return RemoteUrl(scheme="file", host=None, port=None, path=url)
    host, _, written = (short["bracketed"] or short["host"]).partition(":")
    port = int(written) if written.isdigit() else None
    return RemoteUrl(scheme="ssh", host=host, port=port, path=short["path"])


def repository_of(url: str, *, forge: str | None = None) -> str | None:
    """
    Name the repository `OWNER/NAME` (`GROUP/SUBGROUP/NAME` on forges that nest) that *url* leads to.

    *forge* is the forge's base URL: where it has a path, that path is no part of the name. Of a path on this
    machine the last two parts are taken. None when the URL has fewer.
    """
    remote = parse_remote_url(url)
    parts = [part for part in remote.path.rstrip("/").removesuffix(".git").split("/") if part]
    if forge is not None and remote.is_web and remote.host == urlsplit(forge).hostname:
        prefix = [part for part in urlsplit(forge).path.split("/") if part]
        parts = parts[len(prefix) :] if parts[: len(prefix)] == prefix else parts
    if remote.scheme == "file":
        parts = parts[-LEAST_PARTS:]
    return "/".join(parts) if len(parts) >= LEAST_PARTS else None


def without_credentials(url: str) -> str:
    """Write *url* without the user and password that it may hold, for people to read."""
    return re.sub(r"^([a-z][a-z0-9+.-]*://)[^/@]*@", r"\1", url, flags=re.IGNORECASE)
