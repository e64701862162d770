"""What stands in examples/ does what it says, on the embedded homelab."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from homelab_tasks import Connections, Word, decode_settings
from homelab_tasks.sandbox.homelab import Homelab
from tests.integration.conftest import quick_homelab
from tests.integration.tasks.running import Shell
from tests.servers import Server, response

EXAMPLES = Path(__file__).parents[2] / "examples"
WAIT_SECONDS = 20.0


@pytest.fixture(scope="module")
def homelab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homelab]:
    with quick_homelab(tmp_path_factory.mktemp("homelab")) as running:
        yield running


@pytest.fixture
def green(homelab: Homelab) -> str:
    """A commit whose pipeline is green; it is HEAD of the clone."""
    return homelab.push({"note": f"green at {time.monotonic()}"})


@pytest.fixture
def red(homelab: Homelab) -> Iterator[str]:
    """A commit whose pipeline is red."""
    greeting = (homelab.app / "greet.sh").read_text()
    yield homelab.push({"greet.sh": "echo 'Good day!'\n"})
    homelab.push({"greet.sh": greeting})


def bot(homelab: Homelab, sha: str, callback: str) -> "subprocess.CompletedProcess[str]":
    """Run the bot in a directory that is no clone, with settings from the environment only."""
    settings = homelab.settings
    environment = {
        **os.environ,
        "PYTHONPATH": str(EXAMPLES.parent),
        "HOMELAB_WOODPECKER_URL": settings["woodpecker"]["url"],
        "HOMELAB_LOAD_BALANCER_ADDRESSES": ",".join(settings["load_balancer"]["addresses"]),
        "HOMELAB_LOAD_BALANCER_HOSTS": ",".join(settings["load_balancer"]["hosts"]),
        "HOMELAB_LOAD_BALANCER_CA_FILE": settings["load_balancer"]["ca_file"],
        "HOMELAB_CI_REPOSITORY": "lab/app",
        "WOODPECKER_TOKEN": homelab.token,
    }
    command = [sys.executable, str(EXAMPLES / "deploy_bot.py"), sha, callback]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, cwd="/", env=environment, timeout=WAIT_SECONDS
    )


@pytest.mark.parametrize(("colour", "code", "verdict"), [("green", 0, "passed"), ("red", 1, "failed")])
def test_the_deploy_bot_posts_the_verdict_once(
    homelab: Homelab, request: pytest.FixtureRequest, colour: str, code: int, verdict: str
) -> None:
    sha: str = request.getfixturevalue(colour)
    with Server(lambda _: response(b"{}")) as callback:
        done = bot(homelab, sha, f"http://127.0.0.1:{callback.port}/hooks/ci")

    assert done.returncode == code, done.stderr
    (posted,) = callback.asked
    body = json.loads(posted.body)
    assert (posted.method, posted.target) == ("POST", "/hooks/ci")
    assert (body["verdict"], body["commit"]) == (verdict, sha)
    assert sha[:7] in body["text"]
    assert homelab.token not in posted.body.decode() + done.stdout + done.stderr


def test_the_deploy_bot_posts_that_the_server_could_not_be_asked(homelab: Homelab, green: str) -> None:
    homelab.faults.set("redirect")
    with Server(lambda _: response(b"{}")) as callback:
        done = bot(homelab, green, f"http://127.0.0.1:{callback.port}/")
    homelab.faults.clear()

    assert done.returncode == Word.UNAVAILABLE.exit_code
    assert json.loads(callback.asked[0].body)["verdict"] == "unavailable"


@pytest.fixture
def shell(homelab: Homelab) -> Shell:
    return Shell(homelab.app, (homelab.token, homelab.vault_token))


@pytest.fixture
def noxfile(homelab: Homelab) -> Iterator[Path]:
    path = homelab.app / "noxfile.py"
    shutil.copy(EXAMPLES / "noxfile.py", path)
    yield path
    path.unlink()


@pytest.mark.usefixtures("noxfile")
def test_nox_lists_the_sessions_that_were_imported_and_runs_none_of_them_unasked(shell: Shell) -> None:
    listed = shell.run(sys.executable, "-m", "nox", "--list")

    assert "\n- ci -> Follow the CI of HEAD to its verdict" in listed.stdout
    assert "\n- land -> Land the topic on the trunk" in listed.stdout
    assert "\n* tests -> " in listed.stdout
    assert "doctor" not in listed.stdout, "only what was imported is registered"


@pytest.mark.usefixtures("noxfile", "green")
def test_a_nox_session_follows_the_ci_of_head(shell: Shell) -> None:
    done = shell.run(sys.executable, "-m", "nox", "--session", "ship")

    assert done.code == 0, done.stderr
    assert "greeting is right" in done.stdout
    assert "passed: " in done.stdout, "nox has one stream for both"


@pytest.mark.usefixtures("noxfile")
def test_a_nox_session_is_red_with_the_ci_that_it_follows(shell: Shell, red: str) -> None:
    done = shell.run(sys.executable, "-m", "nox", "--session", "ci", "--", "--sha", red)

    assert done.code != 0
    assert "failed with exit code 1" in done.stderr
    assert "> test exited with 1" in done.stdout


@pytest.fixture
def other(homelab: Homelab) -> Iterator[None]:
    """The clone with the tasks of another repository."""
    path = homelab.app / "tasks.py"
    ours = path.read_text()
    shutil.copy(EXAMPLES / "other_repository" / "tasks.py", path)
    yield
    path.write_text(ours)


@pytest.mark.usefixtures("other", "green")
def test_another_repositorys_task_runs_its_own_check_and_then_ours(shell: Shell) -> None:
    done = shell.inv("ship")

    assert done.code == 0, done.stderr
    assert "greeting is right" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("is green")
    assert done.stderr.splitlines()[-1].startswith("passed: ")


@pytest.mark.usefixtures("other")
def test_another_repositorys_task_ends_with_the_verdict_of_ours(homelab: Homelab, shell: Shell) -> None:
    homelab.push({"sleep": "never pushed to CI"}, "Say nothing [ci skip]")

    done = shell.inv("ship")

    assert done.code == Word.SKIPPED.exit_code
    assert "is green" not in done.stdout


@pytest.mark.parametrize("name", ["homelab", "other_repository"])
def test_the_settings_of_an_example_decode_and_its_tasks_are_listed(name: str) -> None:
    written = yaml.safe_load((EXAMPLES / name / "invoke.yaml").read_text())

    connections = Connections(decode_settings(written["homelab"], {}))
    listed = Shell(EXAMPLES / name).inv("--list")

    assert connections.woodpecker_url
    assert listed.code == 0, listed.stderr
    assert {"ci.watch", "deploy.wait", "work.land"} <= set(listed.stdout.split())


def test_the_first_deployment_pins_the_load_balancer_and_keeps_its_token_in_vault() -> None:
    written = yaml.safe_load((EXAMPLES / "homelab" / "invoke.yaml").read_text())

    settings = decode_settings(written["homelab"], {})

    assert settings.load_balancer.addresses_for("ci.viktorbarzin.me") == ("10.0.20.203",)
    assert [source.vault.path for source in settings.woodpecker.token if source.vault] == ["secret/ci/global"]
