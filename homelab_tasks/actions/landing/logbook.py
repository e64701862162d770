"""How far a landing has come, written down before each step is begun: what a kill leaves, the next run reads."""

from msgspec import structs

from homelab_tasks.actions.landing.site import Journal
from homelab_tasks.model.landing.landing import Record, Step


class Logbook:
    """The *record* of one landing, and its journal."""

    def __init__(self, journal: Journal, record: Record) -> None:
        """Begin with *record*; nothing is written before there is something to note."""
        self._journal = journal
        self.record = record

    def note(self, **changes: object) -> None:
        """Write down what is about to be done."""
        self.record = structs.replace(self.record, **changes)
        self._journal.write(self.record)

    def note_push(self, candidate: str) -> None:
        """Write down that *candidate* may be on the trunk from now on."""
        self.note(step=Step.PUSHING, pushed=(*self.record.pushed, candidate), verify_group=None)

    def note_landed(self, candidate: str) -> None:
        """Write down that *candidate* was seen on the trunk."""
        self.note(step=Step.LANDED, landed=candidate)

    def close(self) -> None:
        """Forget the landing, unless something was begun whose outcome nobody has seen, or that others wait for."""
        if self.record.step is Step.STARTED:
            self._journal.clear()
