"""One configuration file to one workflow, with the errors and warnings that the server's linter would tell."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from homelab_tasks.sandbox.woodpecker.conditions import (
    KNOWN_CONDITIONS,
    Trigger,
    applies,
    as_list,
    filters_events,
    outcomes,
)
from homelab_tasks.sandbox.woodpecker.plan import StepPlan, WorkflowPlan
from homelab_tasks.sandbox.woodpecker.rows import Problem

DOCUMENTATION = "https://woodpecker-ci.org/docs/usage"


class WorkflowReader:
    """Reads one file for one axis of its matrix; what is wrong is added to *problems*."""

    def __init__(self, name: str, axis: dict[str, str], trigger: Trigger, problems: list[Problem]) -> None:
        """Read the workflow *name* for *trigger*."""
        self.name = name
        self.axis = axis
        self.trigger = trigger
        self.problems = problems

    def read(self, text: str) -> WorkflowPlan | None:
        """Plan what *text* wants; None when it is broken, or not for the trigger."""
        try:
            document = yaml.safe_load(text)
        except yaml.YAMLError as error:
            self._problem("compiler", f"yaml: {' '.join(str(error).split())}", None)
            return None
        if not isinstance(document, dict) or not document.get("steps"):
            self._problem("linter", "Invalid or missing `steps` section", "steps")
            return None
        when = document.get("when")
        self._check_conditions(when, "when")
        if not applies(when, self.trigger, self.axis):
            return None
        if "runs_on" in document:
            docs = f"{DOCUMENTATION}/workflow-syntax#status"
            message = "Usage of `runs_on` is deprecated, use `when.status`"
            self._problem("deprecation", message, f"{self.name}.runs_on", warning=True, docs=docs)
        steps = tuple(self._steps(document, filtered=filters_events(when)))
        if not any(step.type != "clone" for step in steps):
            return None
        return WorkflowPlan(
            name=self.name,
            steps=steps,
            labels={str(key): str(value) for key, value in (document.get("labels") or {}).items()},
            depends_on=tuple(map(str, as_list(document.get("depends_on")))),
            runs_on=tuple(map(str, as_list(document.get("runs_on")))) or outcomes(when),
            axis=self.axis,
        )

    def _steps(self, document: Mapping[str, Any], *, filtered: bool) -> Iterator[StepPlan]:
        if not document.get("skip_clone"):
            yield StepPlan(name="clone", type="clone", runs_on=("success",))
        for name, step in _named(document.get("services")):
            yield self._step(name, step, service=True)
        names = {name for name, _ in _named(document["steps"])}
        for name, step in _named(document["steps"]):
            when = step.get("when")
            self._check_conditions(when, f"steps.{name}.when")
            if not filtered and not filters_events(when):
                docs = f"{DOCUMENTATION}/linter#event-filter-for-all-steps"
                message = "Consider adding a `when` block with an `event` filter to this step or the entire workflow"
                self._problem("bad_habit", message, f"steps.{name}", warning=True, docs=docs)
            for needed in as_list(step.get("depends_on")):
                if needed not in names:
                    self._problem("compiler", f"step '{name}' depends on unknown step '{needed}'", f"steps.{name}")
            if applies(when, self.trigger, self.axis):
                yield self._step(name, step, service=False)

    def _step(self, name: str, step: Mapping[str, Any], *, service: bool) -> StepPlan:
        if not step.get("image"):
            self._problem("linter", "Invalid or missing image", f"steps.{name}")
        commands = tuple(map(str, as_list(step.get("commands"))))
        kind = "service" if service else "commands" if commands else "plugin"
        depends_on = step.get("depends_on")
        return StepPlan(
            name=name,
            type=kind,
            commands=commands,
            environment={str(key): _as_text(value) for key, value in _pairs(step.get("environment"))},
            failure=str(step.get("failure") or "fail"),
            detach=service or bool(step.get("detach")),
            depends_on=None if depends_on is None else tuple(map(str, as_list(depends_on))),
            runs_on=outcomes(step.get("when")),
        )

    def _check_conditions(self, when: Any, field: str) -> None:
        for condition in as_list(when):
            for key in condition:
                if key not in KNOWN_CONDITIONS:
                    self._problem("generic", f"`{key}` is not known to the sandbox", field)

    def _problem(
        self, kind: str, message: str, field: str | None, *, warning: bool = False, docs: str | None = None
    ) -> None:
        data = {"docs": docs} if docs else {}
        data |= {"field": field, "file": self.name} if field else {}
        self.problems.append(Problem(type=kind, message=message, is_warning=warning, data=data or None))


def _named(steps: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """Steps stand in a list with names, or in a mapping from names."""
    if isinstance(steps, dict):
        return [(str(name), step or {}) for name, step in steps.items()]
    return [(str(step.get("name") or f"step-{index}"), step) for index, step in enumerate(as_list(steps))]


def _pairs(environment: Any) -> list[tuple[Any, Any]]:
    """Environments are mappings, or lists of `NAME=value`."""
    if isinstance(environment, dict):
        return list(environment.items())
    return [tuple(str(entry).split("=", 1)) for entry in as_list(environment) if "=" in str(entry)]  # type: ignore[misc]


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
