"""What cannot be: each ends with its exit code, and a last line that says what to do."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from homelab_tasks.sandbox.homelab import Homelab
from tests.integration.conftest import quick_homelab
from tests.integration.tasks.conftest import Lab
from tests.integration.tasks.running import Ended, Shell

SHA = "c0ffee" + "0" * 34
CANARY = "canary-token-that-nobody-may-see"


def says(ended: Ended, code: int, *words: str) -> None:
    """The process ended with *code*, and its last line has *words* in it."""
    assert ended.code == code, ended
    assert "Traceback" not in ended.stderr
    for word in words:
        assert word in ended.last_line


def git(directory: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=directory, check=True, capture_output=True, text=True).stdout.strip()


def with_settings(homelab: Homelab, directory: Path, *changes: Mapping[str, Any]) -> Shell:
    """A shell outside of any clone, whose invoke.yaml is the homelab's with *changes* to its sections."""
    settings: dict[str, Any] = {**homelab.settings, "ci": {"repository": "lab/app"}}
    for change in changes:
        for section, values in change.items():
            settings[section] = {**settings.get(section, {}), **values} if isinstance(values, dict) else values
    (directory / "tasks.py").write_text("from homelab_tasks import namespace as ns\n")
    (directory / "invoke.yaml").write_text(yaml.safe_dump({"homelab": settings}))
    return Shell(directory, (homelab.token, homelab.vault_token, CANARY))


def test_unknown_revision_is_2(lab: Lab) -> None:
    says(lab.shell.inv("ci.watch", "--sha", "no-such-branch"), 2, "usage:", "'no-such-branch' names no commit")


def test_ambiguous_short_sha_is_2_and_names_the_candidates(lab: Lab, tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "tasks.py").write_text("from homelab_tasks import namespace as ns\n")
    (tmp_path / "invoke.yaml").write_text((lab.homelab.app / "invoke.yaml").read_text())
    tree = git(tmp_path, "write-tree")
    seen: dict[str, str] = {}
    while (sha := git(tmp_path, "commit-tree", tree, "-m", str(len(seen))))[:4] not in seen:
        seen[sha[:4]] = sha

    ended = Shell(tmp_path).inv("ci.watch", "--sha", sha[:4], "--repository", "lab/app")

    says(ended, 2, "ambiguous", sha[:7], seen[sha[:4]][:7])


def test_not_a_repository_is_2_and_a_full_sha_is_enough(lab: Lab, tmp_path: Path) -> None:
    shell = with_settings(lab.homelab, tmp_path)
    lab.script(SHA).run("success")

    says(shell.inv("ci.watch"), 2, "is not a git repository")
    says(shell.inv("ci.watch", "--sha", SHA), 0)
    says(shell.inv("ci.watch", "--sha", SHA, "--repository", "lab/app"), 0)


