"""Any legal life of a commit's pipelines, behind any schedule of faults, ends in the right verdict."""

import json
from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from msgspec import structs

from homelab_tasks.actions.pipelines.board import Rules
from homelab_tasks.actions.pipelines.watch_pipelines import watch_pipelines
from homelab_tasks.actions.pipelines.watch_request import ShownLogs, WatchRequest
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Event, Note, NoteKind, Verdict
from homelab_tasks.model.pipelines.pipeline import CancelInfo, Pipeline
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.model.verdict import PIPELINES_WORST_FIRST, Word, worst
from homelab_tasks.report.open_view import open_view
from tests.fakes.clock import FakeClock
from tests.fakes.server import (
    COMMIT,
    ERRORS,
    ROW,
    Fault,
    Life,
    ServerModel,
    started,
    states,
    with_cancel_info,
    workflow,
)

GREEN, RED = (workflow("success", "success", "success"),), (workflow("failure", "success", "failure"),)
RUNNING = (workflow("running", "success", "running"),)
STOPPED = (workflow("killed", "success", "killed"),)
NEWER_COMMIT = "a7710bd" + "0" * 33


def _success(row: Pipeline, begin: float, run: float) -> Life:
    return states(row, *started(row, begin, run), (begin + run, "success", GREEN))


def _ignored_failure(row: Pipeline, begin: float, run: float) -> Life:
    flows = (workflow("success", "failure", "success"),)
    return states(row, *started(row, begin, run), (begin + run, "success", flows))


def _failure(row: Pipeline, begin: float, run: float) -> Life:
    early = (workflow("failure", "success", "failure"), workflow("running", "running", pid=9, name="slow"))
    late = (RED[0], workflow("success", "success", pid=9, name="slow"))
    return states(row, *started(row, begin, run), (begin + run / 2, "running", early), (begin + run, "failure", late))


def _error(row: Pipeline, begin: float, run: float) -> Life:
    broken = structs.replace(row, errors=ERRORS)
    return states(broken, (begin, "created", None), (begin + 0.1, "error", None))


def _cancelled(row: Pipeline, begin: float, run: float) -> Life:
    life = states(
        row, *started(row, begin, run), (begin + run, "killed", RUNNING), (begin + run + 3, "killed", STOPPED)
    )
    return with_cancel_info(life, begin + run, CancelInfo(canceled_by_user="lab"))


def _cancelled_but_green(row: Pipeline, begin: float, run: float) -> Life:
    life = states(row, *started(row, begin, run), (begin + run, "killed", RUNNING), (begin + run + 4, "success", GREEN))
    return with_cancel_info(life, begin + run, CancelInfo(canceled_by_user="lab"))


def _cancelled_with_an_orphan(row: Pipeline, begin: float, run: float) -> Life:
    life = states(row, *started(row, begin, run), (begin + run, "killed", RUNNING))
    return with_cancel_info(life, begin + run, CancelInfo(canceled_by_user="lab"))


def _killed_by_nobody(row: Pipeline, begin: float, run: float) -> Life:
    return states(row, *started(row, begin, run), (begin + run, "killed", STOPPED))


def _stopped_by_a_step(row: Pipeline, begin: float, run: float) -> Life:
    life = states(
        row, *started(row, begin, run), (begin + run, "killed", RUNNING), (begin + run + 1, "killed", STOPPED)
    )
    return with_cancel_info(life, begin + run, CancelInfo(canceled_by_step="step-1"))


def _declined(row: Pipeline, begin: float, run: float) -> Life:
    return states(row, (begin, "declined", None))


def _blocked(row: Pipeline, begin: float, run: float) -> Life:
    return states(row, (begin, "blocked", (workflow("blocked", "blocked"),)))


def _all_skipped(row: Pipeline, begin: float, run: float) -> Life:
    flows = (workflow("skipped", "skipped"), workflow("skipped", "killed", pid=9))
    return states(row, *started(row, begin, run)[:2], (begin + run, "success", flows))


FATES: dict[Word, tuple[Callable[[Pipeline, float, float], Life], ...]] = {
    Word.PASSED: (_success, _ignored_failure, _cancelled_but_green),
    Word.FAILED: (_failure, _error, _killed_by_nobody, _stopped_by_a_step),
    Word.CANCELLED: (_cancelled, _cancelled_with_an_orphan, _declined),
    Word.BLOCKED: (_blocked,),
    Word.SKIPPED: (_all_skipped,),
}
SETTLED = [(word, life) for word, lives in FATES.items() for life in lives]

moments = st.floats(0, 60, allow_nan=False).map(lambda value: round(value, 2))
runs = st.floats(0.5, 200, allow_nan=False).map(lambda value: round(value, 2))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[tuple[Life, ...], set[Word]]:
    """Draw the lives on a server, and the words that a right watch of COMMIT may end with."""
    lives, words = [], []
    count, begin = draw(st.integers(1, 3)), draw(moments)  # a sibling that comes after the end is nobody's to await
    for index in range(count):
        # Distinct refs: each is judged for itself. Ids and numbers run apart, as on a real server.
        row = structs.replace(ROW, id=50 + 10 * index, number=30 + 10 * index, ref=f"refs/heads/b{index}")
        word, life = draw(st.sampled_from(SETTLED))
        run = draw(runs)
        if draw(st.booleans()):
            lives.append(life(row, begin, run))
        else:
            lives += _superseded(draw, row, begin, run, life)
        words.append(word)
    noise = structs.replace(ROW, id=1, number=1, commit=NEWER_COMMIT, event="push")
    lives.append(_failure(noise, 0.0, 5.0))
    return tuple(lives), _allowed(words)


