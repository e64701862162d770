"""Opening a pull request: what a refusal of the forge's means."""

from typing import TYPE_CHECKING, Any, cast

import pytest

from homelab_tasks.clients.forge import Forge
from homelab_tasks.errors import RejectedError

if TYPE_CHECKING:
    from homelab_tasks.clients.web.http import Http


class RefusingHttp:
    """Refuses whatever is posted."""

    server = "git.lab"

    def __init__(self, status: int, words: str) -> None:
        self._error = RejectedError(f"git.lab answered HTTP {status}: {words}", status=status)

    def post(self, path: str, kind: type, *, body: dict[str, Any]) -> None:
        assert path == "/api/v1/repos/lab/app/pulls"
        assert body == {"head": "topic", "base": "main", "title": "A title"}
        assert kind is not None
        raise self._error


def opened(status: int, words: str) -> object:
    forge = Forge(cast("Http", RefusingHttp(status, words)), "lab/app")
    return forge.open(topic="topic", trunk="main", title="A title")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (409, "pull request already exists for these targets"),
        (422, "Validation Failed: A pull request already exists for lab:topic"),
    ],
)
def test_there_is_one_already_when_the_forge_says_so(status: int, words: str) -> None:
    assert opened(status, words) is None


def test_forges_words_are_kept_when_it_opens_none() -> None:
    with pytest.raises(RejectedError, match="there are no changes between the head and the base"):
        opened(422, "there are no changes between the head and the base")
