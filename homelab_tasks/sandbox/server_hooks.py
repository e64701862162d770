"""The hooks of the forge's repositories: who may push, what CI hears of, and pull requests by pushing (AGit)."""

import shlex
import sys
from pathlib import Path

PROTECTED_NAME = "homelab-protected"  # lines of REF, a tab, and the words of the refusal

# git's own environment for hooks says which repository this is; the working directory is the repository, too.
PRE_RECEIVE = f"""\
#!/bin/bash
[ -f {PROTECTED_NAME} ] || exit 0
while read -r _ _ ref; do
  while IFS=$'\\t' read -r protected words; do
    [ "$ref" != "$protected" ] || {{ echo "$words" >&2; exit 1; }}
  done < {PROTECTED_NAME}
done
"""

# The forge tells CI of every push; when CI is away, nobody does it again (recorded: server_down).
POST_RECEIVE = """\
#!/bin/bash
lines=$(cat; echo .)
lines=${{lines%.}}
exec 3<>/dev/tcp/127.0.0.1/{port} || exit 0
printf 'POST /api/hook?repository=%s HTTP/1.0\\r\\nContent-Length: %d\\r\\n\\r\\n%s' {name} ${{#lines}} "$lines" >&3
"""

# git runs this for each ref of a push; what the push brought is in quarantine, where no ref may be moved from.
UPDATE = """\
#!/bin/bash
[ "$1" = refs/heads/{branch} ] || exit 0
rm "$0"
unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
who=(-c user.name=Lander -c user.email=lander@homelab.test)
blob=$(echo faster | git hash-object -w --stdin)
tree=$({{ git ls-tree "$1"; printf '100644 blob %s\\tfaster.txt\\n' "$blob"; }} | git mktree)
git update-ref "$1" "$(git "${{who[@]}}" commit-tree -p "$1" -m 'Be faster' "$tree")"
"""

# gitprotocol: Documentation/githooks.txt, "proc-receive". The forge decides; this only speaks git's lines.
PROC_RECEIVE = """\
#!{python}
import json
import sys
from urllib.request import Request, urlopen


def read_lines():
    while size := int(sys.stdin.buffer.read(4), 16):
        yield sys.stdin.buffer.read(size - 4).decode().rstrip("\\n")


def write_lines(*lines):
    for line in lines:
        data = line.encode()
        sys.stdout.buffer.write(b"%04x%s" % (len(data) + 4, data))
    sys.stdout.buffer.write(b"0000")
    sys.stdout.buffer.flush()


offered = " ".join(read_lines())
with_options = "push-options" in offered
write_lines("version=1\\0push-options" if with_options else "version=1\\0")
commands = [line.split(" ", 2) for line in read_lines()]
options = dict(line.partition("=")[::2] for line in read_lines()) if with_options else {{}}
answers = []
for old, new, ref in commands:
    body = json.dumps({{"repository": {name!r}, "ref": ref, "commit": new, "options": options}}).encode()
    with urlopen(Request("http://127.0.0.1:{port}/-/agit", body)) as response:
        answer = json.load(response)
    if "refused" in answer:
        answers.append("ng %s %s" % (ref, answer["refused"]))
    else:
        print(answer["words"], file=sys.stderr)
        answers += ["ok " + ref, "option refname " + answer["ref"], "option new-oid " + new]
write_lines(*answers)
"""


def write_hook(repository: Path, name: str, text: str) -> None:
    """Install the hook *name*."""
    path = repository / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def announce_pushes(repository: Path, name: str, port: int) -> None:
    """Tell the CI server on *port* of every push to the repository *name* from now on."""
    write_hook(repository, "post-receive", POST_RECEIVE.format(port=port, name=shlex.quote(name)))


def accept_pull_requests(repository: Path, name: str, port: int) -> None:
    """Let the forge on *port* make pull requests of pushes to `refs/for/BRANCH`."""
    write_hook(repository, "proc-receive", PROC_RECEIVE.format(python=sys.executable, port=port, name=name))


def protect(repository: Path, branch: str, words: str) -> None:
    """Refuse every push to *branch* with *words*."""
    write_hook(repository, "pre-receive", PRE_RECEIVE)
    with (repository / PROTECTED_NAME).open("a") as protected:
        protected.write(f"refs/heads/{branch}\t{words}\n")


def overtake(repository: Path, branch: str) -> None:
    """Move *branch* at the very moment of the next push to it."""
    write_hook(repository, "update", UPDATE.format(branch=branch))


def unprotect(repository: Path) -> None:
    """Let everybody push to every branch again."""
    (repository / PROTECTED_NAME).unlink(missing_ok=True)


def is_protected(repository: Path, branch: str) -> bool:
    """Is *branch* protected?"""
    protected = repository / PROTECTED_NAME
    return protected.is_file() and f"refs/heads/{branch}\t" in protected.read_text()
