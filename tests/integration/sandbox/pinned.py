"""HTTP to the embedded homelab by plain requests: no code of the clients is used to test the servers."""

import time
from base64 import b64decode
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from homelab_tasks.sandbox.homelab import Homelab

WAIT_SECONDS = 15.0
POLL_SECONDS = 0.02
Json = dict[str, Any]


class PinnedAdapter(HTTPAdapter):
    """Dials an address, whatever the name in the URL."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        pool["server_hostname"] = pool["assert_hostname"] = host["host"]
        host["host"], _, port = self._address.partition(":")
        host["port"] = int(port)
        return host, pool


class Ci:
    """The CI server of a homelab, asked with *token* at the load balancer's address number *address*."""

    def __init__(self, homelab: Homelab, *, token: str | None = None, address: int = 0) -> None:
        self.homelab = homelab
        self.token = homelab.token if token is None else token
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(homelab.layout.ca_file)
        self.session.mount("https://", PinnedAdapter(homelab.addresses[address]))

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.request("POST", path, **options)

    def request(self, method: str, path: str, *, host: str = "ci.homelab.test", **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", "Host": host}
        defaults: Json = {"timeout": WAIT_SECONDS, "allow_redirects": False, "headers": headers}
        return self.session.request(method, f"https://{host}{path}", **defaults | options)

    def pipeline(self, sha: str) -> Json | None:
        """The newest pipeline of *sha*, with its workflows."""
        rows = [row for row in self.get("/api/repos/1/pipelines").json() if row["commit"] == sha]
        return self.get(f"/api/repos/1/pipelines/{rows[0]['number']}").json() if rows else None

    def reaches(self, sha: str, *statuses: str) -> Json:
        """Wait until the pipeline of *sha* has one of *statuses*; an end counts once no workflow of it goes on."""
        deadline = time.monotonic() + WAIT_SECONDS
        last = None
        while time.monotonic() < deadline:
            last = self.pipeline(sha)
            settled = last and not (last["finished"] and {"running", "pending"} & set(states(last, "workflows")))
            if last and settled and last["status"] in statuses:
                return last
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"the pipeline of {sha} did not become {statuses}: {last}")

    def log(self, pipeline: Json, step: str, count: int) -> list[str]:
        """Wait for *count* lines of the log of *step*: they come in batches, after its end, too."""
        steps = [found for workflow in pipeline["workflows"] for found in workflow["children"] if found["name"] == step]
        path = f"/api/repos/1/logs/{pipeline['number']}/{steps[0]['id']}"
        deadline = time.monotonic() + WAIT_SECONDS
        while len(lines := self.get(path).json() or []) < count:
            assert time.monotonic() < deadline, lines
            time.sleep(POLL_SECONDS)
        return [b64decode(line["data"] or "").decode() for line in lines]

    def close(self) -> None:
        self.session.close()


def states(pipeline: Json, which: str = "steps") -> list[str]:
    """The states of the *which* (workflows or steps) of *pipeline*, in order."""
    workflows = pipeline.get("workflows") or []
    if which == "workflows":
        return [workflow["state"] for workflow in workflows]
    return [step["state"] for workflow in workflows for step in workflow["children"]]
