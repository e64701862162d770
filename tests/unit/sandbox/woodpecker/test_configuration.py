from typing import Any

import yaml

from homelab_tasks.sandbox.woodpecker.conditions import Trigger
from homelab_tasks.sandbox.woodpecker.configuration import Configuration, configure, substitute

TRIGGER = Trigger(event="push", branch="main", ref="refs/heads/main", repository="lab/app", commit="c0ffee")
WHEN = {"event": ["push"]}


def step(name: str = "test", **keys: Any) -> dict[str, Any]:
    return {"name": name, "image": "bash", "commands": ["true"], **keys}


def configured(*steps: dict[str, Any], **keys: Any) -> Configuration:
    return configure({"build.yaml": yaml.safe_dump({"when": WHEN, "steps": list(steps), **keys})}, TRIGGER, {})


def test_a_workflow_is_called_after_its_file_and_begins_with_a_clone() -> None:
    text = yaml.safe_dump({"when": WHEN, "steps": [step()]})

    found = configure({".woodpecker/build.yml": text, ".woodpecker.yaml": text}, TRIGGER, {}).workflows

    assert [plan.name for plan in found] == ["woodpecker", "build"]
    assert [(plan.name, plan.type) for plan in found[0].steps] == [("clone", "clone"), ("test", "commands")]


def test_a_clone_can_be_skipped() -> None:
    assert [plan.name for plan in configured(step(), skip_clone=True).workflows[0].steps] == ["test"]


def test_steps_may_stand_in_a_mapping() -> None:
    text = yaml.safe_dump({"when": WHEN, "steps": {"one": {"image": "x", "commands": "echo"}}})

    plan = configure({"build.yaml": text}, TRIGGER, {}).workflows[0].steps[1]

    assert (plan.name, plan.commands) == ("one", ("echo",))


def test_environment_is_text_whatever_yaml_makes_of_it() -> None:
    mapping = configured(step(environment={"A": 1, "B": True, "C": None, "D": "x"})).workflows[0].steps[1]
    listed = configured(step(environment=["A=1", "B=x=y"])).workflows[0].steps[1]

    assert mapping.environment == {"A": "1", "B": "true", "C": "", "D": "x"}
    assert listed.environment == {"A": "1", "B": "x=y"}


def test_a_step_keeps_what_decides_about_it() -> None:
    plan = configured(step("x"), step(failure="ignore", detach=True, depends_on="x", when={"status": "failure"}))

    found = plan.workflows[0].steps[2]
    assert (found.failure, found.detach, found.depends_on, found.runs_on) == ("ignore", True, ("x",), ("failure",))


def test_services_are_detached() -> None:
    services = {"database": {"image": "bash", "commands": ["serve"]}}

    plan = configured(step(), services=services).workflows[0].steps[1]

    assert (plan.name, plan.type, plan.detach) == ("database", "service", True)


def test_a_matrix_makes_one_workflow_of_each_combination() -> None:
    product = configured(step(), matrix={"A": [1, 2], "B": ["x", "y"]})
    included = configured(step(), matrix={"include": [{"A": 1}, {"A": 2, "B": "z"}]})

    assert [plan.axis for plan in product.workflows] == [
        {"A": "1", "B": "x"}, {"A": "1", "B": "y"}, {"A": "2", "B": "x"}, {"A": "2", "B": "y"},
    ]  # fmt: skip
    assert [plan.axis for plan in included.workflows] == [{"A": "1"}, {"A": "2", "B": "z"}]


def test_the_axis_of_a_matrix_is_put_into_the_text() -> None:
    found = configured(step(environment={"X": "${FLAVOUR}"}), matrix={"FLAVOUR": ["sweet", "sour"]}).workflows

    assert [plan.steps[1].environment["X"] for plan in found] == ["sweet", "sour"]


def test_names_are_substituted_in_whole_or_in_part_and_a_doubled_dollar_escapes() -> None:
    variables = {"CI_COMMIT_SHA": "c0ffee1234"}

    assert substitute("tag ${CI_COMMIT_SHA} ${CI_COMMIT_SHA:0:6}", variables) == "tag c0ffee1234 c0ffee"
    assert substitute("${CI_COMMIT_SHA:6} ${UNKNOWN}| $HOME $${HOME}", variables) == "1234 | $HOME ${HOME}"


def test_what_is_not_for_the_trigger_is_left_out() -> None:
    assert configured(step(), when={"event": "tag"}).workflows == []
    assert configured(step(when={"event": "tag"})).workflows == []
    two = configured(step("one"), step("two", when={"event": "tag"})).workflows[0]
    assert [plan.name for plan in two.steps] == ["clone", "one"]


def test_a_workflow_whose_dependency_is_not_there_is_dropped_silently() -> None:
    files = {
        "a.yaml": yaml.safe_dump({"when": {"event": "tag"}, "steps": [step()]}),
        "b.yaml": yaml.safe_dump({"when": WHEN, "depends_on": ["a"], "steps": [step()]}),
        "c.yaml": yaml.safe_dump({"when": WHEN, "depends_on": ["b"], "steps": [step()]}),
        "d.yaml": yaml.safe_dump({"when": WHEN, "steps": [step()]}),
    }

    found = configure(files, TRIGGER, {})

    assert [plan.name for plan in found.workflows] == ["d"]
    assert found.problems == []


def test_every_problem_is_told_with_its_kind_and_its_place() -> None:
    found = configured(step("x", image=None), step("y", depends_on=["z"]))

    assert [(problem.type, problem.message, (problem.data or {}).get("field")) for problem in found.problems] == [
        ("linter", "Invalid or missing image", "steps.x"),
        ("compiler", "step 'y' depends on unknown step 'z'", "steps.y"),
    ]
    assert found.is_broken


def test_what_is_no_yaml_or_has_no_steps_is_broken() -> None:
    torn, empty, text = (configure({"x.yaml": text}, TRIGGER, {}) for text in ("steps: [", "when: []", "just words"))

    assert [problem.type for problem in torn.problems] == ["compiler"]
    assert [problem.message for problem in empty.problems] == ["Invalid or missing `steps` section"]
    assert text.is_broken


def test_warnings_break_nothing_and_are_told_once_for_a_whole_matrix() -> None:
    found = configured(step(), when=None, runs_on=["success"], matrix={"A": [1, 2]})

    assert [(problem.type, problem.is_warning) for problem in found.problems] == [
        ("deprecation", True),
        ("bad_habit", True),
    ]
    assert not found.is_broken
    assert len(found.workflows) == 2


def test_a_condition_that_the_sandbox_does_not_know_is_said_not_guessed() -> None:
    found = configured(step(when={"evaluate": "true"}))

    assert [problem.message for problem in found.problems if not problem.is_warning] == [
        "`evaluate` is not known to the sandbox"
    ]
