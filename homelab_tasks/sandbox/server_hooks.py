"""The hooks of the forge's repositories: who may push, what CI hears of, and pull requests by pushing (AGit)."""

import shlex
import sys
from pathlib import Path

from homelab_tasks.sandbox import proc_receive

PROTECTED_NAME = "homelab-protected"  # lines of REF, a tab, and the words of the refusal

# git's own environment for hooks says which repository this is; the working directory is the repository, too.
PRE_RECEIVE = f"""\
#!/usr/bin/env bash
[ -f {PROTECTED_NAME} ] || exit 0
while read -r _ _ ref; do
  while IFS=$'\\t' read -r protected words; do
    [ "$ref" != "$protected" ] || {{ echo "$words" >&2; exit 1; }}
  done < {PROTECTED_NAME}
done
"""

# The forge tells CI of every push; when CI is away, nobody does it again (recorded: server_down).
POST_RECEIVE = """\
#!/usr/bin/env bash
lines=$(cat; echo .)
lines=${{lines%.}}
exec 3<>/dev/tcp/127.0.0.1/{port} || exit 0
printf 'POST /api/hook?repository=%s HTTP/1.0\\r\\nContent-Length: %d\\r\\n\\r\\n%s' {name} ${{#lines}} "$lines" >&3
"""

# git runs this for each ref of a push; what the push brought is in quarantine, where no ref may be moved from.
UPDATE = """\
#!/usr/bin/env bash
[ "$1" = refs/heads/{branch} ] || exit 0
rm "$0"
unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
who=(-c user.name=Lander -c user.email=lander@homelab.test)
blob=$(echo faster | git hash-object -w --stdin)
tree=$({{ git ls-tree "$1"; printf '100644 blob %s\\tfaster.txt\\n' "$blob"; }} | git mktree)
git update-ref "$1" "$(git "${{who[@]}}" commit-tree -p "$1" -m 'Be faster' "$tree")"
"""

PROC_RECEIVE = """\
#!/usr/bin/env bash
exec {python} -S {program} {port} {name}
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
    python, program, quoted = map(shlex.quote, (sys.executable, proc_receive.__file__, name))
    write_hook(repository, "proc-receive", PROC_RECEIVE.format(python=python, program=program, port=port, name=quoted))


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
