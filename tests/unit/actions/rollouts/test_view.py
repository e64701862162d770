"""What a view takes from a watch, and what it knows better."""

import pytest
from msgspec import structs

from homelab_tasks.actions.rollouts.view import View
from homelab_tasks.model.rollouts.news import News, NewsKind
from homelab_tasks.model.rollouts.pod import Pod
from homelab_tasks.model.rollouts.target import Kind
from homelab_tasks.model.rollouts.workload import Template, Workload

READ = Workload(
    kind=Kind.DEPLOYMENT,
    namespace="e",
    name="web",
    uid="u",
    version="10",
    generation=1,
    observed_generation=1,
    template=Template(containers=(), fingerprint=""),
    selector="",
)


def told(version: str, kind: NewsKind = NewsKind.CHANGED) -> News:
    return News(kind=kind, topic="0", workload=structs.replace(READ, version=version, generation=int(version or 0)))


def seen() -> View:
    view = View()
    view.read_workload(READ)
    view.read_pods((Pod(name="p", uid="p", version="10"),))
    return view


@pytest.mark.parametrize(("version", "generation"), [("9", 1), ("10", 1), ("11", 11)])
def test_only_a_later_version_is_taken(version: str, generation: int) -> None:
    view = seen()

    assert view.apply(told(version))

    assert view.workload is not None
    assert view.workload.generation == generation


@pytest.mark.parametrize(("version", "remains"), [("9", True), ("10", False), ("11", False)])
def test_what_is_gone_may_be_told_with_the_version_that_is_known(version: str, remains: bool) -> None:
    view = seen()

    view.apply(told(version, NewsKind.GONE))

    assert (view.workload is not None) is remains


def test_a_version_that_is_no_number_is_a_reason_to_read() -> None:
    view = seen()
    news = News(kind=NewsKind.CHANGED, topic="0", workload=structs.replace(READ, version="x7", generation=7))

    assert not view.apply(news)

    assert view.workload == READ


def test_pods_come_change_and_go_by_their_versions() -> None:
    view = seen()
    for kind, version, ready in ((NewsKind.CHANGED, "9", False), (NewsKind.CHANGED, "12", True)):
        view.apply(News(kind=kind, topic="0/pods", pod=Pod(name="p", uid="p", version=version, ready=ready)))

    assert [pod.ready for pod in view.pods or ()] == [True]
    view.apply(News(kind=NewsKind.GONE, topic="0/pods", pod=Pod(name="p", uid="p", version="12")))
    assert view.pods == ()
