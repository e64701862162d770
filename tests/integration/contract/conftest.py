"""Every contract test runs on the stand-in, and on a real server where the environment names one."""

import os
from collections.abc import Iterator

import pytest

from homelab_tasks.sandbox.homelab import CI_HOST, Homelab
from tests.integration.contract.server import ContractServer, real_server

NAMED = "HOMELAB_E2E_WOODPECKER_URL" in os.environ
REAL = pytest.param(
    "real",
    marks=[pytest.mark.e2e, pytest.mark.skipif(not NAMED, reason="HOMELAB_E2E_WOODPECKER_URL names no server")],
)


@pytest.fixture(scope="module", params=["stand-in", REAL])
def which(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def server(which: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContractServer]:
    scratch = tmp_path_factory.mktemp("contract") / "scratch"
    if which == "real":
        made = real_server(scratch)
        yield made
        made.session.close()
        return
    with Homelab(tmp_path_factory.mktemp("homelab")) as homelab:
        for name in ("private", "gated"):
            homelab.add_repository(f"lab/{name}", private=name == "private")
        homelab.woodpecker.repository("lab/gated").require_approval = "all_events"
        made = ContractServer(homelab.direct_url(CI_HOST), homelab.token, "lab/app", homelab.remote, scratch)
        yield made
        made.session.close()
