"""What a Woodpecker server answers to whoever only reads."""

from email.utils import parsedate_to_datetime
from uuid import uuid4

import pytest

from tests.integration.contract.server import ContractServer

VERSION_HEADER = "X-Woodpecker-Version"
USER_KEYS = {"id", "forge_id", "forge_remote_id", "login", "email", "avatar_url", "org_id"}
REPOSITORY_KEYS = [
    "id", "forge_id", "forge_remote_id", "org_id", "owner", "name", "full_name", "avatar_url", "forge_url", "clone_url",
    "clone_url_ssh", "default_branch", "pr_enabled", "timeout", "visibility", "private", "trusted", "require_approval",
    "approval_allowed_users", "active", "allow_pr", "allow_deploy", "config_file", "cancel_previous_pipeline_events",
    "netrc_trusted", "config_extension_endpoint", "config_extension_exclusive", "config_extension_netrc",
    "registry_extension_endpoint", "registry_extension_netrc", "secret_extension_endpoint", "secret_extension_netrc",
]  # fmt: skip


def test_health_has_no_body_and_every_answer_says_the_version(server: ContractServer) -> None:
    health, page, missing = (server.get(path) for path in ("/healthz", "/nope", "/api/repos/99999"))

    assert (health.status_code, health.content) == (204, b"")
    version = server.get("/version").json()
    assert set(version) == {"source", "version"}
    assert {answer.headers[VERSION_HEADER] for answer in (health, page, missing)} == {version["version"]}


def test_answers_are_json_that_nobody_may_keep(server: ContractServer) -> None:
    answer = server.get(f"{server.base}/pipelines")

    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache, no-store, max-age=0, must-revalidate, value"


def test_a_token_tells_whose_it_is(server: ContractServer) -> None:
    user = server.get("/api/user").json()

    assert set(user) - {"admin"} == USER_KEYS
    assert user["login"] == "lab"


@pytest.mark.parametrize("token", ["", "no-such-token"])
def test_without_a_good_token_nobody_is_a_user_but_public_things_are_readable(
    server: ContractServer, token: str
) -> None:
    user = server.get("/api/user", token=token)

    assert (user.status_code, user.text) == (401, "User not authorized")
    assert server.get(f"/api/repos/lookup/{server.repository}", token=token).status_code == 200
    assert server.get(f"{server.base}/pipelines", token=token).status_code == 200


@pytest.mark.parametrize("spelling", ["bearer {}", "token {}", "{}", "Basic Zm9vOmJhcg=="])
def test_a_header_that_is_not_bearer_makes_anonymous_even_beside_a_good_query(
    server: ContractServer, spelling: str
) -> None:
    headers = {"Authorization": spelling.format(server.good_token)}

    answer = server.get(f"/api/user?access_token={server.good_token}", headers=headers)

    assert answer.status_code == 401


def test_a_token_may_stand_in_the_query(server: ContractServer) -> None:
    assert server.get(f"/api/user?access_token={server.good_token}", token="").status_code == 200


def test_a_repository_is_found_by_name_whatever_its_case_and_by_id(server: ContractServer) -> None:
    found = server.get(f"/api/repos/lookup/{server.repository.upper()}").json()

    assert list(found) == REPOSITORY_KEYS
    assert found["full_name"] == server.repository
    assert server.get(server.base).json() == found


@pytest.mark.parametrize(
    "path", ["/api/repos/lookup/lab/nope", "/api/repos/99999", "/api/repos/99999/pipelines", "/api/repos/lookup/nope"]
)
def test_an_unknown_repository_is_404_with_an_empty_body_and_401_for_the_anonymous(
    server: ContractServer, path: str
) -> None:
    known, anonymous = server.get(path), server.get(path, token="")

    assert (known.status_code, known.content) == (404, b"")
    assert (anonymous.status_code, anonymous.content) == (401, b"")


def test_a_private_repository_is_hidden_as_if_it_were_unknown(server: ContractServer) -> None:
    private = server.on("private")
    if private is None:
        pytest.skip("this server has no repository lab/private")

    answers = [server.get(path, token="") for path in ("/api/repos/lookup/lab/private", f"{private.base}/pipelines")]

    assert [(answer.status_code, answer.content) for answer in answers] == [(401, b""), (401, b"")]
    assert private.get(private.base).json()["visibility"] == "private"


@pytest.mark.parametrize("path", ["/pipelines/99999", "/logs/99999/1", "/pipelines/latest?branch=nope"])
def test_what_a_public_repository_does_not_have_is_404_for_everybody(server: ContractServer, path: str) -> None:
    answers = [server.get(server.base + path), server.get(server.base + path, token="")]

    assert [(answer.status_code, answer.content) for answer in answers] == [(404, b""), (404, b"")]


@pytest.mark.parametrize(
    "path",
    ["/pipelines/abc", "/logs/abc/1", "/pipelines?status=bogus", "/pipelines?event=bogus", "/pipelines?before=1"],
)
def test_what_cannot_be_read_is_400_with_an_empty_body(server: ContractServer, path: str) -> None:
    answer = server.get(server.base + path)

    assert (answer.status_code, answer.content) == (400, b"")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/nope"), ("GET", "/nope"), ("GET", "/api"), ("POST", "/api/user"), ("HEAD", "/healthz")],
)
def test_unknown_paths_and_wrong_methods_are_200_and_a_page(server: ContractServer, method: str, path: str) -> None:
    answer = server.request(method, path)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].lower() == "text/html; charset=utf-8"


def test_unknown_parameters_are_ignored_and_a_page_past_the_end_is_empty(server: ContractServer) -> None:
    assert server.rows(commit="0" * 40, per_page=1) == server.rows()
    assert server.rows(page=9999) == []


def test_the_right_to_push_is_told_with_the_token_only(server: ContractServer) -> None:
    rights, none = (server.get(f"{server.base}/permissions", token=token).json() for token in (None, ""))

    assert (rights["pull"], rights["push"]) == (True, True)
    assert (none["pull"], none["push"]) == (True, False)


def test_branches_are_told_by_pages(server: ContractServer) -> None:
    pushed = f"contract-branches-{uuid4().hex[:12]}"
    server.push({"note": "no configuration"}, branch=pushed)

    first = server.get(f"{server.base}/branches", params={"page": 1, "perPage": 50}).json()

    assert pushed in first
    assert server.get(f"{server.base}/branches", params={"page": 99, "perPage": 50}).json() == []


def test_the_version_comes_with_the_time_of_day(server: ContractServer) -> None:
    answer = server.get("/version")

    assert answer.json()["version"] == answer.headers["X-Woodpecker-Version"]
    assert parsedate_to_datetime(answer.headers["Date"]).year > 2000
