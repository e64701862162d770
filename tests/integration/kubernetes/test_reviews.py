"""What a cluster says that a user may do is what it lets the user do."""

import os

import pytest
from msgspec import structs

from homelab_tasks.actions.diagnosis.examine_cluster import examine_cluster
from homelab_tasks.clients.kubernetes.access import User
from homelab_tasks.clients.kubernetes.connection import review
from homelab_tasks.clients.kubernetes.review import ClusterReview
from homelab_tasks.errors import DeniedError
from homelab_tasks.model.events import CheckState
from homelab_tasks.model.rollouts.target import parse_targets
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.settings import Http, LoadBalancer
from tests.fakes.clock import FakeClock
from tests.integration.kubernetes.lab import Lab


def reviewing(lab: Lab, token: str) -> ClusterReview:
    access = structs.replace(lab.access, user=User(token=token))
    return review(access, pins=LoadBalancer(), http=Http(), environment=os.environ, secrets=Secrets())


RIGHTS = [
    ("viewer", "get", "apps", "deployments", True),
    ("viewer", "watch", "", "pods", True),
    ("status", "get", "apps", "deployments", True),
    ("status", "list", "", "pods", False),
    ("getonly", "get", "apps", "statefulsets", True),
    ("getonly", "list", "apps", "replicasets", False),
    ("nobody", "get", "apps", "deployments", False),
]


@pytest.mark.parametrize(("user", "verb", "group", "resource", "allowed"), RIGHTS)
def test_a_right_is_told_without_trying_it(  # noqa: PLR0917 - a row of the table
    lab: Lab, user: str, verb: str, group: str, resource: str, allowed: bool
) -> None:
    assert reviewing(lab, lab.tokens[user]).may(verb, group, resource, lab.namespace) is allowed


@pytest.mark.parametrize("user", ["viewer", "nobody"])
def test_everybody_with_a_token_may_ask_for_the_version(lab: Lab, user: str) -> None:
    assert reviewing(lab, lab.tokens[user]).version().startswith("v1.")


def test_whose_token_is_none_is_denied(lab: Lab) -> None:
    with pytest.raises(DeniedError, match="does not accept the credentials"):
        reviewing(lab, "no-token-of-this-cluster").may("get", "", "pods", lab.namespace)


STATES = [("viewer", CheckState.OK), ("status", CheckState.WARNING), ("nobody", CheckState.FAILED)]


@pytest.mark.parametrize(("user", "state"), STATES)
def test_doctor_tells_enough_from_too_few_rights(lab: Lab, user: str, state: CheckState) -> None:
    targets = parse_targets("web", namespace=lab.namespace)

    review = reviewing(lab, lab.tokens[user])
    checks = list(examine_cluster(lab.access, review, targets, FakeClock(), lambda *_: iter(())))

    assert [check.state for check in checks] == [CheckState.OK, state]
