"""Pushing a candidate: what is never pushed, and what is told of a push that does not get through."""

from collections.abc import Sequence
from typing import cast

import pytest

from homelab_tasks.actions.landing.push_candidate import push_candidate
from homelab_tasks.actions.landing.site import Site
from homelab_tasks.actions.waiting import Patience
from homelab_tasks.errors import HomelabError, TransientError
from homelab_tasks.model.events import Event, Land, LandPhase, Note, NoteKind
from homelab_tasks.model.landing.landing import Candidate, RefChange, RemoteState
from homelab_tasks.model.landing.push_result import PushResult, RefUpdate
from homelab_tasks.model.landing.refusal import Kind, Refusal
from tests.fakes.clock import FakeClock

TRUNK, BASE, COMMIT = "refs/heads/main", "b" * 40, "c" * 40
CANDIDATE = Candidate(commit=COMMIT, tree="a" * 40, base=BASE, attempt=1)
CUT = PushResult(code=128, updates=(), done=False, remote=(), errors="fatal: Empty reply from server")
TAKEN = PushResult(
    code=0,
    updates=(RefUpdate(flag=" ", source="candidate", target=TRUNK, summary="b..c"),),
    done=True,
    remote=(),
    errors="",
)


class FakeRemote:
    """Answers pushes with *results*, the last one again and again; is away for the first *away* looks."""

    def __init__(self, *results: PushResult, away: int = 0) -> None:
        self._results = list(results)
        self._away = away
        self.pushes = 0
        self.trunk = BASE

    def keep(self, name: str, commit: str) -> str:
        assert commit == COMMIT
        return f"refs/land/1/{name}"

    def push(
        self, *changes: RefChange, timeout: float | None, hooks: bool = True, submodules: bool = False
    ) -> PushResult:
        assert changes == (RefChange(source="refs/land/1/candidate", target=TRUNK, expected=BASE),)
        assert timeout
        assert hooks
        assert not submodules
        self.pushes += 1
        result = self._results.pop(0) if len(self._results) > 1 else self._results[0]
        self.trunk = COMMIT if result is TAKEN else self.trunk
        return result

    def look(self, *refs: str) -> RemoteState:
        assert refs == (TRUNK,)
        if self._away > 0:
            self._away -= 1
            raise TransientError("the git remote: connection refused")
        return RemoteState(head="main", refs={TRUNK: self.trunk})


class FakeMerger:
    """Knows one line of first parents."""

    def __init__(self, line: Sequence[tuple[str, str | None]]) -> None:
        self._line = tuple(line)

    def first_parents(self, tip: str, base: str) -> tuple[tuple[str, str | None], ...]:
        assert (tip, base) == (COMMIT, BASE)
        return self._line

    def has_submodules(self, commit: str) -> bool:
        assert commit == COMMIT
        return False


def pushed(
    remote: FakeRemote, *, line: Sequence[tuple[str, str | None]] = ((COMMIT, BASE),), deadline: float | None = None
) -> tuple[list[Event], Refusal | None]:
    clock = FakeClock()
    patience = Patience(clock, server="git.lab", retry_for=30, deadline=deadline)
    unused = dict.fromkeys(("clone", "checkout", "verified", "journal", "presence", "jitter"))
    parts = {**unused, "remote": remote, "merger": FakeMerger(line), "patience": patience}
    pushing = push_candidate(Site(**cast("dict[str, None]", parts)), "main", CANDIDATE, ())  # type: ignore[arg-type]
    events: list[Event] = []
    try:
        while True:
            events.append(next(pushing))
    except StopIteration as stop:
        return events, cast("Refusal | None", stop.value)


def notes(events: Sequence[Event]) -> list[tuple[NoteKind, str]]:
    return [(event.kind, event.text) for event in events if isinstance(event, Note)]


@pytest.mark.parametrize("line", [(), ((COMMIT, "d" * 40),), (("e" * 40, "d" * 40), (COMMIT, "e" * 40))])
def test_nothing_is_pushed_when_the_candidate_does_not_follow_the_trunk(
    line: Sequence[tuple[str, str | None]],
) -> None:
    remote = FakeRemote(TAKEN)

    with pytest.raises(HomelabError, match="was not pushed"):
        pushed(remote, line=line)

    assert remote.pushes == 0


def test_candidate_of_a_train_is_pushed_when_others_of_it_are_between() -> None:
    events, refusal = pushed(FakeRemote(TAKEN), line=(("d" * 40, BASE), (COMMIT, "d" * 40)))

    assert refusal is None
    assert [event.phase for event in events if isinstance(event, Land)] == [LandPhase.PUSH, LandPhase.CONFIRM]


def test_outage_is_told_once_when_many_pushes_do_not_get_through() -> None:
    events, refusal = pushed(FakeRemote(CUT, CUT, CUT, CUT, TAKEN))

    assert refusal is None
    assert notes(events) == [
        (NoteKind.RETRYING, "the push did not get through: fatal: Empty reply from server; retrying"),
        (NoteKind.RECOVERED, "git.lab is answering again after 8s, 5 tries"),
    ]
    assert [event.phase for event in events if isinstance(event, Land)] == [LandPhase.PUSH, LandPhase.CONFIRM]


def test_outage_is_told_once_when_the_server_is_away_after_the_push_too() -> None:
    events, _ = pushed(FakeRemote(CUT, TAKEN, away=3))

    assert [kind for kind, _ in notes(events)] == [NoteKind.RETRYING, NoteKind.RECOVERED]


def test_network_is_the_refusal_when_no_push_gets_through_in_time() -> None:
    events, refusal = pushed(FakeRemote(CUT), deadline=20.0)

    assert refusal is not None
    assert refusal.kind is Kind.NETWORK
    assert [kind for kind, _ in notes(events)] == [NoteKind.RETRYING]
