"""Pull requests of the forge: what each proposes, and where its head is now."""

from pathlib import Path

from msgspec import Struct, structs

from homelab_tasks.sandbox.git import git_output

Json = dict[str, object]


class PullRequest(Struct, kw_only=True):
    """A pull request for branch *base*; *head_ref* is the full ref whose commit is proposed, *topic* its short name."""

    number: int
    repository: str
    base: str
    head_ref: str
    topic: str
    title: str
    body: str = ""
    author: str = "lab"
    merged: bool = False
    closed: bool = False

    @property
    def is_open(self) -> bool:
        """May it still be merged?"""
        return not self.merged and not self.closed


class Pulls:
    """Every pull request of the forge; numbers count within a repository."""

    def __init__(self) -> None:
        """Start with none."""
        self._pulls: list[PullRequest] = []

    def add(self, pull: PullRequest) -> PullRequest:
        """Open *pull*, and give it its number."""
        number = 1 + max((known.number for known in self.of(pull.repository)), default=0)
        added = structs.replace(pull, number=number)
        self._pulls.append(added)
        return added

    def of(self, repository: str) -> list[PullRequest]:
        """The pull requests of a repository, the newest first."""
        return [pull for pull in reversed(self._pulls) if pull.repository == repository]

    def number(self, repository: str, number: int) -> PullRequest | None:
        """The pull request of that number."""
        return next((pull for pull in self.of(repository) if pull.number == number), None)

    def open_for(self, repository: str, base: str, topic: str) -> PullRequest | None:
        """The open pull request of *topic* for *base*."""
        same = (pull for pull in self.of(repository) if (pull.base, pull.topic) == (base, topic))
        return next((pull for pull in same if pull.is_open), None)


async def commit_of(path: Path, ref: str) -> str:
    """The commit that *ref* of the repository at *path* is at; empty when there is none."""
    told = await git_output(path, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    return (told or b"").decode().strip()


async def pull_json(pull: PullRequest, path: Path, forge_url: str) -> Json:
    """Tell *pull* as Forgejo does (modules/structs/pull.go), as far as anybody here reads it."""
    url = f"{forge_url}/{pull.repository}/pulls/{pull.number}"
    told: Json = {"id": pull.number, "number": pull.number, "url": url, "html_url": url, "title": pull.title}
    told |= {"body": pull.body, "user": {"login": pull.author}, "merged": pull.merged, "mergeable": pull.is_open}
    told |= {"state": "open" if pull.is_open else "closed", "draft": False}
    told["head"] = {"label": pull.topic, "ref": pull.topic, "sha": await commit_of(path, pull.head_ref)}
    told["base"] = {"label": pull.base, "ref": pull.base, "sha": await commit_of(path, f"refs/heads/{pull.base}")}
    return told
