"""Targets, as people write them and as nobody should."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homelab_tasks.errors import UsageError
from homelab_tasks.model.rollouts.target import Kind, Target, parse_target, parse_targets


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("web", Target(name="web", namespace="here")),
        ("apps/web", Target(name="web", namespace="apps")),
        ("deploy/web", Target(name="web", namespace="here", kind=Kind.DEPLOYMENT)),
        ("deployment/web", Target(name="web", namespace="here", kind=Kind.DEPLOYMENT)),
        ("deployments.apps/web", Target(name="web", namespace="here", kind=Kind.DEPLOYMENT)),
        ("Deployment/web", Target(name="web", namespace="here", kind=Kind.DEPLOYMENT)),
        ("sts/db", Target(name="db", namespace="here", kind=Kind.STATEFUL_SET)),
        ("statefulset.v1.apps/db", Target(name="db", namespace="here", kind=Kind.STATEFUL_SET)),
        ("apps/ds/agent", Target(name="agent", namespace="apps", kind=Kind.DAEMON_SET)),
        ("apps/daemonset/agent:app", Target(name="agent", namespace="apps", kind=Kind.DAEMON_SET, container="app")),
        ("web:app", Target(name="web", namespace="here", container="app")),
        ("jobs/deploy/web", Target(name="web", namespace="jobs", kind=Kind.DEPLOYMENT)),
        ("deploy/deploy/web", Target(name="web", namespace="deploy", kind=Kind.DEPLOYMENT)),
        ("web.v2", Target(name="web.v2", namespace="here")),
    ],
)
def test_a_target_is_read_as_kubectl_would(written: str, expected: Target) -> None:
    assert parse_target(written, namespace="here") == expected


@pytest.mark.parametrize(
    "written",
    ["", "/", "web/", "/web", "a/b/c/d", "web:", ":app", "Web", "-web", "web_1", "a b", "--help", "apps/pod/x", "pod/x",
     "job/x", "svc/x", "web:a:b", "wéb", "x" * 254, "a//b"],
)  # fmt: skip
def test_a_target_is_refused_when_no_server_would_take_it(written: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_target(written, namespace="here")

    assert refused.value.hint


def test_several_targets_are_read_once_each_when_they_are_separated_by_commas() -> None:
    targets = parse_targets("web, apps/sts/db ,web", namespace="here")

    assert [str(each) for each in targets] == ["here/web", "apps/statefulset/db"]


def test_an_empty_part_is_refused_when_targets_are_separated_by_commas() -> None:
    with pytest.raises(UsageError):
        parse_targets("web,,db", namespace="here")


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,4})?", fullmatch=True).filter(
    lambda name: name not in {"po", "rs", "cj", "svc", "pod", "job", "ds", "sts"}
)


@given(NAMES, NAMES, st.sampled_from([None, *Kind]), st.none() | NAMES)
def test_a_target_reads_back_as_itself_when_it_was_written_by_us(
    namespace: str, name: str, kind: Kind | None, container: str | None
) -> None:
    target = Target(name=name, namespace=namespace, kind=kind, container=container)

    assert parse_target(str(target), namespace="elsewhere") == target


@pytest.mark.parametrize("namespace", ["Team_A", "a/b", "..", " ", "default "])
def test_a_namespace_that_no_server_would_take_is_refused(namespace: str) -> None:
    with pytest.raises(UsageError, match="is not a namespace"):
        parse_target("deploy/web", namespace=namespace)

    assert parse_target("apps/web", namespace=namespace).namespace == "apps"
