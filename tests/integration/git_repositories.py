"""Real git repositories for tests: a bare remote, clones of it, and what others do meanwhile."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


def git(directory: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run git in *directory*; its output, stripped."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=directory,
        env={**ENVIRONMENT, "HOME": str(directory), **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


def write(directory: Path, name: str, text: str) -> Path:
    """Write a file, with the directories above it."""
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def commit(directory: Path, name: str, text: str, *, message: str | None = None) -> str:
    """Commit a file in *directory*; the commit's sha."""
    write(directory, name, text)
    git(directory, "add", "--", name)
    git(directory, "commit", "--quiet", "--message", message or f"Change {name}")
    return git(directory, "rev-parse", "HEAD")


def make_remote(directory: Path, *, trunk: str = "main") -> Path:
    """Make a bare repository `lab/app.git` under *directory*, whose trunk holds one commit."""
    remote = directory / "lab" / "app.git"
    remote.mkdir(parents=True)
    git(remote, "init", "--quiet", "--bare", f"--initial-branch={trunk}")
    git(remote, "config", "uploadpack.allowFilter", "true")
    seed = directory / "seed"
    git(directory, "init", "--quiet", f"--initial-branch={trunk}", str(seed))
    commit(seed, "README.md", "lab\n", message="Start")
    git(seed, "push", "--quiet", str(remote), trunk)
    return remote


def clone(remote: Path, directory: Path, *options: str) -> Path:
    """Clone *remote* to *directory*, with an author configured."""
    git(remote, "clone", "--quiet", *options, remote.as_uri(), str(directory))
    git(directory, "config", "user.name", "Ada")
    git(directory, "config", "user.email", "ada@example.org")
    return directory
