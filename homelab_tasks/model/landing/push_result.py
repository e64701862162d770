r"""
What `git push --porcelain` said, line by line.

stdout is for programs and is never translated: `To <url>`, then `<flag>\t<from>:<to>\t<summary>[ (<reason>)]` for
each ref, then `Done` (git's transport.c:661-860). stderr carries the server's words, each line after `remote: `.
"""

import re

from msgspec import Struct

_REASON = re.compile(r"(?P<summary>.*?)(?: \((?P<reason>.*)\))?")
_REMOTE = "remote:"


class RefUpdate(Struct, frozen=True, kw_only=True):
    """What became of one ref. *flag* is git's: space, `+`, `-`, `*`, `=` or `!`."""

    flag: str
    source: str
    target: str
    summary: str
    reason: str | None = None

    @property
    def refused(self) -> bool:
        """Whether git says that this ref was not updated."""
        return self.flag == "!"

    @property
    def forced(self) -> bool:
        """Whether the old value was thrown away, which must never happen to a trunk."""
        return self.flag == "+"

    @property
    def by_server(self) -> bool:
        """Whether it was the server that refused, not the local git."""
        return self.summary.startswith("[remote ")


class PushResult(Struct, frozen=True, kw_only=True):
    """A finished push: *code* is git's exit code, *remote* the server's own words, *errors* all of stderr."""

    code: int
    updates: tuple[RefUpdate, ...]
    done: bool
    remote: tuple[str, ...]
    errors: str

    def update_of(self, ref: str) -> RefUpdate | None:
        """Find what became of *ref*."""
        return next((update for update in self.updates if update.target == ref), None)


def parse_push(*, code: int, output: str, errors: str) -> PushResult:
    """Read the output of `git push --porcelain`; lines that are none of its are passed over."""
    lines = output.splitlines()
    parsed = [_parse_update(line) for line in lines]
    return PushResult(
        code=code,
        updates=tuple(update for update in parsed if update is not None),
        done="Done" in lines,
        remote=remote_words(errors),
        errors=errors,
    )


def _parse_update(line: str) -> RefUpdate | None:
    fields = line.split("\t", 2)
    if len(fields) != len(("flag", "refs", "summary")) or len(fields[0]) != 1:
        return None
    flag, refs, written = fields
    source, _, target = refs.rpartition(":")
    match = _REASON.fullmatch(written)
    summary, reason = (match["summary"], match["reason"]) if match else (written, None)
    return RefUpdate(flag=flag, source=source, target=target, summary=summary, reason=reason)


def remote_words(errors: str) -> tuple[str, ...]:
    """Take the lines that the server said out of *errors*, without `remote:`, empty and ruled ones left out."""
    # git pads the server's lines with spaces, or ends them with an escape that clears the line
    said = (
        re.sub(r"\x1b\[K", "", line).removeprefix(_REMOTE).strip()
        for line in re.split(r"[\r\n]+", errors)
        if line.startswith(_REMOTE)
    )
    return tuple(line for line in said if line.strip("=-. "))
