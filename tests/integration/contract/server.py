"""
A Woodpecker server to hold to the contract: the stand-in, or the real one that HOMELAB_E2E_WOODPECKER_... name.

Configurations work on both: an agent with the `dummy` backend reads SLEEP and STEP_EXIT_CODE of a step's
environment, the stand-in runs its commands, which do the same.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import requests
import yaml

Json = dict[str, Any]
T = TypeVar("T")

WAIT_SECONDS = 20.0
POLL_SECONDS = 0.02
LOGIN = "lab"


def step(name: str, *, nap: float = 0, exit_code: int = 0, **keys: Any) -> Json:
    """A step that takes *nap* seconds and ends with *exit_code*; *keys* are added to it."""
    environment: Json = {"NAP": str(nap), "SLEEP": f"{int(nap * 1000)}ms", "CODE": str(exit_code)}
    if exit_code:
        environment["STEP_EXIT_CODE"] = str(exit_code)
    return {
        "name": name,
        "image": "dummy",
        "environment": environment,
        "commands": ["sleep $NAP", "exit $CODE"],
        **keys,
    }


def workflow(*steps: Json, **keys: Any) -> str:
    """The text of a configuration file."""
    return yaml.safe_dump({"when": {"event": ["push", "manual", "tag"]}, "steps": list(steps), **keys}, sort_keys=False)


def new_branch() -> str:
    """A name that no branch has, on a server that has seen this before."""
    return f"contract-{uuid4().hex[:12]}"


class ContractServer:
    """One server, asked over HTTP, and the repositories that it builds."""

    def __init__(self, url: str, token: str, repository: str, remote: Path, scratch: Path) -> None:
        self.url = url.rstrip("/")
        self.repository = repository
        self.session = requests.Session()
        self.session.trust_env = False
        self.good_token = token
        self._remote = remote
        self._scratch = scratch
        self._tips: dict[str, str] = {}
        self.git("init", "--quiet", str(scratch))
        found = self.get(f"/api/repos/lookup/{repository}")
        self.repository_id = found.json()["id"]

    def on(self, name: str) -> "ContractServer | None":
        """The same server with the repository *name* of the same owner; None when it has none."""
        owner = self.repository.partition("/")[0]
        if self.get(f"/api/repos/lookup/{owner}/{name}").status_code != requests.codes.ok:
            return None
        remote = self._remote.with_name(f"{name}.git")
        return ContractServer(
            self.url, self.good_token, f"{owner}/{name}", remote, self._scratch.with_name(f"{name}-scratch")
        )

    def request(self, method: str, path: str, *, token: str | None = None, **options: Any) -> requests.Response:
        """Ask with the good token; with another one, or none when it is empty."""
        value = self.good_token if token is None else token
        headers = {"Authorization": f"Bearer {value}"} if value else {}
        defaults: Json = {"headers": headers, "timeout": WAIT_SECONDS, "allow_redirects": False}
        return self.session.request(method, self.url + path, **defaults | options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.request("POST", path, **options)

    @property
    def base(self) -> str:
        """The path of the repository."""
        return f"/api/repos/{self.repository_id}"

    def rows(self, **query: Any) -> list[Json]:
        """A page of the list."""
        found: list[Json] = self.get(f"{self.base}/pipelines", params=query).json()
        return found

    def detail(self, number: int) -> Json:
        """One pipeline."""
        found: Json = self.get(f"{self.base}/pipelines/{number}").json()
        return found

    def git(self, *arguments: str) -> str:
        """Run git in the scratch clone."""
        command = ["git", *(() if arguments[0] == "init" else ("-C", str(self._scratch))), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def push(
        self, files: Mapping[str, str], message: str = "try the contract", *, branch: str | None = None, tag: str = ""
    ) -> str:
        """Push a commit that holds *files* and a stamp, on top of *branch* (a new one); returns its sha."""
        branch = new_branch() if branch is None else branch
        if branch in self._tips:
            self.git("checkout", "--quiet", "--detach", self._tips[branch])
        else:
            self.git("checkout", "--quiet", "--orphan", f"made-{uuid4().hex}")
        self.git("rm", "-r", "-f", "-q", "--ignore-unmatch", ".")
        for name, text in {"stamp": uuid4().hex, **files}.items():
            path = self._scratch / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", f"--message={message}")
        refs = [f"+HEAD:refs/heads/{branch}"]
        if tag:
            self.git("tag", "--annotate", f"--message={tag}", tag)
            refs.append(f"refs/tags/{tag}")
        self.git("push", "--quiet", str(self._remote), *refs)
        self._tips[branch] = self.git("rev-parse", "HEAD")
        return self._tips[branch]

    def appears(self, commit: str, *, after: int = 0) -> Json:
        """Wait for a pipeline of *commit* whose id is above *after*; returns its row."""
        return eventually(
            lambda: next((row for row in self.rows() if row["commit"] == commit and row["id"] > after), None),
            f"a pipeline of {commit}",
        )

    def reaches(self, row: Json, *statuses: str) -> Json:
        """Wait until a pipeline has one of *statuses*; an end counts once no workflow of it goes on."""

        def reached() -> Json | None:
            last = self.detail(row["number"])
            assert last["id"] == row["id"]
            active = {"running", "pending"} & {found["state"] for found in last.get("workflows") or []}
            return last if last["status"] in statuses and not (last["finished"] and active) else None

        return eventually(reached, f"pipeline {row['number']} to become {statuses}")

    def reaches_workflows(self, row: Json) -> Json:
        """Wait until a pipeline has its workflows: they are written after its row."""
        return eventually(lambda: last if (last := self.detail(row["number"])).get("workflows") else None, "workflows")

    def run(self, files: Mapping[str, str], *statuses: str, message: str = "try the contract") -> Json:
        """Push *files* and wait for the end of their pipeline."""
        return self.reaches(self.appears(self.push(files, message)), *statuses)

    def restart(self, number: int) -> Json:
        """Restart a pipeline; a server whose database is locked answers 500 and saves nothing, which is ridden out."""

        def restarted() -> Json | None:
            answer = self.post(f"{self.base}/pipelines/{number}")
            assert answer.status_code in {requests.codes.ok, requests.codes.server_error}
            made: Json | None = answer.json() if answer.ok else None
            return made

        return eventually(restarted, f"pipeline {number} to be restarted")

    def log(self, pipeline: Json, found: Json) -> list[Json] | None:
        """The log of the step *found*."""
        lines: list[Json] | None = self.get(f"{self.base}/logs/{pipeline['number']}/{found['id']}").json()
        return lines

    @contextmanager
    def listening(self, *, token: str | None = None) -> Iterator["Listener"]:
        """Listen to the event stream; the first ping has been read."""
        with self.get("/api/stream/events", token=token, stream=True, timeout=WAIT_SECONDS) as answer:
            listener = Listener(answer)
            assert next(listener.lines) == b": ping"
            yield listener


class Listener:
    """The event stream as it comes."""

    def __init__(self, answer: requests.Response) -> None:
        self.headers = answer.headers
        self.lines = (line for line in answer.iter_lines(chunk_size=1) if line)

    def until(self, ended: Callable[[Json], bool]) -> list[Json]:
        """Every event until the pipeline of one has *ended*."""
        told: list[Json] = []
        for line in self.lines:
            if line.startswith(b"data: "):
                told.append(json.loads(line.removeprefix(b"data: ")))
                if ended(told[-1]["pipeline"]):
                    break
        return told


def eventually(question: Callable[[], T | None], what: str) -> T:
    """Ask until the answer is one; fail when it takes too long."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        answer = question()
        if answer is not None:
            return answer
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"waited in vain for {what}")


def steps_of(pipeline: Json) -> dict[str, Json]:
    """The steps of a pipeline with one step of each name, without clone."""
    every = [found for each in pipeline["workflows"] for found in each["children"]]
    return {found["name"]: found for found in every if found["type"] != "clone"}


def workflows_of(pipeline: Json) -> dict[str, Json]:
    """The workflows of a pipeline by name."""
    return {found["name"]: found for found in pipeline["workflows"]}


def real_server(scratch: Path) -> ContractServer:
    """The server that the environment names."""
    url, token, repository, remote = (
        os.environ[f"HOMELAB_E2E_WOODPECKER_{name}"] for name in ("URL", "TOKEN", "REPOSITORY", "REMOTE")
    )
    return ContractServer(url, token, repository, Path(remote), scratch)
