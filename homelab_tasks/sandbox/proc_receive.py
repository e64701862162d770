"""
git's `proc-receive` hook, as a program: it speaks git's lines and lets the forge decide about `refs/for/BRANCH`.

It runs by its path, with the standard library only, so that a push does not wait for imports. The lines are described
in githooks(5), "proc-receive".
"""

import json
import sys
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

LENGTH_DIGITS = 4
END = b"0000"


def read_lines() -> Iterator[str]:
    """Read lines until git says that there are no more."""
    while size := int(sys.stdin.buffer.read(LENGTH_DIGITS), 16):
        yield sys.stdin.buffer.read(size - LENGTH_DIGITS).decode().rstrip("\n")


def write_lines(*lines: str) -> None:
    """Write *lines*, and that there are no more."""
    for line in lines:
        data = line.encode()
        sys.stdout.buffer.write(b"%04x%s" % (len(data) + LENGTH_DIGITS, data))
    sys.stdout.buffer.write(END)
    sys.stdout.buffer.flush()


def decide(port: str, offered: dict[str, Any]) -> list[str]:
    """Ask the forge on *port* about one ref, and put its answer into git's lines."""
    request = Request(f"http://127.0.0.1:{port}/-/agit", json.dumps(offered).encode())
    with urlopen(request) as response:  # noqa: S310 - on loopback
        answer = json.load(response)
    if "refused" in answer:
        return [f"ng {offered['ref']} {answer['refused']}"]
    sys.stderr.write(answer["words"] + "\n")
    return [f"ok {offered['ref']}", f"option refname {answer['ref']}", f"option new-oid {offered['commit']}"]


def main(port: str, repository: str) -> None:
    """Answer for one push to *repository*."""
    with_options = "push-options" in " ".join(read_lines())
    write_lines("version=1\0push-options" if with_options else "version=1\0")
    commands = [line.split(" ", 2) for line in read_lines()]
    options = dict(line.partition("=")[::2] for line in read_lines()) if with_options else {}
    answers = []
    for _, commit, ref in commands:
        answers += decide(port, {"repository": repository, "ref": ref, "commit": commit, "options": options})
    write_lines(*answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
