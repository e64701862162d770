"""Bare git repositories of the forge, and what is read from them."""

import asyncio
from pathlib import Path

from homelab_tasks.sandbox.git import git, git_output
from homelab_tasks.sandbox.woodpecker.hooks import NO_OBJECT, Commit

PUSHER = "lab"  # everybody who pushes is this user of the forge
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
CONFIGURATION_NAMES = (".woodpecker.yaml", ".woodpecker.yml")


class Repositories:
    """Every repository of the forge, as OWNER/NAME.git below *directory*."""

    def __init__(self, directory: Path) -> None:
        """Keep them below *directory*."""
        self.directory = directory

    def path(self, name: str) -> Path:
        """Where the repository OWNER/NAME is."""
        return self.directory / f"{name}.git"

    def create(self, name: str, *, branch: str = "main") -> Path:
        """Make an empty repository that can be pushed to over HTTP."""
        path = self.path(name)
        path.mkdir(parents=True)
        git(path, "init", "--quiet", "--bare", f"--initial-branch={branch}")
        config = path / "config"
        receive = "[receive]\n\tadvertisePushOptions = true\n\tprocReceiveRefs = refs/for\n"
        settings = f"[http]\n\treceivepack = true\n{receive}[gc]\n\tauto = 0\n"
        config.write_text(config.read_text() + settings)
        return path

    async def announce(self, name: str, old: str, new: str, ref: str) -> None:
        """Tell CI that *ref* moved, as after a push."""
        hook = self.path(name) / "hooks" / "post-receive"
        process = await asyncio.create_subprocess_exec(str(hook), stdin=asyncio.subprocess.PIPE)
        await process.communicate(f"{old} {new} {ref}\n".encode())

    async def branches(self, repository: str) -> tuple[str, ...]:
        """Name every branch."""
        told = await git_output(self.path(repository), "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads")
        return tuple((told or b"").decode(errors="replace").split())

    async def commit(self, repository: str, revision: str) -> Commit | None:
        """Describe the commit that *revision* (a sha, a tag object, a full ref) leads to."""
        shape = "--format=%H%x00%ae%x00%ct%x00%B"
        told = await git_output(self.path(repository), "log", "--max-count=1", shape, revision, "--")
        if told is None:
            return None
        sha, email, timestamp, message = told.decode(errors="replace").split("\0", 3)
        return Commit(
            sha=sha, message=message.rstrip("\n") + "\n", author=PUSHER, author_email=email, timestamp=int(timestamp)
        )

    async def changed_files(self, repository: str, old: str, new: str) -> tuple[str, ...]:
        """Name the files that differ between two commits; a new branch is compared with its first parent."""
        path = self.path(repository)
        base = old
        if old == NO_OBJECT:
            parent = await git_output(path, "rev-parse", "--verify", "--quiet", f"{new}^")
            base = parent.decode().strip() if parent else EMPTY_TREE
        told = await git_output(path, "diff", "--name-only", "-z", base, new)
        return tuple(name for name in (told or b"").decode(errors="replace").split("\0") if name)

    async def configuration(self, repository: str, commit: str) -> dict[str, str]:
        """Read `.woodpecker/*.yaml` of *commit*; where it has none, `.woodpecker.yaml` or `.yml`."""
        path = self.path(repository)
        told = await git_output(path, "ls-tree", "-z", "--name-only", commit, ".woodpecker/", *CONFIGURATION_NAMES)
        names = [name for name in (told or b"").decode().split("\0") if name.endswith((".yaml", ".yml"))]
        several = [name for name in names if name.startswith(".woodpecker/")]
        wanted = several or names[:1]
        files = {name: await git_output(path, "cat-file", "blob", f"{commit}:{name}") for name in wanted}
        return {name: text.decode(errors="replace") for name, text in files.items() if text is not None}
