"""The clone that a user of the sandbox works in: it reaches the forge by plain `git push`, through the pin."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from homelab_tasks.sandbox.git import git
from homelab_tasks.sandbox.repositories import PUSHER

FIRST_MESSAGE = "Greet the world"


class Pin(Struct, frozen=True, kw_only=True):
    """How git reaches the forge: *host* and *port* are dialled at *addresses*, its certificate is *ca_file*'s."""

    host: str
    port: int
    addresses: Sequence[str]
    ca_file: Path
    ca_directory: Path


class Clone:
    """The clone in *directory*, whose trunk is *branch*."""

    def __init__(self, directory: Path, branch: str) -> None:
        """Nothing is there yet."""
        self.directory = directory
        self._branch = branch

    def make(self, files: Mapping[str, str], bare: Path, url: str, pin: Pin) -> None:
        """Begin a repository with *files*, put it into *bare*, and let it reach that at *url*."""
        self._git("init", "--quiet", f"--initial-branch={self._branch}", str(self.directory), where=bare)
        config = self.directory / ".git" / "config"
        config.write_text(config.read_text() + _config(url, pin))
        self._write(files)
        self._git("add", "--all")
        self._git("commit", "--quiet", f"--message={FIRST_MESSAGE}")
        self._git("push", "--quiet", str(bare), self._branch)
        self._git("fetch", "--quiet", "origin")
        self._git("branch", "--quiet", f"--set-upstream-to=origin/{self._branch}")
        self._git("remote", "set-head", "origin", self._branch)

    def push(self, files: Mapping[str, str], message: str, branch: str) -> str:
        """Write *files*, commit everything and push it to *branch*; returns the commit's sha."""
        self._git("checkout", "--quiet", "-B", branch)
        self._write(files)
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", f"--message={message}")
        self._git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
        return self._git("rev-parse", "HEAD")

    def _write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def _git(self, *arguments: str, where: Path | None = None) -> str:
        return git(where or self.directory, *arguments)


def _config(url: str, pin: Pin) -> str:
    """
    Write what git needs to reach the forge as the tasks do: the pin, the authority, no proxy.

    The authority stands there twice: where GIT_SSL_CAINFO is set, it wins over sslCAInfo, but not over sslCAPath.
    """
    return f"""\
[user]
\tname = Lab
\temail = {PUSHER}@homelab.test
[commit]
\tgpgsign = false
[http]
\tsslCAInfo = {_quoted(pin.ca_file)}
\tsslCAPath = {_quoted(pin.ca_directory)}
\tcurloptResolve = {pin.host}:{pin.port}:{",".join(pin.addresses)}
\tproxy =
[remote "origin"]
\turl = {url}
\tfetch = +refs/heads/*:refs/remotes/origin/*
"""


def _quoted(path: Path) -> str:
    """Write *path* as a value of git's configuration, whatever is in it."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
