"""
Configuration files to plans: YAML, matrix, substitution and `when`, with the errors that the server would tell.

What real configurations use is here; `evaluate`, plugins and extensions are not.
"""

import itertools
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

import yaml
from msgspec import Struct

from homelab_tasks.sandbox.woodpecker.conditions import Trigger, as_list
from homelab_tasks.sandbox.woodpecker.plan import WorkflowPlan
from homelab_tasks.sandbox.woodpecker.rows import Problem
from homelab_tasks.sandbox.woodpecker.workflow_reader import WorkflowReader

_SUBSTITUTION = re.compile(r"\$\$\{|\$\{(\w+)(?::(\d+)(?::(\d+))?)?\}")


class Configuration(Struct, kw_only=True):
    """What the files of a commit ask for, and what is wrong with them."""

    workflows: list[WorkflowPlan]
    problems: list[Problem]

    @property
    def is_broken(self) -> bool:
        """Is anything wrong that is more than a warning?"""
        return any(not problem.is_warning for problem in self.problems)


def configure(files: Mapping[str, str], trigger: Trigger, variables: Mapping[str, str]) -> Configuration:
    """Plan the workflows that *files* (name to text) want for *trigger*; *variables* are those of `${NAME}`."""
    configuration = Configuration(workflows=[], problems=[])
    for file_name in sorted(files):
        name = workflow_name(file_name)
        for axis in _axes(files[file_name]):
            reader = WorkflowReader(name, axis, trigger, configuration.problems)
            plan = reader.read(substitute(files[file_name], {**variables, **axis}))
            if plan is not None:
                configuration.workflows.append(plan)
    configuration.workflows = _with_dependencies(configuration.workflows)
    configuration.problems = _without_doubles(configuration.problems)
    return configuration


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """Replace `${NAME}` and `${NAME:offset:length}`; an unknown name is empty, `$${` is a literal `${`."""

    def replacement(match: re.Match[str]) -> str:
        if match[1] is None:
            return "${"
        value, start = variables.get(match[1], ""), int(match[2] or 0)
        return value[start : start + int(match[3])] if match[3] else value[start:]

    return _SUBSTITUTION.sub(replacement, text)


def workflow_name(file_name: str) -> str:
    """`.woodpecker/build.yaml` and `build.yaml` are build, `.woodpecker.yaml` is woodpecker."""
    return PurePosixPath(file_name).name.removesuffix(".yml").removesuffix(".yaml").removeprefix(".")


def _axes(text: str) -> list[dict[str, str]]:
    """Every combination of the matrix of a file; one without any axis where it has none."""
    try:
        matrix = (yaml.safe_load(text) or {}).get("matrix") or {}
    except (yaml.YAMLError, AttributeError):
        return [{}]
    if "include" in matrix:
        return [{key: str(value) for key, value in axis.items()} for axis in matrix["include"]]
    names = list(matrix)
    combinations = itertools.product(*(as_list(matrix[name]) for name in names))
    return [dict(zip(names, map(str, values), strict=True)) for values in combinations]


def _with_dependencies(workflows: list[WorkflowPlan]) -> list[WorkflowPlan]:
    """Drop, silently as the server does, workflows that depend on one that is not there."""
    names = {workflow.name for workflow in workflows}
    kept = [workflow for workflow in workflows if names.issuperset(workflow.depends_on)]
    return kept if len(kept) == len(workflows) else _with_dependencies(kept)


def _without_doubles(problems: list[Problem]) -> list[Problem]:
    """Each workflow of a matrix finds the same problems."""
    return [problem for index, problem in enumerate(problems) if problem not in problems[:index]]
