"""Failures that take their time to be certain: on a real cluster only; unit tests have them on a fake clock."""

from homelab_tasks.model.verdict import Word
from tests.integration.kubernetes.lab import Lab

A = "aaaaaaa"


def test_an_image_that_is_not_there_fails_within_half_a_minute(real: Lab) -> None:
    real.apply(tag=A, run="pull")

    verdict = real.wait(A, timeout=40)

    assert verdict.verdict is Word.FAILED
    assert "not found" in verdict.reason
    assert verdict.seconds is not None
    assert verdict.seconds < 30


def test_a_missing_secret_fails_with_its_message(real: Lab) -> None:
    real.apply(tag=A, run="config")

    verdict = real.wait(A)

    assert verdict.verdict is Word.FAILED
    assert 'secret "db" not found' in verdict.reason
