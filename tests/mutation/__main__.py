"""
Breaks each promise in a copy of the tree, and expects its test to fail: `nox -s mutants [-- WORD...]`.

WORDs choose mutants by promise (`V1`) or by what they do. Ends with 1 when a mutant survives, cannot be applied, or
when one of the tests fails without any.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from tests.mutation.mutants import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
COPIED = ("homelab_tasks", "tests", "docs", "pyproject.toml")
SECONDS = 300  # a mutant that makes its test hang has been noticed, too
PASSED, FAILED = 0, 1  # what pytest ends with; anything else is neither


class Copies:
    """Copies of the tree, one for each that works at the same time."""

    def __init__(self, directory: Path, count: int) -> None:
        """Make *count* copies below *directory*."""
        self._free: Queue[Path] = Queue()
        self.count = count
        for number in range(count):
            copy = directory / str(number)
            copy.mkdir()
            for name in COPIED:
                _copy(ROOT / name, copy / name)
            self._free.put(copy)

    def judge(self, mutant: Mutant) -> str:
        """Apply *mutant* to a copy, run its test, and put the copy back."""
        copy = self._free.get()
        file = copy / mutant.file
        original = file.read_text(encoding="utf-8")
        try:
            if original.count(mutant.before) != 1:
                return f"cannot be applied: its text is there {original.count(mutant.before)} times"
            file.write_text(original.replace(mutant.before, mutant.after), encoding="utf-8")
            return {PASSED: "survived", FAILED: "killed"}.get(run_tests(copy, [mutant.test]), "cannot be judged")
        finally:
            file.write_text(original, encoding="utf-8")
            self._free.put(copy)

    def tests_pass(self, tests: Iterable[str]) -> bool:
        """Run *tests* without any mutant."""
        copy = self._free.get()
        try:
            return run_tests(copy, sorted(set(tests)), quiet=False) == PASSED
        finally:
            self._free.put(copy)


def run_tests(copy: Path, tests: list[str], *, quiet: bool = True) -> int:
    """Run *tests* in *copy*, on the code that stands there; the exit code of pytest."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    output = subprocess.DEVNULL if quiet else None
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, stdout=output, stderr=output, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return FAILED
    return done.returncode


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    else:
        shutil.copy(source, target)


def main(words: list[str]) -> int:
    """Judge the mutants that *words* choose, all without any; print a table."""
    chosen = [each for each in MUTANTS if not words or any(word in (each.promise, each.what) for word in words)]
    with tempfile.TemporaryDirectory(prefix="mutants-") as directory:
        copies = Copies(Path(directory), count=os.cpu_count() or 1)
        if not copies.tests_pass(each.test for each in chosen):
            sys.stdout.write("the tests fail without any mutant\n")
            return 1
        bad = 0
        with ThreadPoolExecutor(copies.count) as pool:
            for mutant, outcome in zip(chosen, pool.map(copies.judge, chosen), strict=True):
                bad += outcome != "killed"
                sys.stdout.write(f"{mutant.promise:4} {outcome:10} {mutant.what}\n")
                sys.stdout.flush()
    sys.stdout.write(f"{len(chosen)} mutants, {len(chosen) - bad} killed\n")
    return 1 if bad or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
