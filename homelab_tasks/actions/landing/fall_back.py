"""What becomes of a topic that cannot land: a pull request where that helps, otherwise the server's words."""

from collections.abc import Generator, Iterator
from typing import Protocol

from homelab_tasks.actions.landing.logbook import Logbook
from homelab_tasks.errors import HomelabError
from homelab_tasks.model.events import Event, Note, NoteKind, Verdict
from homelab_tasks.model.landing import verdicts
from homelab_tasks.model.landing.landing import Step
from homelab_tasks.model.landing.refusal import Kind, Refusal


class Proposer(Protocol):
    """Opens, or finds, the one pull request of a topic; ends with its verdict."""

    def __call__(self, topic: str, tip: str, trunk: str, reason: str) -> Iterator[Event]: ...


def fall_back(logbook: Logbook, propose: Proposer, refusal: Refusal) -> Generator[Event, None, Verdict]:
    """Do what helps against a *refusal* that no other try would get around."""
    trunk = logbook.record.trunk
    if refusal.kind is Kind.PROTECTED:
        text = f"{trunk} is protected ({refusal.text}); opening a pull request instead"
        yield Note(kind=NoteKind.WARNING, text=text)
        return (yield from open_proposal(logbook, propose, f"{trunk} is protected"))
    if refusal.kind is not Kind.NETWORK:  # with that, the journal stays: what the server did is not known
        logbook.note(step=Step.STARTED)
    return verdicts.refused(refusal, trunk)


def open_proposal(logbook: Logbook, propose: Proposer, reason: str) -> Generator[Event, None, Verdict]:
    """Open the pull request of the topic, or find it; *reason* is why it does not land."""
    logbook.note(step=Step.PROPOSING)
    verdict: Verdict | None = None
    record = logbook.record
    for event in propose(record.topic, record.tip, record.trunk, reason):
        if isinstance(event, Verdict):
            verdict = event
        else:
            yield event
    logbook.note(step=Step.STARTED)
    if verdict is None:
        raise HomelabError("a proposal ended without a verdict")
    return verdict
