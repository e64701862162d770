"""Doctor finds nothing wrong with the embedded homelab, and names what is wrong with settings and servers."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from invoke.config import Config
from invoke.context import Context

from homelab_tasks.model.events import Check, CheckState, Verdict
from homelab_tasks.model.verdict import Word
from homelab_tasks.sandbox.homelab import CI_HOST, SECRET_PATH, VAULT_HOST, Homelab
from homelab_tasks.sandbox.kubernetes.accounts import Account
from homelab_tasks.tasks.assembly import Assembly
from homelab_tasks.tasks.doctor_request import diagnose_everything
from tests.integration.conftest import is_deployed, quick_homelab

WAIT_SECONDS = 15.0


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homelab]:
    """A homelab with a pipeline that has ended, and what it deployed."""
    with quick_homelab(tmp_path_factory.mktemp("homelab")) as running:
        running.push({"note": "look at me"})
        deadline = time.monotonic() + WAIT_SECONDS
        while not (_has_ended(running) and is_deployed(running)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield running


def _has_ended(lab: Homelab) -> bool:
    return all(row.status.is_final for row in lab.woodpecker.pipelines())


@pytest.fixture
def homelab(lab: Homelab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Homelab]:
    """The same, in its clone; whatever a test broke is mended afterwards."""
    monkeypatch.chdir(lab.app)
    repository, secret = lab.woodpecker.repository(), dict(lab.vault.secrets[SECRET_PATH])
    vault_tokens = dict(lab.vault.tokens)
    forge_token = (lab.layout.tokens / "forge").read_text()
    yield lab
    lab.faults.clear()
    repository.active = True
    lab.layout.write_secret("forge", forge_token.strip())
    lab.vault.sealed = False
    lab.vault.tokens = vault_tokens
    lab.vault.secrets[SECRET_PATH] = secret


def examine(homelab: Homelab, **changed: Any) -> tuple[dict[str, Check], Verdict]:
    """Run doctor with the homelab's settings, sections of which may be *changed*."""
    settings = {name: {**section, **changed.pop(name, {})} for name, section in homelab.settings.items()} | changed
    context = Context(config=Config(overrides={"homelab": settings}))
    *events, verdict = diagnose_everything(Assembly(context, task="doctor"))
    assert isinstance(verdict, Verdict)
    return {event.name: event for event in events if isinstance(event, Check)}, verdict


def failures(checks: dict[str, Check]) -> list[str]:
    return [check.name for check in checks.values() if check.state is CheckState.FAILED]


def warnings(checks: dict[str, Check]) -> list[str]:
    return [check.name for check in checks.values() if check.state is CheckState.WARNING]


def test_all_is_good_when_all_is_well(homelab: Homelab) -> None:
    checks, verdict = examine(homelab)

    assert not failures(checks) + warnings(checks)
    assert verdict.verdict is Word.OK
    assert checks["woodpecker"].text.startswith("version 3.17.0")
    assert checks["woodpecker token"].text == "is lab's"
    assert checks["repository"].text == "lab/app is active, and lab may push"
    assert checks["clock"].text == "agrees with the server's"
    assert checks["forge token"].text.startswith("may push to lab/app on git.homelab.test")
    assert checks["pipelines"].text == "#1 is the newest, success; its logs can be read"
    assert checks["event stream"].text == "opens, pings, and passes events on"
    assert checks["target web/web"].text.endswith("2 of 2 available")
    assert checks["git remote"].text.startswith("'origin' answers at https://git.homelab.test")
    assert homelab.token not in str(checks)


def _inactive(lab: Homelab) -> None:
    lab.woodpecker.repository().active = False


def _sealed(lab: Homelab) -> None:
    lab.vault.sealed = True


def _no_policy(lab: Homelab) -> None:
    lab.vault.tokens = dict.fromkeys(lab.vault.tokens, ())


def _revoked(lab: Homelab) -> None:
    lab.vault.tokens = {}


def _no_field(lab: Homelab) -> None:
    lab.vault.secrets[SECRET_PATH] = {"other": "value-of-another"}


def _dead_token(lab: Homelab) -> None:
    lab.vault.put(SECRET_PATH, woodpecker_api_token="wp-revoked-token-4711")


