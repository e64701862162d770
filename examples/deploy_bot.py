"""
A deploy bot: watches the CI of a commit and posts the verdict to a callback.

    $ python deploy_bot.py 3f9c2e1d... https://chat.example.org/hooks/ci

The settings are those of the tasks, HOMELAB_WOODPECKER_URL and its like: no invoke, no `tasks.py`, no clone. Whatever
happens, exactly one verdict is posted; the exit code is the verdict's.
"""

import os
import sys
from typing import Any

import requests

from homelab_tasks import (
    Commit,
    Connections,
    HomelabError,
    Verdict,
    WatchRequest,
    Word,
    decode_settings,
    watch_pipelines,
)

CALLBACK_SECONDS = 10


def watch(connections: Connections, repository: str, sha: str) -> Verdict:
    """Follow the pipelines of *sha* (40 hex digits) to the verdict; an error is one too."""
    request = WatchRequest(repository=repository, task="deploy_bot", commit=Commit(sha=sha))
    try:
        for event in watch_pipelines(connections.woodpecker, connections.clock, request, contains=connections.contains):
            if isinstance(event, Verdict):
                return event
    except HomelabError as error:
        return Verdict(verdict=Word(error.word), reason=error.problem, hint=error.hint, commit=sha)
    raise AssertionError("every watch ends in a verdict")


def message(verdict: Verdict, repository: str) -> dict[str, Any]:
    """What is posted."""
    sign = "✅" if verdict.verdict.is_good else "❌"
    text = f"{sign} {repository} {(verdict.commit or '')[:7]} {verdict.verdict}: {verdict.reason}"
    return {"text": text, "verdict": str(verdict.verdict), "commit": verdict.commit, "url": verdict.url}


def main(sha: str, callback: str) -> int:
    """Watch, post, and return the exit code."""
    connections = Connections(decode_settings(None, os.environ))
    repository = connections.repository
    verdict = watch(connections, repository, sha)
    scrubbed = {key: value and connections.secrets.scrub(value) for key, value in message(verdict, repository).items()}
    requests.post(callback, json=scrubbed, timeout=CALLBACK_SECONDS).raise_for_status()
    return verdict.exit_code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
