"""The journal of a landing, in the git directory of its worktree: whole or not there, whatever kills the process."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from homelab_tasks.errors import UnavailableError, UsageError
from homelab_tasks.model.landing.landing import Record, Step


class JournalFile:
    """
    The journal of one worktree, and the lock that keeps two landings out of it.

    The lock is the operating system's (flock): it ends with its process, however that ends.
    """

    def __init__(self, git_directory: Path) -> None:
        """Keep everything under `land/` in *git_directory*."""
        self._directory = git_directory / "land"
        self._path = self._directory / "journal.json"

    @property
    def space(self) -> str:
        """A place for refs that no other worktree of this clone uses."""
        return f"refs/land/{hashlib.sha256(str(self._directory).encode()).hexdigest()[:12]}"

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep every other landing out of this worktree; raises UsageError naming the one that is at work."""
        with _told(self._directory):
            self._directory.mkdir(exist_ok=True)
            descriptor = os.open(self._directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
                hint = "wait for it, or end it: what it has done so far is resumed"
                raise UsageError(f"another work.land is at work in this worktree (pid {holder})", hint=hint) from None
            with _told(self._directory):
                os.ftruncate(descriptor, 0)
                os.write(descriptor, f"{os.getpid()}\n".encode())
            yield
        finally:
            os.close(descriptor)

    def load(self) -> Record | None:
        """Read what the last landing left; None when it ended properly. Raises UsageError for a damaged file."""
        try:
            written = self._path.read_bytes()
            # Empty after a power loss, before anything was begun that others could see.
            return msgspec.json.decode(written, type=Record) if written else None
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            hint = f"inv work.land --abort removes it: '{self._path}'"
            raise UsageError(f"the journal of an interrupted landing cannot be read: {error}", hint=hint) from None

    def write(self, record: Record) -> None:
        """Write *record*; once others could see what is about to be done, it outlives a power loss."""
        durable = record.step in {Step.PUSHING, Step.PROPOSING}
        with _told(self._directory):
            fresh = self._path.with_suffix(".new")
            with fresh.open("wb") as file:
                file.write(msgspec.json.encode(record))
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            fresh.replace(self._path)
            if durable:
                _sync_directory(self._directory)

    def clear(self) -> None:
        """Forget the landing: it has ended."""
        self._path.unlink(missing_ok=True)


@contextmanager
def _told(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        problem = f"cannot write to '{directory}': {error.strerror}"
        raise UnavailableError(problem, hint="nothing was landed and nothing was lost") from error


def _sync_directory(directory: Path) -> None:
    with suppress(OSError):  # some file systems cannot; the rename is atomic all the same
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