def _dead_forge_token(lab: Homelab) -> None:
    lab.layout.write_secret("forge", "fj-revoked-token-4711")


SERVER_FAULTS: list[tuple[Callable[[Homelab], None], Word, tuple[str, str, str]]] = [
    (_inactive, Word.FAILED, ("repository", "lab/app is not active in CI", "enable it in Woodpecker")),
    (_sealed, Word.UNAVAILABLE, (f"vault {SECRET_PATH}", "is sealed", "vault operator unseal")),
    (_no_policy, Word.DENIED, (f"vault {SECRET_PATH}", "policy does not allow it", "vault kv get secret/ci/global")),
    (_revoked, Word.DENIED, (f"vault {SECRET_PATH}", "the token is wrong, expired or revoked", "homelab.vault")),
    (_no_field, Word.DENIED, (f"vault {SECRET_PATH}", "has no field 'woodpecker_api_token'", "homelab.vault")),
    (_dead_token, Word.DENIED, ("woodpecker token", "the token is not valid", "make a new one")),
    (_dead_forge_token, Word.DENIED, ("forge token", "the token is not valid", "write:repository")),
]


@pytest.mark.parametrize(("fault", "word", "expected"), SERVER_FAULTS)
def test_a_fault_of_a_server_is_named_with_its_fix(
    homelab: Homelab, fault: Callable[[Homelab], None], word: Word, expected: tuple[str, str, str]
) -> None:
    name, text, hint = expected
    fault(homelab)

    checks, verdict = examine(homelab)

    assert checks[name].state is CheckState.FAILED
    assert text in checks[name].text
    assert hint in (checks[name].hint or "")
    assert verdict.verdict is word


