"""Who asks a cluster: the ways in which a kubeconfig says it, and what goes wrong with them."""

import json
import stat
import sys
from pathlib import Path

import pytest
import yaml

from homelab_tasks.clients.kubernetes.kubeconfig import load_access
from homelab_tasks.errors import DeniedError
from homelab_tasks.model.rollouts.target import Kind
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.sandbox.kubernetes.server import KubernetesServer
from tests.integration.kubernetes.lab import Lab

A = "aaaaaaa"


def change(lab: Lab) -> None:
    """Let A be there, and complete."""
    lab.apply(tag=A)
    lab.wait(A)


def kubeconfig(lab: Lab, path: Path, **user: object) -> Path:
    """A kubeconfig for *lab* whose user is *user*."""
    written = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": lab.namespace}}],
        "clusters": [{"name": "c", "cluster": {"server": lab.access.server}}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(yaml.safe_dump(written))
    return path


def plugin(folder: Path, token: str) -> Path:
    """A credential plugin that prints *token*, or what stands in the file `token` beside it, and counts its runs."""
    script = folder / "plugin"
    (folder / "token").write_text(token)
    script.write_text(
        f"#!{sys.executable}\n"
        "import json, os, pathlib\n"
        f"folder = pathlib.Path({str(folder)!r})\n"
        "assert json.loads(os.environ['KUBERNETES_EXEC_INFO'])['kind'] == 'ExecCredential'\n"
        "with (folder / 'runs').open('a') as runs: runs.write('x')\n"
        "print(json.dumps({'kind': 'ExecCredential', 'status': {'token': (folder / 'token').read_text()}}))\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


def test_a_plugin_is_run_once_and_once_more_when_its_token_is_refused(
    stand_in: Lab, server: KubernetesServer, tmp_path: Path
) -> None:
    change(stand_in)
    good = stand_in.tokens["viewer"]
    script = plugin(tmp_path, "expired-token")
    path = kubeconfig(stand_in, tmp_path / "config", exec={"command": str(script), "apiVersion": "v1"})
    stand_in.access = load_access({}, kubeconfig=str(path))
    cluster = stand_in.connect(None)
    (tmp_path / "token").write_text(good)

    seen = cluster.workload(Kind.DEPLOYMENT, stand_in.namespace, "web")
    cluster.close()

    assert seen.workload is not None
    assert (tmp_path / "runs").read_text() == "xx"


def test_a_token_file_is_read_again_when_it_was_replaced(stand_in: Lab, tmp_path: Path) -> None:
    change(stand_in)
    (tmp_path / "token").write_text(stand_in.tokens["viewer"])
    path = kubeconfig(stand_in, tmp_path / "config", tokenFile="token")
    stand_in.access = load_access({}, kubeconfig=str(path))
    cluster = stand_in.connect(None)
    cluster.workload(Kind.DEPLOYMENT, stand_in.namespace, "web")

    (tmp_path / "token").write_text("rotated-to-nothing-good")

    with pytest.raises(DeniedError, match="does not accept the credentials"):
        cluster.workload(Kind.DEPLOYMENT, stand_in.namespace, "web")
    (tmp_path / "token").write_text(stand_in.tokens["viewer"])
    assert cluster.workload(Kind.DEPLOYMENT, stand_in.namespace, "web").workload is not None


def test_a_missing_plugin_fails_before_anything_is_waited_for(stand_in: Lab, tmp_path: Path) -> None:
    path = kubeconfig(stand_in, tmp_path / "config", exec={"command": "no-such-plugin", "installHint": "install it"})
    stand_in.access = load_access({}, kubeconfig=str(path))

    with pytest.raises(DeniedError, match="'no-such-plugin' cannot be run") as denied:
        stand_in.connect(None)

    assert denied.value.hint == "install it"


def test_what_a_plugin_prints_is_never_shown(stand_in: Lab, tmp_path: Path) -> None:
    script = tmp_path / "plugin"
    script.write_text(f"#!{sys.executable}\nprint('s3cret-but-no-json')\n")
    script.chmod(0o700)
    path = kubeconfig(stand_in, tmp_path / "config", exec={"command": str(script)})
    stand_in.access = load_access({}, kubeconfig=str(path))

    with pytest.raises(DeniedError, match="printed no ExecCredential") as denied:
        stand_in.connect(None)

    assert "s3cret" not in json.dumps([str(denied.value), denied.value.hint])


def access_with(lab: Lab, folder: Path, script: str, **written: object) -> None:
    """Let *lab* be asked with what *script*, in Python, prints."""
    path = folder / "plugin"
    path.write_text(f"#!{sys.executable}\n{script}\n")
    path.chmod(0o700)
    written = {"command": str(path), **written}
    lab.access = load_access({}, kubeconfig=str(kubeconfig(lab, folder / "config", exec=written)))


def credential(**status: str) -> str:
    return f"print({json.dumps({'kind': 'ExecCredential', 'status': status})!r})"


def test_a_plugin_that_is_written_as_a_path_is_found_beside_its_kubeconfig(stand_in: Lab, tmp_path: Path) -> None:
    access_with(stand_in, tmp_path, credential(token=stand_in.tokens["viewer"]), command="./plugin")

    stand_in.connect(None).close()


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("import sys; sys.stdout.buffer.write(bytes(range(256)))", "printed no ExecCredential"),
        (credential(token=""), "neither a token nor a client certificate"),
        (credential(clientCertificateData="PEM"), "a client certificate or its key, and both are needed"),
        (credential(token="s3cret-token\r\nX-Evil: 1"), "gives a token with spaces"),
        ("import sys; print('not logged in', file=sys.stderr); sys.exit(3)", "exited with 3: not logged in"),
    ],
)
def test_a_plugin_that_gives_nothing_to_ask_with_is_denied(
    stand_in: Lab, tmp_path: Path, script: str, problem: str
) -> None:
    access_with(stand_in, tmp_path, script)

    with pytest.raises(DeniedError, match=problem) as denied:
        stand_in.connect(None)

    assert "s3cret" not in f"{denied.value} {denied.value.hint}"


def test_a_plugin_that_hangs_is_ended_when_time_is_up(stand_in: Lab, tmp_path: Path) -> None:
    access_with(stand_in, tmp_path, "import time; time.sleep(60)")

    with pytest.raises(DeniedError, match="did not end within 1 s"):
        stand_in.connect(None, time_left=lambda: 0.2)


def test_what_a_failing_plugin_says_of_its_token_is_masked(stand_in: Lab, tmp_path: Path) -> None:
    script = f"import sys; {credential(token='s3cret-token')}; print('bad s3cret-token', file=sys.stderr); sys.exit(1)"
    access_with(stand_in, tmp_path, script)
    secrets = Secrets()

    with pytest.raises(DeniedError) as denied:
        stand_in.connect(None, secrets=secrets)

    assert "s3cret-token" not in secrets.scrub(str(denied.value))
