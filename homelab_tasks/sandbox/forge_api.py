"""The forge's API, as far as pull requests need it: Forgejo's paths, statuses and bodies (/api/v1)."""

import json
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from homelab_tasks.sandbox.git import git_output
from homelab_tasks.sandbox.pulls import Json, PullRequest, Pulls, commit_of, pull_json
from homelab_tasks.sandbox.repositories import Repositories
from homelab_tasks.sandbox.server_hooks import is_protected

VERSION = "11.0.1+gitea-1.22.0"
SAME_COMMIT = "The new commit is the same as the old commit"
MISSING_TOPIC = "The topic-branch option is not set"
MERGED_ALREADY = "The target branch already contains this commit"
PAGE_MOST = 50


class ForgeApi:
    """Answers for the repositories of a forge; changing something needs one of *tokens*."""

    def __init__(self, repositories: Repositories, pulls: Pulls, tokens: set[str], url: str = "") -> None:
        """Tell pull requests below *url*, which may be assigned later."""
        self.url = url
        self._repositories = repositories
        self._pulls = pulls
        self._tokens = tokens

    def routes(self) -> list[BaseRoute]:
        """Every path of the API, and the one that git's hook asks."""
        repository = "/api/v1/repos/{owner}/{name}"
        return [
            Route("/api/v1/version", self.version),
            Route(repository, self.repository),
            Route(repository + "/branches/{branch:path}", self.branch),
            Route(repository + "/pulls", self.list_pulls, methods=["GET"]),
            Route(repository + "/pulls", self.open_pull, methods=["POST"]),
            Route(repository + "/pulls/{number:int}", self.pull),
            Route(repository + "/pulls/{number:int}/merge", self.merge, methods=["POST"]),
            Route("/-/agit", self.offer, methods=["POST"]),
        ]

    async def version(self, _: Request) -> Response:
        """Tell the forge's version."""
        return JSONResponse({"version": VERSION})

    async def repository(self, request: Request) -> Response:
        """Tell of a repository, and what the token allows; a token that is none is refused."""
        name, path = self._repository(request)
        signed = self._is_signed(request)
        if "authorization" in request.headers and not signed:
            return _error(401, "invalid username, password or token")
        if not path.is_dir():
            return _error(404, "The target couldn't be found.")
        head = (await git_output(path, "symbolic-ref", "--short", "HEAD") or b"").decode().strip()
        told = {"full_name": name, "default_branch": head, "html_url": f"{self.url}/{name}"}
        return JSONResponse(told | {"permissions": {"admin": signed, "push": signed, "pull": True}})

    async def branch(self, request: Request) -> Response:
        """Tell of a branch, and whether it is protected."""
        name, (_, path) = request.path_params["branch"], self._repository(request)
        commit = await commit_of(path, f"refs/heads/{name}")
        if not commit:
            return _error(404, "The target couldn't be found.")
        protected = is_protected(path, name)
        told = {"name": name, "commit": {"id": commit}, "protected": protected, "user_can_push": not protected}
        return JSONResponse(told | {"required_approvals": 0, "status_check_contexts": [], "user_can_merge": True})

    async def list_pulls(self, request: Request) -> Response:
        """List pull requests by `state` (open), in pages."""
        name, path = self._repository(request)
        query = request.query_params
        wanted = {"open": {True}, "closed": {False}}.get(query.get("state", "open"), {True, False})
        pulls = [pull for pull in self._pulls.of(name) if pull.is_open in wanted]
        size = min(int(query.get("limit", PAGE_MOST)), PAGE_MOST)
        start = (int(query.get("page", 1)) - 1) * size
        return JSONResponse([await pull_json(pull, path, self.url) for pull in pulls[start : start + size]])

    async def open_pull(self, request: Request) -> Response:
        """Open a pull request of a branch: 401 without a token, 404 for an unknown branch, 409 when there is one."""
        if not self._is_signed(request):
            return _error(401, "token is required")
        name, path = self._repository(request)
        wanted = json.loads(await request.body())
        head, base = str(wanted.get("head", "")), str(wanted.get("base", ""))
        if not await commit_of(path, f"refs/heads/{head}") or not await commit_of(path, f"refs/heads/{base}"):
            return _error(404, "The target couldn't be found.")
        if self._pulls.open_for(name, base, head) is not None:
            return _error(409, "pull request already exists for these targets")
        title, body = str(wanted.get("title", "")), str(wanted.get("body") or "")
        made = PullRequest(
            number=0, repository=name, base=base, head_ref=f"refs/heads/{head}", topic=head, title=title, body=body
        )
        return JSONResponse(await pull_json(self._pulls.add(made), path, self.url), status_code=201)

    async def pull(self, request: Request) -> Response:
        """Tell of one pull request."""
        name, path = self._repository(request)
        found = self._pulls.number(name, request.path_params["number"])
        if found is None:
            return _error(404, "The target couldn't be found.")
        return JSONResponse(await pull_json(found, path, self.url))

    async def merge(self, request: Request) -> Response:
        """Merge a pull request, past the protection of its branch: 200, 405 when closed, 409 when it does not merge."""
        if not self._is_signed(request):
            return _error(401, "token is required")
        name, path = self._repository(request)
        found = self._pulls.number(name, request.path_params["number"])
        if found is None or not found.is_open:
            return _error(405, "Please try again later")
        base_ref = f"refs/heads/{found.base}"
        base, head = await commit_of(path, base_ref), await commit_of(path, found.head_ref)
        tree = await git_output(path, "merge-tree", "--write-tree", base, head)
        if tree is None:
            return _error(409, "merge conflict")
        message = f"Merge pull request '{found.title}' (#{found.number}) from {found.topic} into {found.base}"
        commit = await _commit(path, tree.decode().strip(), base, head, message)
        await git_output(path, "update-ref", base_ref, commit, base)
        found.merged = True
        await self._repositories.announce(name, base, commit, base_ref)
        return Response(status_code=200)

    async def offer(self, request: Request) -> Response:
        """Decide about a push to `refs/for/BRANCH` (services/agit/agit.go); asked by git's hook only."""
        offered = json.loads(await request.body())
        name, commit, options = offered["repository"], offered["commit"], offered["options"]
        path = self._repositories.path(name)
        base, _, topic = str(offered["ref"]).removeprefix("refs/for/").partition("/")
        topic = options.get("topic") or topic
        if not topic:
            return JSONResponse({"refused": MISSING_TOPIC})
        if await git_output(path, "merge-base", "--is-ancestor", commit, f"refs/heads/{base}") is not None:
            return JSONResponse({"refused": MERGED_ALREADY})
        found = self._pulls.open_for(name, base, topic)
        if found is not None and await commit_of(path, found.head_ref) == commit:
            return JSONResponse({"refused": SAME_COMMIT})
        words = "Visit the existing pull request:" if found else f"Create a new pull request for '{topic}':"
        if found is None:
            title = options.get("title") or topic
            made = PullRequest(number=0, repository=name, base=base, head_ref="", topic=topic, title=title)
            found = self._pulls.add(made)
            found.head_ref = f"refs/pull/{found.number}/head"
        await git_output(path, "update-ref", found.head_ref, commit)
        url = f"{self.url}/{name}/pulls/{found.number}"
        return JSONResponse({"ref": found.head_ref, "words": f"{words}\n  {url}"})

    def _repository(self, request: Request) -> tuple[str, Path]:
        name = f"{request.path_params['owner']}/{request.path_params['name']}"
        return name, self._repositories.path(name)

    def _is_signed(self, request: Request) -> bool:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() in {"token", "bearer"} and value in self._tokens


async def _commit(path: Path, tree: str, base: str, head: str, message: str) -> str:
    who = ("-c", "user.name=Forge", "-c", "user.email=forge@homelab.test")
    told = await git_output(path, *who, "commit-tree", tree, "-p", base, "-p", head, "-m", message)
    return (told or b"").decode().strip()


def _error(status: int, message: str) -> Response:
    told: Json = {"message": message, "url": "https://git.homelab.test/api/swagger"}
    return JSONResponse(told, status_code=status)
