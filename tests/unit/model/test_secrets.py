"""Tokens are taken out of text in every form in which they travel."""

import base64
from urllib.parse import quote

import pytest

from homelab_tasks.model.secrets import MASK, Secrets

CANARY = "canary/7e57+token="


@pytest.mark.parametrize(
    "form",
    [CANARY, quote(CANARY, safe=""), base64.b64encode(CANARY.encode()).decode(), f"x{CANARY}{CANARY}y"],
    ids=["as it is", "in a URL", "in base64", "twice"],
)
def test_a_token_is_masked_in_the_form_in_which_it_travels(form: str) -> None:
    secrets = Secrets()
    secrets.add(CANARY)

    said = secrets.scrub(f"GET /?token={form} HTTP/1.1")

    assert form not in said
    assert form.rstrip("=") not in said
    assert MASK in said


def test_a_token_that_begins_another_leaves_nothing_of_it() -> None:
    secrets = Secrets()
    secrets.add("abcdef")
    secrets.add("abcdef-and-more")

    assert secrets.scrub("abcdef-and-more") == MASK