def _superseded(
    draw: st.DrawFn, row: Pipeline, begin: float, run: float, life: Callable[[Pipeline, float, float], Life]
) -> list[Life]:
    """Draw a chain of pipelines, each superseding the one before; the last has the drawn *life*."""
    chain = []
    for hop in range(draw(st.integers(1, 3))):
        newer = structs.replace(row, id=row.id + 1, number=row.number + 1, commit=f"{hop:07x}" + "b" * 33)
        end = begin + draw(st.floats(0.5, 5))
        stopped = states(row, *started(row, begin, run), (end, "killed", RUNNING), (end + 0.5, "killed", STOPPED))
        chain.append(with_cancel_info(stopped, end, CancelInfo(superseded_by=newer.number)))
        row, begin = newer, end - 0.1
    return [*chain, life(row, begin, run)]


def _allowed(words: list[Word]) -> set[Word]:
    """Say which verdicts are right: the worst of all; and at a blocked one it ends at once, unless worse has ended."""
    right = worst(words, PIPELINES_WORST_FIRST)
    if Word.BLOCKED not in words:
        return {right}
    return {word for word in words if PIPELINES_WORST_FIRST.index(word) <= PIPELINES_WORST_FIRST.index(Word.BLOCKED)}


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    kind = draw(st.sampled_from(["refused", "empty bodies", "HTML", "torn JSON", "HTTP 502", "401", "404"]))
    everything = ["user", "repository", "list", "detail", "log", "stream"]
    questions = draw(st.sets(st.sampled_from(everything), min_size=1))
    # A refusal is believed when it lasts: 5 s for a question that was never answered, 30 s after that.
    longest = 4.0 if kind in {"401", "404"} else 50.0
    return Fault(
        begin=draw(st.floats(0, 250)), seconds=draw(st.floats(0, longest)), kind=kind, questions=frozenset(questions)
    )


def _far_apart(drawn: list[Fault]) -> tuple[Fault, ...]:
    """Keep refusals from touching each other, which would be one that lasts."""
    kept: list[Fault] = []
    for fault in sorted(drawn, key=lambda fault: fault.begin):
        if not kept or fault.begin > max(other.begin + other.seconds for other in kept) + 3:
            kept.append(fault)
    return tuple(kept)


CANARY = "wp-canary-token/that=nobody+may see"
SECRETS = Secrets()
SECRETS.add(CANARY)


class Tally:
    """Counts what was tried, for the end of a soak."""

    def __init__(self) -> None:
        self.lives = self.wrong = self.leaks = 0


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Tells at the end of a soak what came of it."""
    counts = Tally()
    yield counts
    if request.config.getoption("--soak"):
        seed = request.config.getoption("--hypothesis-seed")
        print(f"\n{counts.lives} lives, {counts.wrong} wrong verdicts, {counts.leaks} leaks (seed {seed})")  # noqa: T201 - what a soak is run for


def watch(model: ServerModel, shown: ShownLogs) -> list[Event]:
    request = WatchRequest(
        repository="lab/app", commit=Commit(sha=COMMIT), rules=Rules(stuck_after=100_000), logs=shown
    )
    return list(watch_pipelines(model, model.clock, request, contains=lambda ancestor, descendant: True))


def printed(events: list[Event], *, for_programs: bool) -> tuple[str, str]:
    """What a view prints of *events*, on stdout and stderr."""
    stdout, stderr = StringIO(), StringIO()
    view = open_view(
        json=for_programs, stdout=stdout, stderr=stderr, environment={}, clock=FakeClock(), secrets=SECRETS
    )
    for event in events:
        view.show(event)
    view.close()
    return stdout.getvalue(), stderr.getvalue()


@pytest.mark.soak
@given(
    world=worlds(),
    schedule=st.lists(faults(), max_size=8).map(_far_apart),
    stream=st.tuples(
        st.frozensets(st.integers(0, 30)), st.lists(st.sampled_from([0.0, 0.0, 0.5, 7.0]), max_size=5).map(tuple)
    ),
    shown=st.sampled_from(ShownLogs),
)
def test_verdict_is_right_whatever_goes_wrong_on_the_way(
    tally: Tally,
    world: tuple[tuple[Life, ...], set[Word]],
    schedule: tuple[Fault, ...],
    stream: tuple[frozenset[int], tuple[float, ...]],
    shown: ShownLogs,
) -> None:
    lives, allowed = world
    model = ServerModel(FakeClock(), lives, schedule, *stream, words=f" token={CANARY}")

    events = watch(model, shown)

    for event in events:
        note(repr(event))
    verdicts = [event for event in events if isinstance(event, Verdict)]
    is_right = verdicts == events[-1:] and verdicts[0].verdict in allowed
    outputs = {form: printed(events, for_programs=form) for form in (True, False)}
    leaks = [text for texts in outputs.values() for text in texts if CANARY in text]
    tally.lives += 1
    tally.wrong += not is_right
    tally.leaks += bool(leaks)
    assert is_right, (verdicts, allowed)
    assert not leaks
    require_one_verdict(verdicts[0], outputs[True][0], outputs[False])
    notes = [event.kind for event in events if isinstance(event, Note)]
    assert notes.count(NoteKind.RECOVERED) <= notes.count(NoteKind.RETRYING)


def require_one_verdict(verdict: Verdict, for_programs: str, for_people: tuple[str, str]) -> None:
    """The same verdict ends every form of output, once."""
    told = [json.loads(line) for line in for_programs.splitlines()]
    assert [line["event"] for line in told].count("verdict") == 1
    assert (told[-1]["verdict"], told[-1]["exit_code"]) == (verdict.verdict, verdict.exit_code)
    result, progress = for_people
    assert result.split()[0] == verdict.verdict
    assert len(result.splitlines()) == 1
    assert progress.splitlines()[-1].startswith(f"{verdict.verdict}: ")
