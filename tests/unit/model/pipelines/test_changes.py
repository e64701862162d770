"""News come in an order that can be read."""

from msgspec import structs

from homelab_tasks.model.pipelines.changes import changes
from homelab_tasks.model.pipelines.pipeline import Pipeline, Step, Workflow

URL = "https://ci.test/repos/1/pipeline/128"


def pipeline(status: str, step: str = "pending") -> Pipeline:
    steps = (Step(id=1, pid=2, name="links", state=step),)
    docs = Workflow(id=1, pid=1, name="docs", state=step, children=steps)
    return Pipeline(id=7, number=128, commit="c0ffee", event="push", status=status, workflows=(docs,))


def told(before: Pipeline | None, after: Pipeline) -> list[str]:
    return [str(event.__struct_config__.tag) for event in changes(before, after, url=URL, now=0)]


def test_the_pipeline_comes_first_when_it_is_new_or_goes_on() -> None:
    assert told(None, pipeline("pending")) == ["pipeline", "step", "workflow"]
    assert told(None, pipeline("success", "success")) == ["pipeline", "step", "workflow"]
    assert told(pipeline("pending"), pipeline("running", "running")) == ["pipeline", "step", "workflow"]


def test_the_pipeline_comes_last_when_it_has_ended() -> None:
    assert told(pipeline("running", "running"), pipeline("failure", "failure")) == ["step", "workflow", "pipeline"]


def test_nothing_is_told_when_nothing_changed() -> None:
    assert told(pipeline("running"), pipeline("running")) == []


def test_workflows_are_no_news_when_a_row_has_none() -> None:
    row = structs.replace(pipeline("running"), workflows=None)

    assert told(pipeline("running"), row) == []
