"""Whether, how and by what the commits of a topic came to the trunk: as they are, or as the same changes."""

from homelab_tasks.clients.git.command import GitCommand

MERGED = "merged"


def how_landed(command: GitCommand, trunk: str, tip: str) -> str | None:
    """
    Say how *tip* came to be on *trunk*; None when it did not, or not for certain.

    A topic counts as landed when it is an ancestor, when each of its commits has a twin with the same patch, or when
    the whole of it has one: a squash. A topic that changes nothing has no patch, and so no twin.
    """
    if command.run("merge-base", "--is-ancestor", tip, trunk).code == 0:
        return MERGED
    base = command.ask("merge-base", trunk, tip)
    if base is None:
        return None
    has_merges = command.ask("rev-list", "--merges", "--max-count=1", f"{trunk}..{tip}")
    if not has_merges and _all_have_twins(command, trunk, tip):
        return "equal by patch"
    squashed = command.ask("commit-tree", "-p", base, "-m", "squashed", f"{tip}^{{tree}}")
    if squashed is not None and _all_have_twins(command, trunk, squashed):
        return "squashed"
    return None


def brought_by(command: GitCommand, trunk: str, tip: str) -> str | None:
    """Find the first commit of *trunk*'s own line that has *tip* in it: *tip* itself where it was fast-forwarded."""
    line = command.ask("rev-list", "--first-parent", trunk, "--not", f"{tip}^@") or ""
    after = command.ask("rev-list", "--ancestry-path", f"{tip}..{trunk}") or ""
    holders = {tip, *after.split()}
    return next((commit for commit in reversed(line.split()) if commit in holders), None)


def _all_have_twins(command: GitCommand, trunk: str, tip: str) -> bool:
    marks = [line[:1] for line in (command.ask("cherry", trunk, tip) or "").splitlines()]
    return bool(marks) and all(mark == "-" for mark in marks)
