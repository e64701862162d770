"""A kubeconfig is read as kubectl reads it."""

import base64
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from homelab_tasks.clients.kubernetes.access import Access, User
from homelab_tasks.clients.kubernetes.auth_provider import Provider
from homelab_tasks.clients.kubernetes.credential_plugin import Command
from homelab_tasks.clients.kubernetes.credentials import Fixed, TokenFile, credentials_of
from homelab_tasks.clients.kubernetes.kubeconfig import load_access
from homelab_tasks.clients.kubernetes.trust import ClusterTrust
from homelab_tasks.errors import DeniedError, UsageError
from homelab_tasks.model.secrets import MASK, Secrets


def write(path: Path, *, name: str = "home", current: str | None = "home", user: Any = None, **cluster: Any) -> Path:
    written = {
        "current-context": current,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": f"{name}-apps"}}],
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}.example.org:6443/", **cluster}}],
        "users": [{"name": name, "user": user or {"token": f"token-of-{name}"}}],
    }
    path.write_text(yaml.safe_dump(written))
    return path


def test_the_current_context_is_meant_when_none_is_named(tmp_path: Path) -> None:
    access = load_access({}, kubeconfig=str(write(tmp_path / "config")))

    assert (access.context, access.namespace, access.server) == ("home", "home-apps", "https://home.example.org:6443")
    assert access.user.token == "token-of-home"


def test_several_files_are_one_and_the_first_wins(tmp_path: Path) -> None:
    first = write(tmp_path / "a", name="home", current=None)
    second = write(tmp_path / "b", name="away", current="away")
    third = write(tmp_path / "c", name="home", current="home", user={"token": "another"})
    environment = {"KUBECONFIG": f"{first}::{tmp_path / 'missing'}:{second}:{third}"}

    assert load_access(environment).context == "away"
    assert load_access(environment, context="home").user.token == "token-of-home"


def test_a_flag_outweighs_the_environment(tmp_path: Path) -> None:
    named, other = write(tmp_path / "a"), write(tmp_path / "b", name="away", current="away")

    assert load_access({"KUBECONFIG": str(other)}, kubeconfig=str(named)).context == "home"


def test_paths_are_relative_to_their_file(tmp_path: Path) -> None:
    folder = tmp_path / "sub"
    folder.mkdir()
    (folder / "ca.pem").write_text("PEM")
    path = write(folder / "config", user={"tokenFile": "token"}, **{"certificate-authority": "ca.pem"})

    access = load_access({}, kubeconfig=str(path))

    assert access.authority is not None
    assert access.authority.read() == b"PEM"
    assert access.user.token_file == folder / "token"


def test_data_is_decoded(tmp_path: Path) -> None:
    data = base64.b64encode(b"PEM").decode()
    path = write(tmp_path / "config", **{"certificate-authority-data": data})

    access = load_access({}, kubeconfig=str(path))

    assert access.authority is not None
    assert access.authority.read() == b"PEM"


def test_the_contexts_there_are_named_when_one_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="context 'nosuch' does not exist") as refused:
        load_access({}, kubeconfig=str(write(tmp_path / "config")), context="nosuch")

    assert refused.value.hint == "contexts there: home"


