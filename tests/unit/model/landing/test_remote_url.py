"""Repositories read from the URLs that git takes."""

import pytest

from homelab_tasks.model.landing.remote_url import parse_remote_url, repository_of, without_credentials


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://git.example.org/lab/app.git", "lab/app"),
        ("https://git.example.org/lab/app", "lab/app"),
        ("https://git.example.org:8443/lab/app.git/", "lab/app"),
        ("https://user:word@git.example.org/lab/app.git", "lab/app"),
        ("https://git.example.org/group/sub/app.git", "group/sub/app"),
        ("https://git.example.org/lab/a%20b.git", "lab/a b"),
        ("ssh://git@git.example.org/lab/app.git", "lab/app"),
        ("ssh://git@git.example.org:2222/lab/app.git", "lab/app"),
        ("ssh://git@[::1]:2222/lab/app.git", "lab/app"),
        ("git@git.example.org:lab/app.git", "lab/app"),
        ("git.example.org:lab/app", "lab/app"),
        ("git@[git.example.org:2222]:lab/app.git", "lab/app"),
        ("git@git.example.org:/lab/app.git", "lab/app"),
        ("git+ssh://git@git.example.org/lab/app.git", "lab/app"),
        ("file:///srv/git/lab/app.git", "lab/app"),
        ("/srv/git/lab/app.git", "lab/app"),
        ("../lab/app.git", "lab/app"),
        ("https://git.example.org/app.git", None),
        ("https://git.example.org", None),
        ("app.git", None),
        ("", None),
    ],
)
def test_repository_is_read_when_url_has_any_form_of_git(url: str, name: str | None) -> None:
    assert repository_of(url) == name


def test_forge_path_is_no_part_of_the_name_when_forge_is_served_under_one() -> None:
    forge = "https://example.org/git"

    assert repository_of("https://example.org/git/lab/app.git", forge=forge) == "lab/app"
    assert repository_of("https://elsewhere.org/git/lab/app.git", forge=forge) == "git/lab/app"


def test_host_and_port_are_taken_apart_when_url_is_short() -> None:
    remote = parse_remote_url("git@[git.example.org:2222]:lab/app.git")

    assert (remote.scheme, remote.host, remote.port) == ("ssh", "git.example.org", 2222)
    assert remote.path == "lab/app.git"


def test_credentials_are_left_out_when_url_is_shown() -> None:
    assert without_credentials("https://user:secret@git.example.org/lab/app") == "https://git.example.org/lab/app"
    assert without_credentials("https://git.example.org/@lab/app") == "https://git.example.org/@lab/app"
    assert without_credentials("git@git.example.org:lab/app") == "git@git.example.org:lab/app"
