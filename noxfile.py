"""
Everything that checks this project, one session each. `nox --list` names them.

All run in the environment that the Makefile makes from requirements.lock, so there is one place that installs, and a
second run installs nothing.
"""

import os
import secrets
import shutil
import subprocess
from functools import partial
from pathlib import Path

import nox

PYTHONS = ("3.11", "3.12", "3.13")
CI = bool(os.environ.get("CI"))
FAST_TESTS = ("tests", "--ignore=tests/integration", "--ignore=tests/e2e")
measured: set[str] = set()

nox.needs_version = ">=2026.1"
nox.options.default_venv_backend = "none"
nox.options.download_python = "never"
nox.options.sessions = ("lint", "typecheck", "tests", "integration")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, spelling, the floors and the dependencies (`-- --fix` mends what can be mended)."""
    tools = environment(session)
    fix = "--fix" in session.posargs
    session.run(tools / "ruff", "check", *(["--fix"] if fix else []), ".")
    session.run(tools / "ruff", "format", *([] if fix else ["--check"]), ".")
    session.run(tools / "lint-imports", "--no-logo", "--cache-dir", ".cache/import-linter")
    session.run(tools / "codespell")
    session.run(tools / "uv", "pip", "check", "--quiet")


@nox.session
def typecheck(session: nox.Session) -> None:
    """Check the types of package, tests, benches and tasks with mypy, strictly."""
    tools = environment(session)
    session.run(tools / "mypy", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests that open no socket and never wait (`-- ARG...` goes to pytest)."""
    tools = environment(session)
    measure(session, tools, *FAST_TESTS)


@nox.session
def integration(session: nox.Session) -> None:
    """Run the tests with real sockets, processes and git, on this machine only (`-- ARG...` goes to pytest)."""
    tools = environment(session)
    # They wait for most of their time. A file stays in one process, for the homelab that its tests share.
    measure(session, tools, "tests/integration", "-m", "not e2e", "--numprocesses=4", "--dist=loadfile")


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Report what tests and integration covered; both run this, and together they must reach the threshold."""
    tools = environment(session)
    session.run(tools / "coverage", "combine", "--quiet", success_codes=[0, 1])  # 1: combined before
    partial = ["--fail-under=0"] if measured and len(measured) < len(("tests", "integration")) else []
    session.run(tools / "coverage", "report", *partial)


@nox.session(default=False)
def e2e(session: nox.Session) -> None:
    """Run the contract tests on the real servers that HOMELAB_E2E_... name."""
    tools = environment(session)
    if not any(name.startswith("HOMELAB_E2E_") for name in os.environ):
        session.error("name a server first: HOMELAB_E2E_WOODPECKER_URL, _TOKEN, _REPOSITORY, _REMOTE")
    session.run(tools / "pytest", "tests", "-m", "e2e", *session.posargs)


@nox.session(default=False)
def soak(session: nox.Session) -> None:
    """Try the properties on many examples: `nox -s soak -- 1000 [SEED]`. Prints the seed."""
    tools = environment(session)
    count, *rest = session.posargs or ["1000"]
    seed = rest[0] if rest else str(secrets.randbelow(2**32))
    session.log(f"{count} examples of each property; to repeat: nox -s soak -- {count} {seed}")
    options = ["-s", "--timeout=0", f"--soak={count}", f"--hypothesis-seed={seed}"]
    session.run(tools / "pytest", "tests", "-m", "soak", *options)


@nox.session(default=False)
def build(session: nox.Session) -> None:
    """Build dist/, by the tools of the lock and without a network, and check what is in it."""
    tools = environment(session)
    shutil.rmtree("dist", ignore_errors=True)
    session.run(tools / "uv", "build", "--quiet", "--no-build-isolation", "--offline", "--out-dir", "dist")
    session.run(tools / "pytest", "-q", "tests/integration/test_distributions.py")


@nox.session(default=False)
def package(session: nox.Session) -> None:
    """Install the built wheel into an empty environment, as its users do, and tell the story (needs a registry)."""
    build(session)
    (wheel,) = Path("dist").glob("*.whl")
    home = Path(session.create_tmp(), "home")
    shutil.rmtree(home.parent)
    home.mkdir(parents=True)
    bare = {"HOME": str(home), "PATH": os.defpath, "VIRTUAL_ENV": None, "PYTHONPATH": None}

    place = home.parent / "venv"
    session.run(Path(".venv/bin/python").resolve(), "-m", "venv", str(place), external=True)
    session.run(place / "bin/pip", "install", "--quiet", str(wheel.resolve()), external=True)
    homelab = partial(session.run, place / "bin/homelab", env=bare, external=True)
    homelab("--version")
    homelab("ci.status", "--help", silent=True)
    homelab("--list", silent=True)
    homelab("sandbox.demo")


@nox.session(default=False)
def mutants(session: nox.Session) -> None:
    """Break each promise of docs/guarantees.md, and see its test fail (`-- V1 C8` for some of them)."""
    tools = environment(session)
    session.run(tools / "python", "-m", "tests.mutation", *session.posargs)


@nox.session(default=False)
def pictures(session: nox.Session) -> None:
    """Draw the pictures of the live view anew (`-- record`: of real runs, which are recorded anew before)."""
    tools = environment(session)
    if "record" in session.posargs:
        session.run(tools / "python", "-m", "docs.pictures.record")
    session.run(tools / "python", "-m", "docs.pictures.draw")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure what the README claims, beside its peers (`-- NAME...` for some of it)."""
    tools = environment(session)
    session.run(tools / "python", "-m", "bench", *session.posargs)


