"""Landing over HTTP while the way to the forge fails: before, during and after the push."""

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from homelab_tasks.errors import UnavailableError
from homelab_tasks.model.verdict import Word
from homelab_tasks.sandbox.homelab import GIT_HOST, Homelab
from tests.integration.git_repositories import git, write
from tests.integration.landings import events_of, first_parents, hook, landed, start_topic, texts, verdict_of
from tests.servers import RESET, Asked, Server, response

PUSH = "git-receive-pack"


class Way:
    """The way to the forge: passes requests on, and fails as a test says."""

    def __init__(self, upstream: str) -> None:
        self._host = upstream.removeprefix("http://")
        self.cut_before = 0
        self.cut_after = 0
        self.refuse_push: list[int] = []
        self.refuse_all: list[int] = []
        self.pushes = 0

    def __call__(self, asked: Asked) -> Iterator[bytes]:
        is_push = asked.method == "POST" and asked.target.endswith(PUSH)
        if self.refuse_all:
            yield from response(status=self.refuse_all.pop(0))
            return
        if is_push and asked.body != b"0000":
            self.pushes += 1
            if self.refuse_push:
                yield from response(status=self.refuse_push.pop(0))
                return
            if self.cut_before:
                self.cut_before -= 1
                yield RESET
                return
        answer = self._pass_on(asked)
        if is_push and asked.body != b"0000" and self.cut_after:
            self.cut_after -= 1
            yield RESET
            return
        yield from answer

    def _pass_on(self, asked: Asked) -> list[bytes]:
        connection = http.client.HTTPConnection(self._host)
        kept = {name: value for name, value in asked.headers.items() if name not in {"host", "content-length"}}
        connection.request(asked.method, asked.target, body=asked.body or None, headers={**kept, "Host": GIT_HOST})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return response(body, status=answer.status, content_type=answer.headers.get("Content-Type", ""))


@pytest.fixture
def way(shared_homelab: Homelab) -> Way:
    return Way(shared_homelab.direct_url(GIT_HOST))


@pytest.fixture
def server(way: Way) -> Iterator[Server]:
    with Server(way) as running:
        yield running


@pytest.fixture
def remote(shared_homelab: Homelab, tmp_path: Path) -> Path:
    name = f"lab/{tmp_path.name.replace('[', '-').replace(']', '').lower()}"
    shared_homelab.add_repository(name)
    bare = shared_homelab.repositories.path(name)
    commit = git(bare, "commit-tree", "-m", "Start", git(bare, "hash-object", "-t", "tree", "-w", "/dev/null"))
    git(bare, "update-ref", "refs/heads/main", commit)
    return bare


@pytest.fixture
def work(server: Server, remote: Path, tmp_path: Path) -> Path:
    url = f"http://127.0.0.1:{server.port}/lab/{remote.name}"
    git(tmp_path, "clone", "--quiet", url, "work")
    work = tmp_path / "work"
    git(work, "config", "user.name", "Ada")
    git(work, "config", "user.email", "ada@example.org")
    start_topic(work)
    return work


@pytest.mark.scenario(41)
def test_change_has_landed_once_when_the_answer_to_the_push_is_lost(work: Path, way: Way, remote: Path) -> None:
    way.cut_after = 1

    verdict = landed(work)

    assert verdict.verdict is Word.LANDED
    assert way.pushes <= 2  # curl itself asks again where a kept connection breaks before the first byte
    assert first_parents(remote)[0] == verdict.commit
    assert len(first_parents(remote)) == 2


@pytest.mark.scenario(39)
def test_push_is_made_again_when_it_never_arrived(work: Path, way: Way, remote: Path) -> None:
    way.cut_before = 2

    events = events_of(work)

    assert verdict_of(events).verdict is Word.LANDED
    assert "the push did not get through" in texts(events)
    assert way.pushes == 3
    assert len(first_parents(remote)) == 2


@pytest.mark.scenario(39)
@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_trouble_of_the_server_is_ridden_out_when_time_is_left(work: Path, way: Way, remote: Path, status: int) -> None:
    way.refuse_push = [status]
    way.refuse_all = [status] * 2

    assert landed(work).verdict is Word.LANDED
    assert len(first_parents(remote)) == 2


@pytest.mark.scenario(38)
@pytest.mark.parametrize("status", [401, 403])
def test_refusal_of_who_we_are_is_believed_when_it_lasts(work: Path, way: Way, remote: Path, status: int) -> None:
    way.refuse_push = [status] * 100
    began = time.monotonic()

    verdict = landed(work)

    assert verdict.verdict is Word.DENIED
    assert 4 < time.monotonic() - began < 25
    assert len(first_parents(remote)) == 1


@pytest.mark.scenario(38)
def test_refusal_of_who_we_are_is_ridden_out_when_it_was_one_bad_answer(work: Path, way: Way) -> None:
    way.refuse_push = [403]

    assert landed(work).verdict is Word.LANDED


@pytest.mark.scenario(22)
def test_unavailable_is_the_end_when_the_server_stays_away(work: Path, way: Way, remote: Path) -> None:
    way.refuse_all = [503] * 1000

    with pytest.raises(UnavailableError, match="could not be reached"):
        landed(work, timeout=2.0)

    way.refuse_all = []
    assert landed(work).verdict is Word.LANDED
    assert len(first_parents(remote)) == 2


@pytest.mark.scenario(22)
def test_outage_is_told_once_when_the_server_comes_back(work: Path, way: Way) -> None:
    way.refuse_all = [503] * 10_000
    threading.Timer(1.5, way.refuse_all.clear).start()

    events = events_of(work)

    assert verdict_of(events).verdict is Word.LANDED
    assert texts(events).count("; retrying") == 1
    assert texts(events).count("is answering again") == 1


@pytest.mark.scenario(30)
def test_race_is_told_from_protection_when_the_server_words_it_as_other_forges_do(
    work: Path, way: Way, remote: Path, tmp_path: Path
) -> None:
    once = f"test -f {tmp_path}/once && exit 0; touch {tmp_path}/once"
    commit = "git -c user.name=x -c user.email=x@y commit-tree -p main -m raced main^{tree}"
    move = f"git update-ref refs/heads/main $({commit})"
    unset = "unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES"
    hook(remote, "update", f'test "$1" = refs/heads/main || exit 0; {once}; {unset}; {move}')

    assert landed(work).verdict is Word.LANDED
    assert len(first_parents(remote)) == 3


@pytest.mark.scenario(22)
def test_unavailable_is_the_end_within_the_time_when_the_server_takes_the_call_and_says_nothing(
    work: Path, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        git(work, "remote", "set-url", "origin", f"http://127.0.0.1:{silent.getsockname()[1]}/x.git")
        write(tmp_path, "tasks.py", "from homelab_tasks.tasks.namespace import namespace as ns\n")
        program = [sys.executable, "-m", "invoke", "work.land", "--no-verify", "--no-ci-watch", "--timeout", "3"]
        variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        began = time.monotonic()

        done = subprocess.run(program, cwd=work, env=variables, capture_output=True, text=True, check=False)

    assert done.returncode == 69, done.stderr
    assert time.monotonic() - began < 15
