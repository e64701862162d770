"""Where things are in a sandbox's directory, and the marker by which one is known."""

from pathlib import Path

STATE_NAME = "sandbox.json"
MARKER = "HOMELAB_SANDBOX"
"""In the environment of every process that a sandbox starts: the directory it belongs to."""


class Layout:
    """The paths below one sandbox's directory."""

    def __init__(self, directory: Path) -> None:
        """Name what is, or will be, in *directory*."""
        self.directory = directory.absolute()
        self.state = self.directory / STATE_NAME
        self.log = self.directory / "sandbox.log"
        self.app = self.directory / "app"
        self.remotes = self.directory / "remotes"
        self.workspaces = self.directory / "workspaces"
        self.home = self.directory / "home"
        self.ca_file = self.directory / "ca.pem"
        self.ca_directory = self.directory / "ca"
        self.tokens = self.directory / "tokens"
        self.faults = self.directory / "faults"
        self.kubeconfig = self.directory / "kubeconfig"
        self.ignore = self.directory / ".gitignore"

    @property
    def files(self) -> tuple[Path, ...]:
        """Everything that a sandbox makes, the state last: while it is there, the rest may be."""
        return (
            self.app,
            self.remotes,
            self.workspaces,
            self.home,
            self.ca_file,
            self.ca_directory,
            self.tokens,
            self.faults,
            self.kubeconfig,
            self.ignore,
            self.log,
            self.state,
        )

    def write_secret(self, name: str, value: str) -> Path:
        """Keep a token in a file that only its owner can read; returns its path."""
        self.tokens.mkdir(mode=0o700, exist_ok=True)
        path = self.tokens / name
        path.touch(mode=0o600)
        path.write_text(value + "\n")
        return path
