"""The forge as git and its API show it: protected branches, pull requests by API and by pushing."""

import subprocess
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from homelab_tasks.sandbox.git import git
from homelab_tasks.sandbox.homelab import Homelab
from tests.integration.sandbox.pinned import Ci

API = "/api/v1/repos/lab/app"


@pytest.fixture
def api(shared_homelab: Homelab) -> Iterator["Api"]:
    made = Api(shared_homelab)
    yield made
    made.close()
    shared_homelab.unprotect()


class Api(Ci):
    """The forge's API."""

    def __init__(self, homelab: Homelab) -> None:
        super().__init__(homelab, token=homelab.forge_token)

    def ask(self, method: str, path: str, **options: Any) -> Any:
        return self.request(method, path, host="git.homelab.test", **options)


def commit(homelab: Homelab, message: str = "Propose it") -> str:
    git(homelab.app, "checkout", "--quiet", "--detach", "origin/main")
    (homelab.app / "proposed").write_text(uuid4().hex)
    git(homelab.app, "add", "--all")
    git(homelab.app, "commit", "--quiet", f"--message={message}")
    return git(homelab.app, "rev-parse", "HEAD")


def push(homelab: Homelab, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = ["git", "-C", str(homelab.app), "push", "--porcelain", "origin", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_protected_branch_refuses_with_the_words_of_the_forge(shared_homelab: Homelab, api: Api) -> None:
    shared_homelab.protect("main")
    commit(shared_homelab)

    refused = push(shared_homelab, "HEAD:refs/heads/main")
    elsewhere = push(shared_homelab, f"HEAD:refs/heads/topic-{uuid4().hex}")

    assert refused.returncode == 1
    assert "remote: Forgejo: Not allowed to push to protected branch main" in refused.stderr
    assert "[remote rejected] (pre-receive hook declined)" in refused.stdout
    assert elsewhere.returncode == 0
    told = api.ask("GET", f"{API}/branches/main").json()
    assert (told["protected"], told["user_can_push"]) == (True, False)


def test_a_pull_request_of_a_branch_is_opened_once_and_read_back(shared_homelab: Homelab, api: Api) -> None:
    sha, topic = commit(shared_homelab), f"topic-{uuid4().hex}"
    push(shared_homelab, f"HEAD:refs/heads/{topic}")
    wanted = {"head": topic, "base": "main", "title": "Please"}

    opened, again = api.ask("POST", f"{API}/pulls", json=wanted), api.ask("POST", f"{API}/pulls", json=wanted)

    pull = opened.json()
    assert (opened.status_code, again.status_code) == (201, 409)
    assert (pull["state"], pull["head"]["ref"], pull["head"]["sha"], pull["base"]["ref"]) == (
        "open",
        topic,
        sha,
        "main",
    )
    assert pull["html_url"].endswith(f"/lab/app/pulls/{pull['number']}")
    assert pull in api.ask("GET", f"{API}/pulls?state=open").json()
    assert api.ask("GET", f"{API}/pulls/{pull['number']}").json() == pull


@pytest.mark.parametrize("wanted", [{"head": "nowhere", "base": "main"}, {"head": "main", "base": "nowhere"}])
def test_a_pull_request_of_or_for_an_unknown_branch_is_404(api: Api, wanted: dict[str, str]) -> None:
    assert api.ask("POST", f"{API}/pulls", json=wanted).status_code == 404


def test_opening_a_pull_request_needs_a_token_and_reading_does_not(shared_homelab: Homelab, api: Api) -> None:
    anonymous = {"headers": {"Host": "git.homelab.test"}}

    assert api.ask("POST", f"{API}/pulls", json={"head": "main", "base": "main"}, **anonymous).status_code == 401
    assert api.ask("GET", f"{API}/pulls", **anonymous).status_code == 200


def test_a_push_for_a_branch_opens_a_pull_request_and_updates_it(shared_homelab: Homelab, api: Api) -> None:
    first, topic = commit(shared_homelab), f"topic-{uuid4().hex}"
    options = ("-o", f"topic={topic}", "-o", "title=Please")

    opened = push(shared_homelab, "HEAD:refs/for/main", *options)
    same = push(shared_homelab, "HEAD:refs/for/main", *options)
    second = commit(shared_homelab)
    updated = push(shared_homelab, "HEAD:refs/for/main", *options)

    pulls = [pull for pull in api.ask("GET", f"{API}/pulls").json() if pull["head"]["ref"] == topic]
    assert (opened.returncode, same.returncode, updated.returncode) == (0, 1, 0)
    assert f"Create a new pull request for '{topic}':" in opened.stderr
    assert f"refs/pull/{pulls[0]['number']}/head" in opened.stdout
    assert "The new commit is the same as the old commit" in same.stdout
    assert "Visit the existing pull request:" in updated.stderr
    assert [(pull["head"]["sha"], pull["title"]) for pull in pulls] == [(second, "Please")]
    assert first != second


@pytest.mark.parametrize(
    ("revision", "options", "words"),
    [
        ("HEAD", [], "The topic-branch option is not set"),
        ("origin/main", ["-o", "topic=x"], "The target branch already contains this commit"),
    ],
)
def test_a_push_for_a_branch_that_makes_no_sense_is_refused(
    shared_homelab: Homelab, revision: str, options: list[str], words: str
) -> None:
    commit(shared_homelab)

    refused = push(shared_homelab, f"{revision}:refs/for/main", *options)

    assert refused.returncode == 1
    assert words in refused.stdout


def test_merging_moves_the_protected_branch_and_ci_hears_of_it(shared_homelab: Homelab, api: Api) -> None:
    shared_homelab.protect("main")
    sha, topic = commit(shared_homelab), f"topic-{uuid4().hex}"
    push(shared_homelab, f"HEAD:refs/heads/{topic}")
    pull = api.ask("POST", f"{API}/pulls", json={"head": topic, "base": "main", "title": "Please"}).json()

    merged = api.ask("POST", f"{API}/pulls/{pull['number']}/merge", json={"Do": "merge"})

    assert merged.status_code == 200
    tip = git(shared_homelab.remote, "rev-parse", "refs/heads/main")
    assert git(shared_homelab.remote, "rev-parse", "refs/heads/main^2") == sha
    assert api.ask("GET", f"{API}/pulls/{pull['number']}").json()["merged"] is True
    ci = Ci(shared_homelab)
    assert ci.reaches(tip, "success")["branch"] == "main"
    ci.close()


def test_a_large_push_arrives_in_chunks(shared_homelab: Homelab) -> None:
    lines = "\n".join(uuid4().hex for _ in range(60_000))  # more than http.postBuffer, so that git sends chunks

    sha = shared_homelab.push({"large": lines}, "Something large [ci skip]", branch=f"large-{uuid4().hex}")

    assert git(shared_homelab.remote, "cat-file", "-t", sha) == "commit"