def test_no_remote_is_2_and_names_the_setting(lab: Lab, tmp_path: Path) -> None:
    shell = with_settings(lab.homelab, tmp_path, {"ci": {"repository": None}})
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "First")

    says(shell.inv("ci.watch"), 2, "remote", "homelab.ci.repository")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"woodpecker": {"ulr": "https://ci.example.org"}},
            "unknown setting homelab.woodpecker.ulr in invoke.yaml; did",
        ),
        ({"ci": {"timeout": "soon"}}, "homelab.ci.timeout in invoke.yaml: 'soon' is not a duration"),
        ({"ci": {"timeout": -1}}, "homelab.ci.timeout in invoke.yaml"),
        ({"ci": {"events": "push"}}, "homelab.ci.events in invoke.yaml: expected a list, found 'push'"),
        ({"ci": {"follow": "maybe"}}, "homelab.ci.follow in invoke.yaml: expected true or false"),
        ({"ci": ["push"]}, "homelab.ci in invoke.yaml: expected a mapping"),
        ({"woodpecker": {"url": "ci.example.org"}}, "'ci.example.org' is not a server's URL"),
        ({"woodpecker": {"url": "https://ada:secret@ci.example.org"}}, "credentials do not belong into it"),
        ({"woodpecker": {"url": None}}, "homelab.woodpecker.url is not set"),
        ({"load_balancer": {"addresses": ["ci.example.org"]}}, "is not an address"),
        ({"load_balancer": {"ca_file": "/nonexistent/ca.pem"}}, "/nonexistent/ca.pem"),
        ({"woodpecker": {"token": [{"env": "A", "file": "b"}]}}, "exactly one of"),
        ({"woodpecker": {"token": [{"command": "pass show"}]}}, "homelab.woodpecker.token"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_2_and_named(
    lab: Lab, tmp_path: Path, change: Mapping[str, Any], words: str
) -> None:
    shell = with_settings(lab.homelab, tmp_path, change)

    ended = shell.inv("ci.status", "--sha", SHA)
    program = shell.inv("ci.status", "--sha", SHA, "--json")

    says(ended, 2, "usage:", words)
    assert "secret@" not in ended.stderr
    assert (program.verdict["verdict"], program.verdict["exit_code"]) == ("usage", 2)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"HOMELAB_CI_TIMEOUT": "soon"}, "homelab.ci.timeout in HOMELAB_CI_TIMEOUT: 'soon' is not a duration"),
        ({"HOMELAB_CI_FOLLOW": "maybe"}, "HOMELAB_CI_FOLLOW"),
        ({"HOMELAB_WOODPECKER_URL": "nonsense"}, "HOMELAB_WOODPECKER_URL"),
        ({"HOMELAB_CI_TIMEUOT": "1m"}, "HOMELAB_CI_TIMEUOT in the environment; did you mean HOMELAB_CI_TIMEOUT?"),
    ],
    ids=str,
)
def test_environment_that_cannot_be_is_2_and_named(lab: Lab, environment: Mapping[str, str], words: str) -> None:
    says(lab.shell.inv("ci.status", env=environment), 2, "usage:", words)


def test_environment_comes_before_the_file(lab: Lab) -> None:
    ended = lab.shell.inv("ci.watch", "--sha", lab.sha(), env={"HOMELAB_CI_APPEAR_TIMEOUT": "300ms"})

    says(ended, 5, "missing:")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ci.watch", "--timeout", "soon"], "--timeout: 'soon' is not a duration"),
        (["ci.watch", "--timeout=-1"], "--timeout"),
        (["ci.watch", "--appear-timeout", "1x"], "--appear-timeout"),
        (["ci.watch", "--logs", "some"], "--logs: 'some' is not one of failed, all, none"),
        (["ci.status", "--pipeline", "zero"], "--pipeline: 'zero' is not a whole number"),
        (["ci.status", "--pipeline", "0"], "--pipeline: '0' is not a whole number"),
        (["ci.logs", "--tail", "many"], "--tail: 'many' is not a whole number"),
        (["ci.logs", "--step", "a", "--all"], "exclude each other"),
        (["ci.status", "--events", "psuh"], "psuh"),
        (["ci.status", "--events", ","], "--events: ',' names no event"),
        (["ci.status", "--sha", ""], "--sha: is empty"),
        (["ci.watch", "--appear-timeout="], "--appear-timeout: is empty"),
        (["deploy.wait", "web/web", "--sha="], "--sha: is empty"),
        (["ci.status", "--repository", "app"], "OWNER/NAME"),
    ],
    ids=str,
)
def test_flag_that_cannot_be_is_2_and_named(lab: Lab, words: list[str], expected: str) -> None:
    says(lab.shell.inv(*words), 2, "usage:", expected)


@pytest.mark.parametrize("task", ["ci.status", "ci.logs", "ci.watch"])
def test_pipeline_of_another_commit_is_2(lab: Lab, task: str) -> None:
    life = lab.script(lab.sha())
    life.run("success")

    ended = lab.shell.inv(task, "--pipeline", str(life.number), "--sha", SHA)

    says(ended, 2, f"pipeline #{life.number} is of commit", "not of c0ffee")