def test_a_vault_that_is_not_needed_is_only_a_warning(homelab: Homelab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOODPECKER_TOKEN", homelab.token)
    homelab.vault.sealed = True
    sources = [{"env": "WOODPECKER_TOKEN"}, *homelab.settings["woodpecker"]["token"]]

    checks, verdict = examine(homelab, woodpecker={"token": sources})

    assert (verdict.verdict, warnings(checks)) == (Word.OK, [f"vault {SECRET_PATH}"])
    assert "another source has the token" in checks[f"vault {SECRET_PATH}"].text


def test_a_user_who_may_only_read_is_a_warning_naming_the_right(
    homelab: Homelab, monkeypatch: pytest.MonkeyPatch
) -> None:
    homelab.woodpecker.add_user("viewer", "wp-viewer-token-4711", can_push=False)
    monkeypatch.setenv("WOODPECKER_TOKEN", "wp-viewer-token-4711")

    checks, verdict = examine(homelab, woodpecker={"token": [{"env": "WOODPECKER_TOKEN"}]})

    assert (verdict.verdict, warnings(checks)) == (Word.OK, ["repository"])
    assert checks["repository"].hint == "grant viewer write access to lab/app on the forge"


def test_a_ci_server_that_is_down_is_named_alone(homelab: Homelab) -> None:
    homelab.woodpecker.stop()
    try:
        checks, verdict = examine(homelab)
    finally:
        homelab.woodpecker.start()

    assert failures(checks) == ["woodpecker"]
    assert verdict.verdict is Word.UNAVAILABLE
    assert "answers HTTP 502" in verdict.reason


def test_a_right_that_the_clusters_user_lacks_is_named(homelab: Homelab) -> None:
    tokens = homelab.kubernetes.api.tokens
    before = dict(tokens)
    tokens.update(dict.fromkeys(before, Account(name="nobody", verbs=frozenset())))
    try:
        checks, verdict = examine(homelab)
    finally:
        tokens.update(before)

    assert failures(checks) == ["rights in web"]
    assert verdict.verdict is Word.DENIED
    assert "may not get deployments" in checks["rights in web"].text
    assert "auth can-i --list" in (checks["rights in web"].hint or "")


def test_a_file_of_certificates_that_is_not_there_is_one_fault(homelab: Homelab) -> None:
    checks, verdict = examine(homelab, load_balancer={"ca_file": "/nowhere/ca.pem"})

    assert failures(checks) == ["load balancer 127.0.0.1"]
    assert verdict.verdict is Word.USAGE
    assert "cannot read '/nowhere/ca.pem'" in verdict.reason
    assert "homelab.load_balancer.ca_file" in (verdict.hint or "")


def test_a_kubeconfig_that_is_not_there_is_named(homelab: Homelab) -> None:
    checks, verdict = examine(homelab, kubernetes={"kubeconfig": "/nowhere/config"})

    assert failures(checks) == ["kubernetes"]
    assert verdict.verdict is Word.USAGE
    assert "there is no kubeconfig at '/nowhere/config'" in checks["kubernetes"].text


def test_two_push_urls_are_named_because_nothing_lands_in_two_places(homelab: Homelab) -> None:
    for url in ("https://one.homelab.test/a.git", "https://two.homelab.test/a.git"):
        subprocess.run(["git", "config", "--add", "remote.origin.pushurl", url], check=True)
    try:
        checks, verdict = examine(homelab)
    finally:
        subprocess.run(["git", "config", "--unset-all", "remote.origin.pushurl"], check=True)

    assert failures(checks) == ["git remote"]
    assert verdict.verdict is Word.USAGE
    assert "pushes to 2 places" in checks["git remote"].text


def test_a_setting_that_cannot_be_is_the_first_and_only_finding(homelab: Homelab) -> None:
    checks, verdict = examine(homelab, woodpecker={"ulr": "https://ci.homelab.test"})

    assert list(checks) == ["settings"]
    assert verdict.verdict is Word.USAGE
    assert "unknown setting homelab.woodpecker.ulr" in verdict.reason


def test_a_host_that_is_neither_pinned_nor_in_dns_is_named(homelab: Homelab) -> None:
    checks, verdict = examine(homelab, load_balancer={"hosts": [VAULT_HOST, "git.homelab.test"]})

    assert verdict.verdict is Word.UNAVAILABLE
    assert checks[f"dns {CI_HOST}"].state is CheckState.FAILED
    assert "pin it" in (checks[f"dns {CI_HOST}"].hint or "")


def test_a_host_behind_a_proxy_is_not_dialled_and_a_pinned_one_never_goes_through_it(
    homelab: Homelab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://me:s3cret@127.0.0.1:9")

    checks, _ = examine(homelab, load_balancer={"hosts": [VAULT_HOST, "git.homelab.test"]})

    assert checks[f"certificate {CI_HOST}"].text == "not dialled from here, but through the proxy http://127.0.0.1:9"
    assert checks[f"dns {CI_HOST}"].state is CheckState.SKIPPED
    assert checks[f"certificate {VAULT_HOST}"].state is CheckState.OK
    assert "s3cret" not in str(checks)


def test_nothing_outside_of_a_clone_is_taken_for_a_fault(
    homelab: Homelab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    checks, verdict = examine(homelab)

    assert verdict.verdict is Word.OK
    assert {checks[name].state for name in ("repository", "git remote")} == {CheckState.SKIPPED}


def test_a_directory_without_settings_says_where_there_are_some(
    homelab: Homelab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {}
    for directory in (tmp_path, homelab.layout.directory):
        monkeypatch.chdir(directory)
        *events, verdict = diagnose_everything(Assembly(Context(), task="doctor"))
        found[directory] = next(event for event in events if isinstance(event, Check))
        assert isinstance(verdict, Verdict)
        assert verdict.verdict is Word.OK

    assert {check.state for check in found.values()} == {CheckState.WARNING}
    assert "in an invoke.yaml, here or in a directory above" in (found[tmp_path].hint or "")
    assert (found[homelab.layout.directory].hint or "").endswith(f"cd {homelab.app}")


def test_inv_doctor_prints_a_line_for_each_check_and_ends_with_the_worst_code(homelab: Homelab) -> None:
    _dead_token(homelab)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}

    command = [sys.executable, "-m", "invoke", "doctor"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)

    assert done.returncode == 77
    assert "✗ woodpecker token: failed: the token is not valid on ci.homelab.test. Make a new one" in done.stdout
    assert done.stderr.splitlines()[-1].startswith("denied: woodpecker token: the token is not valid")