def test_a_context_must_be_chosen_when_none_is_current(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no current context") as refused:
        load_access({}, kubeconfig=str(write(tmp_path / "config", current=None)))

    assert "home" in (refused.value.hint or "")


def test_no_kubeconfig_says_where_one_was_looked_for(home: Path) -> None:
    with pytest.raises(UsageError, match=r"\.kube/config"):
        load_access({})


def test_certificate_checks_are_never_switched_off(tmp_path: Path) -> None:
    unchecked: dict[str, Any] = {"insecure-skip-tls-verify": True}

    with pytest.raises(UsageError, match="switches certificate checks off"):
        load_access({}, kubeconfig=str(write(tmp_path / "config", **unchecked)))


@pytest.mark.parametrize("text", ["token: [s3cret", "- s3cret", "\x00s3cret"])
def test_what_stands_in_a_broken_kubeconfig_is_not_shown(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)

    with pytest.raises(UsageError) as refused:
        load_access({}, kubeconfig=str(path))

    assert "s3cret" not in f"{refused.value} {refused.value.hint}"


@pytest.mark.parametrize(
    ("user", "kind", "header"),
    [
        ({"token": "t0ken-t0ken"}, Fixed, "Bearer t0ken-t0ken"),
        ({"username": "me", "password": "passw0rd"}, Fixed, "Basic " + base64.b64encode(b"me:passw0rd").decode()),
        ({"client-certificate": "a", "client-key": "b"}, Fixed, None),
        ({"tokenFile": "t", "token": "ignored"}, TokenFile, "Bearer fresh-token"),
        ({"exec": {"command": "sh"}}, Command, ...),
        ({"auth-provider": {"name": "oidc"}}, Provider, ...),
    ],
)
def test_each_way_to_say_who_one_is_is_known(tmp_path: Path, user: dict[str, Any], kind: type, header: Any) -> None:
    (tmp_path / "t").write_text("fresh-token\n")
    secrets = Secrets()
    access = load_access({}, kubeconfig=str(write(tmp_path / "config", user=user)))

    credentials = credentials_of(access, {}, remember=secrets.add, show=lambda *_: None)

    assert isinstance(credentials, kind)
    if header is not ...:
        assert credentials.authorization() == header
        assert header is None or secrets.scrub(header.partition(" ")[2]) == MASK


@pytest.mark.parametrize("token", ["two words", "t\u00f6ken-t\u00f6ken", "token\r\nX-Evil: 1"])
def test_a_token_that_no_header_can_carry_is_not_shown(tmp_path: Path, token: str) -> None:
    access = load_access({}, kubeconfig=str(write(tmp_path / "config", user={"token": token})))

    with pytest.raises(DeniedError, match="characters that no token has") as denied:
        credentials_of(access, {}, remember=str, show=lambda *_: None)

    assert token.rsplit(maxsplit=1)[-1] not in f"{denied.value} {denied.value.hint}"


def test_space_around_a_token_is_not_part_of_it(tmp_path: Path) -> None:
    access = load_access({}, kubeconfig=str(write(tmp_path / "config", user={"token": "t0ken-t0ken\n"})))

    assert credentials_of(access, {}, remember=str, show=lambda *_: None).authorization() == "Bearer t0ken-t0ken"


@pytest.mark.parametrize(
    ("user", "problem"),
    [
        ({"token": 12345678}, "user 'home' of the kubeconfig: Expected `str | null`"),
        ({"client-certificate": "a"}, "needs both client-certificate and client-key"),
        ({"client-key-data": "YQ=="}, "needs both client-certificate and client-key"),
        ({"as": "admin"}, "impersonates another, which is not done here"),
    ],
)
def test_a_user_that_cannot_be_is_refused(tmp_path: Path, user: dict[str, Any], problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as refused:
        load_access({}, kubeconfig=str(write(tmp_path / "config", user=user)))

    assert "12345678" not in str(refused.value)


@pytest.mark.parametrize(
    ("cluster", "problem"),
    [
        ({"server": "not a url"}, "it needs http:// or https://"),
        ({"server": "ftp://home.example.org"}, "it needs http:// or https://"),
        ({"server": "https://admin:hunter22@home.example.org"}, "credentials do not belong into it"),
        ({"proxy-url": "socks5://127.0.0.1:1080"}, "is no http or https URL"),
        ({"proxy-url": "::::"}, "is no http or https URL"),
    ],
)
def test_a_cluster_that_cannot_be_is_refused(tmp_path: Path, cluster: dict[str, str], problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as refused:
        load_access({}, kubeconfig=str(write(tmp_path / "config", **cluster)))

    assert "hunter22" not in str(refused.value)


def test_a_provider_that_left_kubectl_is_refused(tmp_path: Path) -> None:
    access = load_access({}, kubeconfig=str(write(tmp_path / "config", user={"auth-provider": {"name": "gcp"}})))

    with pytest.raises(UsageError, match="'gcp' of the kubeconfig is no longer supported"):
        credentials_of(access, {}, remember=str, show=lambda *_: None)


def test_a_command_is_found_beside_the_kubeconfig_when_it_is_a_path(tmp_path: Path) -> None:
    beside = load_access({}, kubeconfig=str(write(tmp_path / "a", user={"exec": {"command": "./bin/plugin"}})))
    anywhere = load_access({}, kubeconfig=str(write(tmp_path / "b", user={"exec": {"command": "plugin"}})))

    assert beside.user.exec is not None
    assert Path(beside.user.exec.command) == tmp_path / "bin/plugin"
    assert anywhere.user.exec is not None
    assert anywhere.user.exec.command == "plugin"


def test_an_encrypted_key_is_refused_and_no_passphrase_is_asked_for(tmp_path: Path) -> None:
    issued = trustme.CA().issue_cert("me.example.org")
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    trust = ClusterTrust(Access(context="c", namespace="n", server="https://home.example.org", user=User()))

    with pytest.raises(UsageError, match="key of the kubeconfig is encrypted"):
        trust.show(issued.cert_chain_pems[0].bytes(), encrypted)