@pytest.mark.parametrize("task", ["ci.status", "ci.logs", "ci.watch"])
def test_pipeline_that_is_not_there_is_5(lab: Lab, task: str) -> None:
    ended = lab.shell.inv(task, "--pipeline", "4711", env={"HOMELAB_HTTP_RETRY_FOR": "500ms"})

    says(ended, 5, "missing:", "lab/app has no pipeline #4711")


def test_unreadable_authority_is_2(lab: Lab, tmp_path: Path) -> None:
    nonsense = tmp_path / "ca.pem"
    nonsense.write_text("this is no certificate")
    shell = with_settings(lab.homelab, tmp_path, {"load_balancer": {"ca_file": str(nonsense)}})

    says(shell.inv("ci.status", "--sha", SHA), 2, str(nonsense))


def test_help_after_the_name_of_the_task_shows_its_help(lab: Lab) -> None:
    for words in (["ci.watch", "--help"], ["--help", "ci.watch"]):
        ended = lab.shell.inv(*words)

        assert ended.code == 0
        assert "--appear-timeout" in ended.stdout


# Tokens


def test_wrong_token_is_77_on_a_private_repository(lab: Lab, tmp_path: Path) -> None:
    lab.homelab.woodpecker.add_repository("lab/private", forge_url="https://git.homelab.test/lab/private", private=True)
    shell = with_settings(lab.homelab, tmp_path, {"woodpecker": {"token": [{"env": "WOODPECKER_TOKEN"}]}})

    ended = shell.inv(
        "ci.status", "--sha", SHA, "--repository", "lab/private",
        env={"WOODPECKER_TOKEN": CANARY, "HOMELAB_HTTP_RETRY_FOR": "500ms"},
    )  # fmt: skip

    says(ended, 77, "denied:", "token is not valid")


def test_wrong_token_on_a_public_repository_is_judged_with_a_warning(lab: Lab, tmp_path: Path) -> None:
    shell = with_settings(lab.homelab, tmp_path, {"woodpecker": {"token": [{"env": "WOODPECKER_TOKEN"}]}})
    sha = lab.sha()
    lab.script(sha).run("success")

    ended = shell.inv(
        "ci.status", "--sha", sha, "--json", env={"WOODPECKER_TOKEN": CANARY, "HOMELAB_HTTP_RETRY_FOR": "500ms"}
    )

    assert ended.code == 0
    assert any("token is not valid" in text for text in ended.notes("warning"))


def test_token_of_another_user_is_5_and_says_whose_it_is(lab: Lab, tmp_path: Path) -> None:
    lab.homelab.woodpecker.add_repository("lab/hidden", forge_url="https://git.homelab.test/lab/hidden", private=True)
    lab.homelab.woodpecker.add_user("eve", CANARY, can_push=False)
    shell = with_settings(lab.homelab, tmp_path, {"woodpecker": {"token": [{"env": "WOODPECKER_TOKEN"}]}})

    ended = shell.inv(
        "ci.status", "--sha", SHA, "--repository", "lab/hidden",
        env={"WOODPECKER_TOKEN": CANARY, "HOMELAB_HTTP_RETRY_FOR": "500ms"},
    )  # fmt: skip

    says(ended, 5, "missing:", "lab/hidden", "eve")


def test_no_token_is_77_and_every_place_is_named(lab: Lab, tmp_path: Path) -> None:
    open_file = tmp_path / "token"
    open_file.write_text(CANARY)
    open_file.chmod(0o644)
    places: list[dict[str, Any]] = [
        {"env": "NOT_SET_ANYWHERE"},
        {"file": str(open_file)},
        {"file": "/nonexistent/token"},
        {"command": ["false"]},
        {"command": ["no-such-program"]},
        {"vault": {"path": "secret/ci/global", "field": "no_such_field"}},
        {"vault": {"path": "secret/not/there", "field": "token"}},
    ]
    shell = with_settings(lab.homelab, tmp_path, {"woodpecker": {"token": places}})

    ended = shell.inv("ci.status", "--sha", SHA, env={"HOMELAB_HTTP_RETRY_FOR": "500ms"})

    says(ended, 77, "denied:", "NOT_SET_ANYWHERE", str(open_file), "/nonexistent/token", "no_such_field", "not/there")


