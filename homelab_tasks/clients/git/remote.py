"""
The remote that holds the trunk: looked at, fetched from and pushed to, by compare-and-swap only.

The remote is spoken to under a name of our own that is configured through the environment. So its URL (which may
hold a password) is in no argument list, git updates no tracking branch, and fetching reads from where is pushed to.
"""

from collections.abc import Callable, Sequence
from math import inf

from homelab_tasks.clients.git.command import LEAST_SECONDS, GitCommand
from homelab_tasks.errors import DeniedError, HomelabError, TransientError, UnavailableError, UntrustedError
from homelab_tasks.model.landing.landing import HEADS, RefChange, RemoteState
from homelab_tasks.model.landing.push_result import PushResult, parse_push
from homelab_tasks.model.landing.refusal import Kind, Refusal, classify_failure

NAME = "land"
LOOK_SECONDS = 20.0
"""How long a look at the remote may take."""
SILENT_SECONDS = 60
"""How long a fetch or a push may go on without a byte; a server's hooks may take longer, and send signs of life."""
PINNED = (
    "push.default=nothing",
    "push.autoSetupRemote=false",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "maintenance.auto=false",  # git gc in the background of a landing would race with its private refs
    "gc.auto=0",
    f"http.lowSpeedTime={SILENT_SECONDS}",
    "http.lowSpeedLimit=1",
)
_COPIED = frozenset({"receivepack", "uploadpack", "proxy", "proxyauthmethod"})


class Remote:
    """The remote named *name* in the clone's configuration, at its one push *url*."""

    def __init__(
        self, command: GitCommand, *, name: str, url: str, space: str, time_left: Callable[[], float] = lambda: inf
    ) -> None:
        """
        Keep what is fetched under *space*, a place for refs that belongs to this landing alone.

        Looking and fetching take no longer than *time_left* says.
        """
        self._time_left = time_left
        settings = [(f"remote.{NAME}.url", url), *_copied(command, name)]
        self.url = url
        self.space = space
        self._command = command.configured(*PINNED, hidden=settings)
        self._plain = command

    def look(self, *refs: str) -> RemoteState:
        """Ask for the branch that HEAD names and the values of *refs* (full names, `*` at the end for a place)."""
        done = self._command.run("ls-remote", "--symref", NAME, "HEAD", *refs, timeout=self._at_most(LOOK_SECONDS))
        if not done.worked:
            raise failure(classify_failure(done.errors, code=done.code))
        head, values = None, dict[str, str]()
        for line in done.output.splitlines():
            value, _, ref = line.partition("\t")
            if value.startswith("ref: ") and ref == "HEAD":
                head = value.removeprefix("ref: ").removeprefix(HEADS)
            elif any(_is_asked_for(ref, asked) for asked in refs):
                values[ref] = value
        return RemoteState(head=head, refs=values)

    def _at_most(self, seconds: float) -> float | None:
        allowed = min(seconds, max(LEAST_SECONDS, self._time_left()))
        return None if allowed == inf else allowed

    def fetch(self, ref: str, name: str) -> str:
        """Fetch *ref* of the remote into our own space as *name*; returns the commit."""
        own = f"{self.space}/{name}"
        self._fetch(f"+{ref}:{own}")
        return self._plain.require("rev-parse", "--verify", own)

    def bring(self, ref: str) -> None:
        """Fetch the objects of *ref*, without any ref that names them here."""
        self._fetch(ref)

    def _fetch(self, what: str) -> None:
        quiet = ("--quiet", "--no-tags", "--no-prune", "--no-write-fetch-head", "--refmap=", "--no-recurse-submodules")
        done = self._command.run("fetch", *quiet, NAME, what, timeout=self._at_most(inf))
        if not done.worked:
            raise failure(classify_failure(done.errors, code=done.code))

    def deepen(self, ref: str) -> None:
        """Fetch the history that a shallow clone was cut off from."""
        done = self._command.run("fetch", "--quiet", "--unshallow", "--no-tags", "--no-write-fetch-head", NAME, ref)
        if not done.worked:
            raise failure(classify_failure(done.errors, code=done.code))

    def keep(self, name: str, commit: str) -> str:
        """Point our own ref *name* at *commit*, so that hooks see a name; returns the full ref."""
        own = f"{self.space}/{name}"
        self._plain.require("update-ref", own, commit)
        return own

    def forget(self) -> None:
        """Delete all of our own refs in this clone."""
        orders = self._plain.ask("for-each-ref", "--format=delete %(refname)", self.space)
        if orders:
            self._plain.run("update-ref", "--stdin", given=orders + "\n")

    def push(
        self, *changes: RefChange, timeout: float | None, hooks: bool = True, submodules: bool = False
    ) -> PushResult:
        """
        Push *changes* if every ref still has its expected value: all of them, or none.

        The user's pre-push hook is asked with *hooks*. *submodules* that were not pushed make git refuse. A lease
        switches git's own check for a fast-forward off (remote.c:1716): callers check ancestry before.
        """
        leases = [f"--force-with-lease={change.target}:{change.expected}" for change in changes]
        specs = [f"{change.source or ''}:{change.target}" for change in changes]
        flags = ["--porcelain", "--no-follow-tags", f"--recurse-submodules={'check' if submodules else 'no'}"]
        flags += ["--atomic"] if len(changes) > 1 else []
        flags += [] if hooks else ["--no-verify"]
        done = self._command.run("push", *flags, *leases, NAME, *specs, timeout=timeout)
        return parse_push(code=done.code, output=done.output, errors=done.errors)

    def offer(self, source: str, target: str, *, timeout: float | None, options: Sequence[str] = ()) -> PushResult:
        """Push *source* to *target*, never over other commits; *options* are for the server."""
        flags = ["--porcelain", "--no-follow-tags", "--recurse-submodules=no"]
        flags += [f"--push-option={option}" for option in options]
        done = self._command.run("push", *flags, NAME, f"{source}:{target}", timeout=timeout)
        return parse_push(code=done.code, output=done.output, errors=done.errors)


def _copied(command: GitCommand, name: str) -> list[tuple[str, str]]:
    """Read what the clone says about speaking with remote *name*, for the same remote under our name."""
    listed = command.ask("config", "--null", "--get-regexp", r"^remote\..*\.(receivepack|uploadpack|proxy.*)$") or ""
    settings = (entry.partition("\n")[::2] for entry in listed.split("\0") if entry)
    prefix = f"remote.{name}."
    return [
        (f"remote.{NAME}.{key.removeprefix(prefix)}", value)
        for key, value in settings
        if key.startswith(prefix) and key.removeprefix(prefix) in _COPIED
    ]


def _is_asked_for(ref: str, asked: str) -> bool:
    return ref.startswith(asked.removesuffix("*")) if asked.endswith("*") else ref == asked


def failure(refusal: Refusal) -> HomelabError:
    """
    Say why looking or fetching did not work.

    No hook is asked there: exit code 1 is a fetch that found less than it needs, as happens when several fetch into
    one clone at once (builtin/fetch.c `store_updated_refs`).
    """
    problem = f"the git remote: {refusal.words[-1] if refusal.words else refusal.text}"
    match refusal.kind:
        case Kind.AUTH:
            return DeniedError(problem, hint="may this user read and push there? git push would say the same")
        case Kind.UNTRUSTED:
            return UntrustedError(problem, hint="homelab.load_balancer.ca_file is trusted beside the system's")
        case Kind.NETWORK | Kind.UNKNOWN | Kind.MOVED | Kind.HOOK:
            return TransientError(problem)
        case _:
            return UnavailableError(problem)
