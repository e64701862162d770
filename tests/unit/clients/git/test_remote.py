"""What becomes of a look at the remote, or a fetch, that did not work."""

import pytest

from homelab_tasks.clients.git.remote import failure
from homelab_tasks.errors import DeniedError, HomelabError, TransientError, UntrustedError
from homelab_tasks.model.landing.refusal import classify_failure

URL = "https://git.example.org/lab/app.git"


@pytest.mark.parametrize(
    ("errors", "code", "kind"),
    [
        # Others fetch into the same clone at this moment.
        (f"error: {URL} did not send all necessary objects\n", 1, TransientError),
        (f"fatal: bad object refs/land/1/base\nerror: {URL} did not send all necessary objects\n", 1, TransientError),
        (f"fatal: unable to access '{URL}/': The requested URL returned error: 502\n", 128, TransientError),
        ("fatal: something that no git has said before\n", 128, TransientError),
        (f"fatal: Authentication failed for '{URL}/'\n", 128, DeniedError),
        (f"fatal: unable to access '{URL}/': SSL certificate problem: expired\n", 128, UntrustedError),
    ],
)
def test_trouble_is_ridden_out_and_a_refusal_is_not(errors: str, code: int, kind: type[HomelabError]) -> None:
    assert type(failure(classify_failure(errors, code=code))) is kind