def test_sealed_vault_is_said(tmp_path: Path) -> None:
    with quick_homelab(tmp_path / "homelab") as homelab:
        homelab.vault.sealed = True
        shell = Shell(homelab.app, (homelab.token, homelab.vault_token))

        ended = shell.inv("ci.status", "--sha", SHA, env={"HOMELAB_HTTP_RETRY_FOR": "500ms"})

    assert ended.code in {69, 77}
    assert "sealed" in ended.last_line


def test_repository_that_is_unknown_or_not_active_is_5(lab: Lab, tmp_path: Path) -> None:
    quick = {"HOMELAB_HTTP_RETRY_FOR": "500ms"}
    lab.homelab.woodpecker.add_repository("lab/asleep", forge_url="https://git.homelab.test/lab/asleep").active = False

    unknown = lab.shell.inv("ci.watch", "--sha", SHA, "--repository", "lab/unknown", env=quick)
    asleep = lab.shell.inv("ci.watch", "--sha", SHA, "--repository", "lab/asleep", env=quick)

    says(unknown, 5, "missing:", "lab/unknown does not exist")
    says(asleep, 5, "missing:", "lab/asleep is not active in CI")


# What no output may hold


@pytest.mark.parametrize("flags", [[], ["--json"]])
@pytest.mark.parametrize("core", [[], ["-d"]])
def test_tokens_are_in_no_output_even_where_a_step_prints_them(lab: Lab, core: list[str], flags: list[str]) -> None:
    sha = lab.sha()
    life = lab.script(sha)
    life.log("build", "test", f"export WOODPECKER_TOKEN={lab.homelab.token}", "done")
    life.run("failure", exit_code=1)

    for task in (["ci.watch"], ["ci.logs"], ["ci.status"]):
        ended = lab.shell.inv(*core, *task, "--sha", sha, *flags)  # the shell looks for the tokens

        assert ended.code in {0, 1}
        if task == ["ci.logs"]:
            assert "WOODPECKER_TOKEN=********" in ended.stdout


def test_traceback_of_a_bug_holds_no_token(lab: Lab, tmp_path: Path) -> None:
    sha = lab.sha()
    lab.script(sha).run("success")
    (tmp_path / "tasks.py").write_text(
        "from homelab_tasks import namespace as ns\n"
        "from homelab_tasks.clients.woodpecker import Woodpecker\n"
        "def pipelines(self, *a, **k):\n"
        "    raise LookupError(str(self._http._auth.__dict__) + self._http._auth._tokens.value)\n"
        "Woodpecker.pipelines = pipelines\n"
    )
    (tmp_path / "invoke.yaml").write_text((lab.homelab.app / "invoke.yaml").read_text())
    shell = Shell(tmp_path, lab.shell.canaries)

    quiet = shell.inv("ci.status", "--sha", sha, "--repository", "lab/app")
    loud = shell.inv("-d", "ci.status", "--sha", sha, "--repository", "lab/app")

    assert (quiet.code, loud.code) == (70, 70)
    assert "internal:" in quiet.last_line
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in loud.stderr


def test_proxies_and_netrc_of_the_environment_are_ignored_for_pinned_names(lab: Lab, home: Path) -> None:
    sha = lab.sha()
    lab.script(sha).run("success")
    (home / ".netrc").write_text(f"machine ci.homelab.test login ada password {CANARY}\n")
    (home / ".netrc").chmod(0o600)
    proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "ALL_PROXY"), "http://127.0.0.1:9")

    assert lab.shell.inv("ci.status", "--sha", sha, env={**proxies, "HOME": str(home)}).code == 0


def test_settings_of_the_user_are_below_those_of_the_project(lab: Lab, home: Path) -> None:
    (home / ".invoke.yaml").write_text("homelab: {ci: {appear_timeout: 300ms}}\n")

    ended = lab.shell.inv("ci.watch", "--sha", lab.sha(), env={"HOME": str(home)})

    says(ended, 5, "missing:", "within 0s")
