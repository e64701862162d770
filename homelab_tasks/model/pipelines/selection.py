"""Which pipelines are the CI of a commit."""

from collections.abc import Iterable

from msgspec import Struct

from homelab_tasks.model.pipelines.pipeline import Pipeline


class Selection(Struct, frozen=True, kw_only=True):
    """
    The pipelines of *commit* (a full sha) that are judged.

    Those triggered by one of *events*, on *branch* where one is given; of each (event, ref, cron, deploy_to) the
    newest counts, and a restart replaces its parent. With *number* it is that pipeline alone.
    """

    commit: str
    events: tuple[str, ...] = ("push",)
    branch: str | None = None
    number: int | None = None

    def judged(self, rows: Iterable[Pipeline]) -> tuple[Pipeline, ...]:
        """Pick the pipelines that the verdict is about, oldest first."""
        if self.number is not None:
            return tuple(row for row in rows if row.number == self.number and row.commit == self.commit)
        newest: dict[tuple[str, ...], Pipeline] = {}
        for row in sorted((row for row in rows if self._is_judged(row)), key=lambda row: row.id):
            newest[row.event, row.ref, row.cron, row.deploy_to] = row
        replaced = {(row.event, row.parent) for row in newest.values() if row.parent}
        kept = (row for row in newest.values() if (row.event, row.number) not in replaced)
        return tuple(sorted(kept, key=lambda row: row.id))

    def others(self, rows: Iterable[Pipeline]) -> tuple[Pipeline, ...]:
        """Pick the commit's pipelines that are only named: another event, another branch."""
        if self.number is not None:
            return ()
        return tuple(row for row in rows if row.commit == self.commit and not self._is_judged(row))

    def _is_judged(self, row: Pipeline) -> bool:
        return (
            row.commit == self.commit
            and row.event in self.events
            and (self.branch is None or row.branch == self.branch)
        )
