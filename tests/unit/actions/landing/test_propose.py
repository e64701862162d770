"""Proposals: a pull request that is there is told with its URL, and one that is not with the reason."""

from collections.abc import Sequence

from homelab_tasks.actions.landing.propose import Proposal, propose
from homelab_tasks.actions.waiting import Patience
from homelab_tasks.errors import RejectedError
from homelab_tasks.model.events import Verdict
from homelab_tasks.model.landing.landing import RefChange, RemoteState
from homelab_tasks.model.landing.pull_request import BranchEnd, PullRequest
from homelab_tasks.model.landing.push_result import PushResult, RefUpdate
from homelab_tasks.model.verdict import Word
from tests.fakes.clock import FakeClock

TIP = "1" * 40
PROPOSAL = Proposal(topic="topic", tip=TIP, trunk="main", title="A title", reason="main is protected")


class FakeRemote:
    """Knows no AGit; takes branches."""

    def __init__(self) -> None:
        self.refs = dict[str, str]()

    def look(self, *refs: str) -> RemoteState:
        return RemoteState(head="main", refs={ref: self.refs[ref] for ref in refs if ref in self.refs})

    def offer(self, source: str, target: str, *, timeout: float | None, options: Sequence[str] = ()) -> PushResult:
        assert timeout
        if options:
            return PushResult(code=128, updates=(), done=False, remote=(), errors="fatal: no push options here")
        self.refs[target] = source
        update = RefUpdate(flag="*", source=source, target=target, summary="[new branch]")
        return PushResult(code=0, updates=(update,), done=True, remote=(), errors="")

    def push(self, *changes: RefChange, timeout: float | None, hooks: bool = True) -> PushResult:
        raise AssertionError(f"nothing is to be pushed: {changes}, {timeout}, {hooks}")


class FakeForge:
    """Holds *pull*, and opens none where it *refuses*."""

    def __init__(self, pull: PullRequest | None = None, *, refuses: RejectedError | None = None) -> None:
        self._pull = pull
        self._refuses = refuses

    def find(self, *, topic: str, tip: str, trunk: str) -> PullRequest | None:
        assert (topic, tip, trunk) == ("topic", TIP, "main")
        return self._pull

    def open(self, *, topic: str, trunk: str, title: str) -> PullRequest | None:
        assert (topic, trunk, title) == ("topic", "main", "A title")
        if self._refuses is not None:
            raise self._refuses
        return None


def verdict(forge: FakeForge, remote: FakeRemote) -> Verdict:
    events = list(propose(PROPOSAL, remote, forge, Patience(FakeClock(), server="git.lab", retry_for=30)))
    last = events[-1]
    assert isinstance(last, Verdict)
    return last


def test_forges_reason_is_told_when_it_opens_none() -> None:
    told = verdict(FakeForge(refuses=RejectedError("the title is too long", status=422)), FakeRemote())

    assert told.verdict is Word.FAILED
    assert told.reason == "main is protected, and no pull request is there: the title is too long"


def test_pull_request_of_another_with_the_same_branch_name_is_not_ours_when_none_appears() -> None:
    forked = PullRequest(number=7, html_url="https://git.lab/pulls/7", head=BranchEnd(ref="topic", sha="2" * 40))

    assert verdict(FakeForge(forked), FakeRemote()).verdict is Word.FAILED


def test_failed_is_the_end_when_no_pull_request_appears() -> None:
    told = verdict(FakeForge(), FakeRemote())

    assert told.verdict is Word.FAILED
    assert "the pull request did not appear on the forge" in told.reason
