"""Signals, closed pipes and odd terminals: the end is still told, and the exit code is still right."""

import os
import re
import shlex
import signal
import time
from typing import TYPE_CHECKING

import pexpect
import pytest

from homelab_tasks.sandbox.woodpecker.script import Script
from tests.integration.tasks.conftest import Lab
from tests.integration.tasks.running import INV, ROOT, Ended, read_until

if TYPE_CHECKING:
    import subprocess

STOPPED_WITHIN_SECONDS = 2.0
ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[a-zA-Z]|\][^\x07\x1b]*(\x07|\x1b\\))")


def going(lab: Lab, sha: str) -> Script:
    life = lab.script(sha)
    life.status("running")
    life.step("build", "test", "running")
    return life


def red(life: Script) -> None:
    life.log("build", "test", "all is lost")
    life.run("failure", exit_code=1)


def interrupted(lab: Lab, process: "subprocess.Popen[str]", *signals: int) -> tuple[Ended, float]:
    """Send *signals* once the watch has told of a running pipeline; returns the end and how long it took."""
    before = read_until(process, '"running"')
    begun = time.monotonic()
    for number in signals:
        process.send_signal(number)
    ended = lab.shell.ended(process)
    return Ended(ended.code, before + ended.stdout, ended.stderr), time.monotonic() - begun


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_with_130_a_verdict_and_the_command_that_comes_back(lab: Lab, number: int) -> None:
    sha = lab.sha()
    life = going(lab, sha)
    process = lab.shell.start(*INV, "ci.watch", "--sha", sha, "--json", "--timeout", "10m", "--fail-fast")

    ended, seconds = interrupted(lab, process, number)

    assert (ended.code, ended.verdict["verdict"]) == (130, "interrupted")
    assert seconds < STOPPED_WITHIN_SECONDS
    assert f"#{life.number} goes on (running)" in ended.verdict["reason"]
    _, _, command = ended.verdict["hint"].partition("Come back: ")
    words = shlex.split(command)
    assert words[:2] == ["inv", "ci.watch"]
    assert {"--sha", sha, "--timeout", "10m", "--fail-fast"} <= set(words)
    life.run("success")
    assert lab.shell.inv(*words[1:]).code == 0


def test_signal_during_an_outage_ends_it_too(lab: Lab) -> None:
    lab.homelab.faults.set("5xx:1")
    process = lab.shell.start(*INV, "ci.watch", "--sha", lab.sha(), "--json")
    before = read_until(process, '"retrying"')
    begun = time.monotonic()

    process.send_signal(signal.SIGINT)

    ended = lab.shell.ended(process)
    assert ended.code == 130
    assert time.monotonic() - begun < STOPPED_WITHIN_SECONDS
    assert Ended(ended.code, before + ended.stdout, ended.stderr).verdict["verdict"] == "interrupted"


def test_signal_before_anything_was_asked_is_130_as_well(lab: Lab) -> None:
    lab.homelab.faults.set("blackhole:1")
    process = lab.shell.start(*INV, "ci.watch", "--sha", lab.sha(), "--json")
    before = read_until(process, '"watching"')
    time.sleep(0.3)

    process.send_signal(signal.SIGTERM)

    ended = lab.shell.ended(process)
    assert Ended(ended.code, before + ended.stdout, ended.stderr).verdict["exit_code"] == 130


def test_reader_that_goes_away_changes_no_exit_code(lab: Lab) -> None:
    sha = lab.sha()
    red(lab.script(sha))
    inv = shlex.join(INV)
    line = f"{{ {inv} ci.watch --sha {sha} --json; echo code $? >&2; }} | head -1"

    ended = lab.shell.run("bash", "-c", line)

    assert '"watching"' in ended.stdout
    assert ended.stderr.splitlines()[-1] == "code 1"
    assert "Traceback" not in ended.stderr
    assert "BrokenPipe" not in ended.stderr


def test_reader_of_progress_that_goes_away_leaves_the_result(lab: Lab) -> None:
    sha = lab.sha()
    life = lab.script(sha)
    life.run("success")
    line = f"{{ {shlex.join(INV)} ci.watch --sha {sha} 2>&3; echo code $?; }} 3> >(head -1 >/dev/null; exec 0<&-)"

    ended = lab.shell.run("bash", "-c", line)

    assert ended.stdout.splitlines() == [
        f"passed {life.number} {sha[:7]} https://ci.homelab.test/repos/1/pipeline/{life.number}",
        "code 0",
    ]


