"""What waits for which agent."""

import pytest

from homelab_tasks.model.pipelines.queue import Agent, Task, unmet

LABELS = {
    "gpu": "yes",
    "platform": "",
    "org-id": "1",
    "repo": "lab/app",
    "woodpecker-ci.org/event": "push",
}
TASK = Task(id="22", name="build", labels=LABELS)


def agent(**labels: str) -> Agent:
    return Agent(id=1, name="lab-agent", platform="linux/amd64", backend="docker", custom_labels=labels)


def test_what_a_workflow_wants_is_told_without_the_labels_of_the_server() -> None:
    assert TASK.wanted == {"gpu": "yes"}
    assert Task(id="1").wanted == {}


@pytest.mark.parametrize(
    ("offered", "lacking"),
    [({"gpu": "yes"}, {}), ({"gpu": "*"}, {}), ({"gpu": "no"}, {"gpu": "yes"}), ({}, {"gpu": "yes"})],
)
def test_an_agent_lacks_what_it_does_not_offer(offered: dict[str, str], lacking: dict[str, str]) -> None:
    assert agent(**offered).lacks(TASK) == lacking


def test_an_agent_offers_its_platform_by_itself() -> None:
    assert agent().lacks(Task(id="1", labels={"platform": "linux/amd64", "backend": "docker"})) == {}


def test_the_nearest_agent_decides_what_is_missing() -> None:
    task = Task(id="1", labels={"gpu": "yes", "zone": "home"})

    assert unmet(task, [agent(), agent(gpu="yes")]) == {"zone": "home"}
    assert unmet(task, [agent(gpu="yes", zone="home"), agent()]) == {}


def test_an_agent_that_takes_no_work_does_not_count() -> None:
    paused = Agent(id=1, custom_labels={"gpu": "yes"}, no_schedule=True)

    assert unmet(TASK, [paused]) == {"gpu": "yes"}
    assert unmet(TASK, []) == {"gpu": "yes"}


@pytest.mark.parametrize(("last_contact", "heard"), [(0, True), (999, False), (1000, True), (1001, True)])
def test_an_agent_is_heard_when_its_last_contact_is_not_older(last_contact: int, heard: bool) -> None:
    assert Agent(id=1, last_contact=last_contact).was_heard_since(1000) is heard
