"""How long the workflows of earlier pipelines took: read once, in a few requests, and never worth a delay."""

from collections.abc import Iterable

from homelab_tasks.actions.pipelines.find_pipelines import PipelineDetails
from homelab_tasks.actions.pipelines.sight import Sight
from homelab_tasks.actions.waiting import Clock
from homelab_tasks.errors import HomelabError
from homelab_tasks.model.pipelines.history import Experience, runs_before
from homelab_tasks.model.pipelines.pipeline import Pipeline

RUNS_READ = 3  # with the median of three, one that was odd does not count
REQUESTS_MOST = 6  # in one watch, however many kinds of pipelines the commit has
SLOW_SECONDS = 1.0  # a server that takes so long is not asked for more than it must be


class Recollection:
    """Gives sights their experience, once each."""

    def __init__(self, ci: PipelineDetails, clock: Clock, repository_id: int, *, most: int = REQUESTS_MOST) -> None:
        """Read pipelines of *repository_id*, in *most* requests."""
        self._ci = ci
        self._clock = clock
        self._repository_id = repository_id
        self._left = most
        self._read: dict[int, Pipeline] = {}

    def recall(self, sights: Iterable[Sight], rows: Iterable[Pipeline]) -> None:
        """Look up what *rows* of the list were like those of *sights* that go on; a server in trouble is let be."""
        rows = tuple(rows)
        for sight in sights:
            if sight.experience is None and not sight.pipeline.state.is_final:
                runs = [self._detail(row) for row in runs_before(rows, sight.pipeline)[:RUNS_READ]]
                sight.experience = Experience(tuple(run for run in runs if run is not None))

    def _detail(self, row: Pipeline) -> Pipeline | None:
        if row.id not in self._read and self._left > 0:
            self._left -= 1
            began = self._clock.now()
            try:
                detail = self._ci.pipeline(self._repository_id, row.number)
            except HomelabError:
                self._left = 0
                return None
            if self._clock.now() - began > SLOW_SECONDS:
                self._left = 0
            if detail.id == row.id:  # numbers are used again
                self._read[row.id] = detail
        return self._read.get(row.id)
