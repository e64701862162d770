"""git as a command, in an environment of its own: nothing of the user's configuration, and no question asked."""

import asyncio
import os
import subprocess
from contextlib import suppress
from pathlib import Path

END_SECONDS = 2.0  # for pipes that a child of the killed one still holds open
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")


def clean_environment(**added: str) -> dict[str, str]:
    """Make an environment for programs of the sandbox: no token, proxy or git setting of the user gets in."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
    return kept | quiet | added


def git(directory: Path, *arguments: str, **environment: str) -> str:
    """Run git in *directory* and return what it printed; raises CalledProcessError with its words."""
    command = ["git", "-C", str(directory), *arguments]
    ran = subprocess.run(command, env=clean_environment(**environment), capture_output=True, text=True, check=False)
    if ran.returncode:
        raise subprocess.CalledProcessError(ran.returncode, command, ran.stdout, ran.stderr)
    return ran.stdout.strip()


async def git_output(directory: Path, *arguments: str) -> bytes | None:
    """Run git in *directory* without blocking the loop; None when it fails."""
    process = await asyncio.create_subprocess_exec(
        "git",
        "-C",
        str(directory),
        *arguments,
        env=clean_environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        await end(process)
        raise
    return None if process.returncode else output


async def end(process: asyncio.subprocess.Process) -> None:
    """Kill *process*, whose reader is stopping, and wait until its pipes are closed."""
    with suppress(ProcessLookupError):
        process.kill()
    with suppress(TimeoutError):
        await asyncio.wait_for(process.communicate(), END_SECONDS)
