"""How the tasks are called here: `inv ci.watch`, `homelab ci.watch`, `inv homelab.ci.watch` in another collection."""

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import TypeVar

from msgspec import Struct, structs

from homelab_tasks.model.events import Check, Event, Topic, Verdict

E = TypeVar("E", bound=Event)

USUAL_PROGRAM = "inv"
PROGRAMS = frozenset({USUAL_PROGRAM, "invoke", "homelab"})
_TASK = re.compile(rf"\b{USUAL_PROGRAM} ((?:-d )?)(?=(?:ci|deploy|doctor|sandbox|work)\b)")
_PREFIX = re.compile(r"[\w.-]+\.")


class Invocation(Struct, frozen=True, kw_only=True):
    """The program, and what stands before the names of tasks. Hints are written for `inv` without a prefix."""

    program: str = USUAL_PROGRAM
    prefix: str = ""

    @property
    def words(self) -> str:
        """What the name of a task is written after: `inv `, `homelab `, `inv homelab.`."""
        return f"{self.program} {self.prefix}"

    def rewrite(self, text: str) -> str:
        """Write the commands in *text* as they are called here."""
        return _TASK.sub(rf"{self.program} \g<1>{self.prefix}", text)

    def worded(self, event: E) -> E:
        """Write the commands that *event* advises as they are called here; the words of others are left alone."""
        match event:
            case Verdict() | Check() if event.hint:
                return structs.replace(event, hint=self.rewrite(event.hint))
            case Topic() if event.reason:
                return structs.replace(event, reason=self.rewrite(event.reason))
        return event


def invocation_of(arguments: Sequence[str], task: str) -> Invocation:
    """Read from the command line *arguments* how *task* (`ci.watch`) was called; what is not known is as usual."""
    program, *rest = arguments or [USUAL_PROGRAM]
    name = PurePath(program).stem
    return Invocation(program=name if name in PROGRAMS else USUAL_PROGRAM, prefix=_prefix(rest, task))


def _prefix(words: Sequence[str], task: str) -> str:
    collection = task.partition(".")[0]
    names = (f"{collection}.{collection}", task, collection)  # by itself, or the one that its collection means
    for word in words:
        if word in names:
            return ""
        for name in names:
            prefix = word.removesuffix(name)
            if prefix != word and _PREFIX.fullmatch(prefix):
                return prefix
    return ""
