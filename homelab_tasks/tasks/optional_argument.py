"""
A positional argument that may be left out: `inv deploy.wait` and `inv deploy.wait web/web`.

invoke knows none: an argument with a default is never positional on the command line, and one without is required
(parser/context.py missing_positional_args). Here it is missing only while the parser looks for the place of a word.
"""

import sys
from typing import Any

from invoke.parser.argument import Argument
from invoke.parser.parser import ParseMachine
from invoke.tasks import Task

_PLACING_A_WORD = ParseMachine.handle.__code__


class OptionalArgument(Argument):
    """An argument that takes the next word that is no flag, where there is one; else it has its default."""

    @property
    def value(self) -> Any:
        """What was given, else the default; None to the parser that has a word to place, which a flag is not."""
        if not self.got_value and not _word_to_place().startswith("-"):
            return None
        return super().value

    @value.setter
    def value(self, arg: str) -> None:
        self.set_value(arg, cast=True)


class LenientTask(Task[Any]):
    """A task whose positional arguments may be left out."""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """Make the arguments as invoke does, the positional ones optional."""
        return [_optional(each) if each.positional else each for each in super().get_arguments(ignore_unknown_help)]


def _optional(argument: Argument) -> OptionalArgument:
    return OptionalArgument(
        names=argument.names,
        kind=argument.kind,
        default=argument.default,
        help=argument.help,
        positional=True,
        attr_name=argument.attr_name,
    )


def _word_to_place() -> str:
    """Find the word whose place the parser looks for; where it looks for none, a flag, which nobody would take."""
    frame = sys._getframe(2)  # noqa: SLF001 - the parser asks the same question when it has no word left
    for _ in range(3):  # through a property, and a comprehension before Python 3.12
        if frame.f_code is _PLACING_A_WORD:
            return str(frame.f_locals["token"])
        if frame.f_back is None:
            break
        frame = frame.f_back
    return "-"
