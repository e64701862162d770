"""
Writes tasks.md from the tasks themselves.

    $ python docs/reference/tasks.py > docs/reference/tasks.md
"""

import copy
import inspect
import re
import sys
from typing import Any

from invoke.parser.argument import Argument
from invoke.tasks import Task

from homelab_tasks import namespace

INTRODUCTION = """# Tasks

`inv TASK` in a repository whose `tasks.py` has them, `homelab TASK` anywhere. A flag is stronger than every setting
([settings](settings.md)); durations are text: `90`, `90s`, `20m`, `1h30m`. Every task ends with one verdict
([exit codes](exit-codes.md)), and with `--json` tells its [events](events.md).

This page is written by `docs/reference/tasks.py` from the tasks themselves; a test holds it to that.
"""
DEFAULT = re.compile(r" \(default: (?P<value>.*)\)$")
HEAD = "| flag | takes | default | meaning |\n| --- | --- | --- | --- |\n"


def render() -> str:
    """Write the whole page."""
    names = sorted(namespace.task_names)
    return "\n".join([INTRODUCTION, _overview(names), *(_section(name) for name in names)])


def _overview(names: list[str]) -> str:
    rows = [f"| [`{name}`](#{name.replace('.', '')}) | {_summary(namespace[name])} |" for name in names]
    return "\n".join(["| task | does |", "| --- | --- |", *rows, ""])


def _section(name: str) -> str:
    task = namespace[name]
    short = [alias for alias in namespace.task_names[name] if alias != name]
    aliases = f"Also as `{'`, `'.join(short)}`.\n\n" if short else ""
    rows = "\n".join(_row(argument) for argument in arguments(task))
    return f"## {name}\n\n{inspect.getdoc(task)}\n\n{aliases}{HEAD}{rows}\n"


def arguments(task: Task[Any]) -> list[Argument]:
    """List what *task* takes; from a copy, for invoke takes the help out of the task that it asks."""
    asked = copy.copy(task)
    asked.help = dict(task.help)
    return asked.get_arguments()


def _summary(task: Task[Any]) -> str:
    return (inspect.getdoc(task) or "").partition("\n")[0]


def _row(argument: Argument) -> str:
    meaning = argument.help or ""
    default = DEFAULT.search(meaning)
    return (
        f"| {_flag(argument)} | {_kind(argument)} | {default['value'] if default else _none(argument)} "
        f"| {DEFAULT.sub('', meaning)} |"
    )


def _flag(argument: Argument) -> str:
    (name,) = argument.names
    return f"`{name.upper()}`" if argument.positional else f"`--{name}`"


def _kind(argument: Argument) -> str:
    if argument.kind is bool:
        return "nothing"
    return "text, again and again" if argument.kind is list else "text"


def _none(argument: Argument) -> str:
    """Say what holds where a flag without a default of its own is not given."""
    if argument.kind is bool:
        return "off"
    return "required" if argument.positional and argument.default is None else ""


if __name__ == "__main__":
    sys.stdout.write(render())
