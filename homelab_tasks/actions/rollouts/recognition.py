"""Whether a workload names the image that is waited for, and what stands there instead, in words."""

from collections.abc import Callable

from homelab_tasks.model.rollouts.image import Answer, Wanted, answer
from homelab_tasks.model.rollouts.workload import Workload

UNAMBIGUOUS_LENGTH = 12  # git itself abbreviates the largest repositories to this
Commits = Callable[[str], tuple[str, ...]]


class Recognition:
    """
    Recognizes *wanted* in the template of a workload, in the container *pinned* where that is named.

    An abbreviated sha that may mean another commit too, as *commits* says, names neither.
    """

    def __init__(self, wanted: Wanted, *, pinned: str | None, commits: Commits | None) -> None:
        """Ask *commits* when an abbreviation is met first."""
        self._wanted, self._pinned, self._commits = wanted, pinned, commits
        self._meanings: dict[str, tuple[str, ...]] = {}

    def answer(self, workload: Workload) -> Answer:
        """Does *workload* name it?"""
        found = answer(workload.template.containers, self._wanted, pinned=self._pinned)
        if not found.named or found.abbreviation is None or self._wanted.exact is not None:
            return found
        meant = self._meant_by(found.abbreviation)
        if len(meant) <= 1:
            return found
        warning = f"{found.image} may mean {' or '.join(each[:12] for each in meant)}: {found.abbreviation} begins both"
        return Answer(named=False, image=found.image, warning=warning, hint="tag images with more of the sha")

    def _meant_by(self, abbreviation: str) -> tuple[str, ...]:
        """The commits that *abbreviation* may mean, asked for once; a long one means only one."""
        if self._commits is None or len(abbreviation) >= UNAMBIGUOUS_LENGTH:
            return ()
        if abbreviation not in self._meanings:
            self._meanings[abbreviation] = self._commits(abbreviation)
        return self._meanings[abbreviation]

    def waiting_text(self, workload: Workload, found: Answer) -> str:
        """What is waited for, where *workload* is not it as *found* says: since when, and written by whom."""
        if found.lagging:
            names = ", ".join(f"{each.name} ({each.image})" for each in found.lagging)
            return f"not yet in every container of its repository: waiting for {names}"
        if workload.deleting:
            return f"is being deleted, waiting for {self._wanted.text}"
        since = _since(workload)
        return f"{f'since {since}{_by(workload)}, ' if since else ''}waiting for {self._wanted.text}"

    def changed_text(self, workload: Workload, found: Answer) -> str:
        """How *workload* was changed to something else after it had named the image."""
        image = found.image or "another image"
        return f"it was changed to {image}{_by(workload)} while {self._wanted.text} was waited for"


def _by(workload: Workload) -> str:
    return f" by {workload.writer.manager}" if workload.writer is not None else ""


def _since(workload: Workload) -> str:
    """When its template was written, as well as the server tells."""
    if workload.writer is not None and workload.writer.time:
        return workload.writer.time
    condition = workload.condition("Progressing")
    return condition.updated if condition is not None and condition.reason == "NewReplicaSetAvailable" else ""