def on_one_python(version: str) -> None:
    """Add the session that runs all tests on Python *version*, in an environment of its own."""

    @nox.session(name=f"tests-{version}", default=False, tags=["pythons"])
    def tests_on(session: nox.Session) -> None:
        if not is_there(f"python{version}"):
            (session.error if CI else session.skip)(f"no python{version} here")
        tools = environment(session, venv=f".nox/{version}", python=f"python{version}")
        session.run(tools / "pytest", "tests", "-m", "not e2e", *session.posargs)

    tests_on.__doc__ = f"Run all tests on Python {version} (`nox -t pythons`: on each Python that is there)."


for each in PYTHONS:
    on_one_python(each)


def is_there(python: str) -> bool:
    """Whether *python* starts: a version manager's stand-in on the PATH may not."""
    if shutil.which(python) is None:
        return False
    return subprocess.run([python, "-c", ""], check=False, capture_output=True).returncode == 0


def environment(session: nox.Session, *, venv: str = ".venv", python: str | None = None) -> Path:
    """Make sure that *venv* is what the lock says; returns the directory of its commands."""
    choice = [f"PYTHON={python}"] if python else []
    session.run(
        "make", "--silent", "environment", f"VENV={venv}", *choice, external=True, env={"MAKEFLAGS": ""}, log=False
    )
    tools = Path(venv, "bin")
    session.env["VIRTUAL_ENV"] = str(Path(venv).absolute())
    session.env["PATH"] = os.pathsep.join([str(tools.absolute()), os.environ["PATH"]])
    session.env["PYTHONDONTWRITEBYTECODE"] = ""  # pytest starts in 0.3 s with its rewritten bytecode, in 1.8 s without
    return tools


def measure(session: nox.Session, tools: Path, *arguments: str) -> None:
    """Run pytest with *arguments* and measure its coverage, to be judged once all that measure have ended."""
    if not measured:
        session.run(tools / "coverage", "erase", log=False)
    measured.add(session.name)
    seed = f"--hypothesis-seed={secrets.randbelow(2**32)}"
    session.run(tools / "coverage", "run", "-m", "pytest", seed, *arguments, *session.posargs)
    session.notify("coverage")