def on_a_terminal(lab: Lab, *words: str, columns: int, lines: int = 24, **environment: str) -> tuple[int, str]:
    """Run inv on a terminal; returns its exit code and what the terminal was sent."""
    child = pexpect.spawn(
        INV[0],
        [*INV[1:], *words],
        cwd=str(lab.shell.directory),
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        dimensions=(lines, columns),
        timeout=30,
        encoding="utf-8",
    )
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus is not None
    return child.exitstatus, child.before or ""


@pytest.mark.parametrize("end", ["by itself", "Ctrl-C", "SIGTERM"])
def test_what_is_typed_is_not_written_into_the_view_and_echoed_again_after_it(lab: Lab, end: str) -> None:
    sha = lab.sha()
    life = going(lab, sha)
    command = shlex.join([*INV, "ci.watch", "--sha", sha])
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    child = pexpect.spawn(
        "bash",
        ["-c", f"trap : INT TERM; {command}; stty -a"],
        cwd=str(lab.shell.directory),
        env=environment,
        dimensions=(24, 80),
        timeout=30,
        encoding="utf-8",
    )
    child.expect("running")
    time.sleep(0.5)  # a frame or two

    child.send("typed\r")
    time.sleep(0.5)
    if end == "Ctrl-C":
        child.sendcontrol("c")
    elif end == "SIGTERM":
        os.killpg(os.getpgid(child.pid or 0), signal.SIGTERM)
    else:
        life.run("success")
    child.expect_exact("speed ")  # the first line of stty -a

    assert "typed" not in (child.before or "")
    child.expect(r"[^-]\becho\b")
    child.expect(pexpect.EOF)


@pytest.mark.parametrize("columns", [1, 20, 200])
def test_terminal_of_any_width_gets_the_verdict(lab: Lab, columns: int) -> None:
    sha = lab.sha()
    life = lab.script(sha)
    life.log("build", "test", "x" * 300)
    life.run("failure", exit_code=1)

    code, shown = on_a_terminal(lab, "ci.watch", "--sha", sha, columns=columns)

    assert code == 1
    assert "".join(ESCAPES.sub("", shown).split()).count("failed:build>testexitedwith1(exit1)") == 1
    assert "Traceback" not in shown


def test_no_colour_when_it_is_not_wanted(lab: Lab) -> None:
    sha = lab.sha()
    red(lab.script(sha))

    _, colourful = on_a_terminal(lab, "ci.watch", "--sha", sha, columns=80)
    _, plain = on_a_terminal(lab, "ci.watch", "--sha", sha, columns=80, NO_COLOR="1")
    _, dumb = on_a_terminal(lab, "ci.watch", "--sha", sha, columns=80, TERM="dumb")

    assert "\x1b[31m" in colourful or "\x1b[1;31m" in colourful
    assert "\x1b[31m" not in plain
    assert "\x1b" not in dumb


@pytest.mark.parametrize("encoding", ["C", "POSIX", "en_US.ISO-8859-1"])
def test_poor_locale_gets_ascii(lab: Lab, encoding: str) -> None:
    sha = lab.sha()
    life = lab.script(sha)
    life.status("running")
    life.log("build", "test", "grüße ✗ \x1b[2J")
    life.run("failure", exit_code=1)
    poor = {"LC_ALL": encoding, "LANG": encoding, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    ended = lab.shell.inv("ci.watch", "--sha", sha, env=poor)

    assert ended.code == 1
    assert ended.stderr.isascii()
    assert "\x1b" not in ended.stderr
    assert "build > test" in ended.last_line


def test_pipes_get_no_escape_codes(lab: Lab) -> None:
    sha = lab.sha()
    red(lab.script(sha))

    ended = lab.shell.inv("ci.watch", "--sha", sha)

    assert "\x1b" not in ended.stdout + ended.stderr


def test_second_signal_kills(lab: Lab) -> None:
    sha = lab.sha()
    going(lab, sha)
    process = lab.shell.start(*INV, "ci.watch", "--sha", sha, "--json")
    read_until(process, '"running"')

    os.kill(process.pid, signal.SIGINT)
    os.kill(process.pid, signal.SIGTERM)

    assert lab.shell.ended(process).code in {130, -signal.SIGTERM, -signal.SIGINT}
