"""Why pods are not made, read from events and conditions: what counts, and for how long it may last."""

import pytest

from homelab_tasks.model.rollouts.creation_trouble import DENIED_SECONDS, UNSURE_SECONDS, event_cause, replica_set_cause
from homelab_tasks.model.rollouts.pod import Occurrence
from homelab_tasks.model.rollouts.workload import Condition, ReplicaSet, Template

DENIED = 'create Pod web-0 in StatefulSet web failed error: pods "web-0" is forbidden: violates PodSecurity'


def event(reason: str, time: str, message: str = DENIED) -> Occurrence:
    return Occurrence(reason=reason, message=message, time=time)


def test_a_refusal_counts_while_it_is_the_last_thing_that_happened() -> None:
    cause = event_cause("statefulset/web", "r2", [event("SuccessfulDelete", "10"), event("FailedCreate", "11")])

    assert cause is not None
    assert "violates PodSecurity" in cause.text
    assert cause.fatal_after == DENIED_SECONDS


@pytest.mark.parametrize("later", ["11", "12"])
def test_a_refusal_is_over_once_something_else_happened(later: str) -> None:
    assert event_cause("statefulset/web", "r2", [event("FailedCreate", "11"), event("SuccessfulDelete", later)]) is None


def test_there_is_no_cause_without_a_refusal() -> None:
    assert event_cause("statefulset/web", "r2", [event("SuccessfulCreate", "10")]) is None


@pytest.mark.parametrize(
    ("message", "window"),
    [
        ('pods "x" is forbidden: exceeded quota: lab, requested: pods=1', None),
        ('pods "x" is forbidden: failed quota: lab: must specify limits.cpu; quota', None),
        ('admission webhook "policy" denied the request: no', DENIED_SECONDS),
        ("pods \"x\" is forbidden: ValidatingAdmissionPolicy 'signed' denied request: no", DENIED_SECONDS),
        ('pods "x" is forbidden: maximum cpu usage per Container is 1, but limit is 2', DENIED_SECONDS),
        ('Pod "x" is invalid: spec.containers[0].name: Required value', DENIED_SECONDS),
        ('Internal error occurred: failed calling webhook "policy": context deadline exceeded', UNSURE_SECONDS),
        ('pods "x" is forbidden: error looking up service account e/x: serviceaccount "x" not found', UNSURE_SECONDS),
        ("something that nobody has seen before", UNSURE_SECONDS),
    ],
)
def test_a_refusal_may_last_as_long_as_what_it_says(message: str, window: float | None) -> None:
    failure = Condition(type="ReplicaFailure", status="True", reason="FailedCreate", message=message)
    template = Template(containers=(), fingerprint="")

    cause = replica_set_cause(
        ReplicaSet(name="web-1", uid="u", owner_uid="o", created="", template=template, conditions=(failure,))
    )

    assert cause is not None
    assert cause.fatal_after == window
