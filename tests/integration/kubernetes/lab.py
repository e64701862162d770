"""
A cluster to hold to the contract: the stand-in, or the real one whose kubeconfig HOMELAB_E2E_KUBECONFIG names.

Pods of both do what the annotation `fake/run` of their template says.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

from homelab_tasks.actions.rollouts.await_rollout import await_rollout
from homelab_tasks.actions.rollouts.look_at_rollout import look_at_rollout
from homelab_tasks.actions.rollouts.request import Request
from homelab_tasks.clients.clock import SystemClock
from homelab_tasks.clients.kubernetes.access import Access
from homelab_tasks.clients.kubernetes.connection import connect
from homelab_tasks.clients.kubernetes.credentials import credentials_of
from homelab_tasks.clients.kubernetes.kubeconfig import load_access
from homelab_tasks.clients.kubernetes.trust import ClusterTrust
from homelab_tasks.model.events import Event, Verdict
from homelab_tasks.model.rollouts.image import Wanted
from homelab_tasks.model.rollouts.target import parse_targets
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.settings import Http, LoadBalancer

Json = dict[str, Any]
RESOURCES = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets"}
ZEROS = "0" * 33
PATCH = "application/merge-patch+json"


def sha(tag: str) -> str:
    """The commit that images with *tag* (7 hex) are built from."""
    return tag + ZEROS


class Lab:
    """One cluster, and a namespace of its own for each test."""

    def __init__(self, access: Access, tokens: dict[str, str], set_quota: Callable[[str, int | None], None]) -> None:
        self.access, self.tokens = access, tokens
        self.set_quota = set_quota
        self.namespace = f"t-{uuid4().hex[:8]}"
        self._session = requests.Session()
        self._session.trust_env = False
        trust = ClusterTrust(access)
        adapter = requests.adapters.HTTPAdapter()
        adapter.init_poolmanager(4, 4, ssl_context=trust.context)
        self._session.mount("https://", adapter)
        header = credentials_of(access, os.environ, remember=str, show=trust.show).authorization()
        self._session.headers.update({"Authorization": header or ""})
        self._verify = str(access.authority.path) if access.authority and access.authority.path else True

    def ask(self, method: str, path: str, body: Json | None = None, content_type: str = "application/json") -> Json:
        """One request; anything but success fails the test."""
        answer = self._session.request(
            method,
            self.access.server + path,
            data=json.dumps(body) if body is not None else None,
            headers={"Content-Type": content_type},
            verify=self._verify,
            timeout=20,
        )
        assert answer.ok, (method, path, answer.status_code, answer.text)
        told: Json = answer.json()
        return told

    def apply(
        self, kind: str = "Deployment", name: str = "web", *, tag: str, run: str = "ready:0.3", **spec: Any
    ) -> None:
        """Create a workload, or change it: its image is reg/app:*tag*, and its pods do *run*."""
        term, log, init = spec.pop("term", "0.2"), spec.pop("log", None), spec.pop("init", False)
        annotations = {"fake/run": run, "fake/term": term, **({"fake/log": log} if log else {})}
        pod: Json = {"containers": [{"name": "app", "image": f"reg/app:{tag}"}]}
        if init:
            pod["initContainers"] = [{"name": "migrate", "image": f"reg/app:{tag}"}]
        template = {"metadata": {"labels": {"app": name}, "annotations": annotations}, "spec": pod}
        body: Json = {
            "metadata": {"name": name},
            "spec": {"selector": {"matchLabels": {"app": name}}, "template": template, **spec},
        }
        if kind == "StatefulSet":
            body["spec"].setdefault("serviceName", name)
        path = self.path(kind)
        if self.exists(f"{path}/{name}"):
            self.ask("PATCH", f"{path}/{name}", {"spec": body["spec"]}, PATCH)
        else:
            self.ask("POST", path, {"apiVersion": "apps/v1", "kind": kind, **body})

    def patch(self, body: Json, kind: str = "Deployment", name: str = "web") -> None:
        self.ask("PATCH", f"{self.path(kind)}/{name}", body, PATCH)

    def delete(self, kind: str = "Deployment", name: str = "web") -> None:
        self.ask("DELETE", f"{self.path(kind)}/{name}")

    def delete_pod(self, name: str) -> None:
        self.ask("DELETE", f"/api/v1/namespaces/{self.namespace}/pods/{name}")

    def path(self, kind: str) -> str:
        return f"/apis/apps/v1/namespaces/{self.namespace}/{RESOURCES[kind]}"

    def exists(self, path: str) -> bool:
        url = self.access.server + path
        return self._session.get(url, verify=self._verify, timeout=20).ok

    def pods(self) -> list[Json]:
        items: list[Json] = self.ask("GET", f"/api/v1/namespaces/{self.namespace}/pods")["items"]
        return items

    # what is tested

    def wait(
        self, tag: str, target: str = "web", *, timeout: float = 30, stable_for: float = 0, user: str | None = None,
        image: str | None = None,
    ) -> Verdict:  # fmt: skip
        """Wait for the commit of *tag*, as the account *user*."""
        return self.events(tag, target, timeout=timeout, stable_for=stable_for, user=user, image=image)[1]

    def events(
        self, tag: str, target: str = "web", *, timeout: float = 30, stable_for: float = 0, user: str | None = None,
        image: str | None = None,
    ) -> tuple[list[Event], Verdict]:  # fmt: skip
        clock = SystemClock()
        request = self._request(tag, target, timeout, stable_for)
        cluster = self.connect(user)
        try:
            events = list(await_rollout(cluster, request, clock=clock, retry_for=5))
        finally:
            cluster.close()
        assert isinstance(events[-1], Verdict)
        return events, events[-1]

    def look(self, tag: str, target: str = "web") -> Verdict:
        cluster = self.connect(None)
        events = list(look_at_rollout(cluster, self._request(tag, target, 1, 0), clock=SystemClock(), retry_for=5))
        cluster.close()
        assert isinstance(events[-1], Verdict)
        return events[-1]

    def _request(self, tag: str, target: str, timeout: float, stable_for: float) -> Request:
        targets = parse_targets(target, namespace=self.namespace)
        return Request(targets=targets, wanted=Wanted(sha=sha(tag)), timeout=timeout, stable_for=stable_for)

    def connect(
        self, user: str | None, *, secrets: Secrets | None = None, time_left: Callable[[], float] | None = None
    ) -> Any:
        from msgspec import structs

        from homelab_tasks.clients.kubernetes.access import User

        access = self.access
        if user is not None:
            access = structs.replace(access, user=User(token=self.tokens[user]))
        http = Http()
        return connect(
            access,
            pins=LoadBalancer(),
            http=http,
            environment=os.environ,
            secrets=secrets or Secrets(),
            now=time.monotonic,
            time_left=time_left,
        )


@contextmanager
def later(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    """Do *act* in *seconds*, beside what is in the block."""
    timer = threading.Timer(seconds, act)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def real_lab(path: Path) -> Lab:
    """The lab whose kubeconfig is at *path*; beside it, lab.json has the tokens of its other users."""
    access = load_access({}, kubeconfig=str(path))
    tokens = json.loads((path.parent / "lab.json").read_text())["tokens"]

    def set_quota(namespace: str, pods: int | None) -> None:
        quotas = f"/api/v1/namespaces/{namespace}/resourcequotas"
        if pods is None:
            lab.ask("DELETE", f"{quotas}/lab")
            return
        body = {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "lab"},
            "spec": {"hard": {"pods": pods}},
        }
        lab.ask("POST", quotas, body)

    lab = Lab(access, tokens, set_quota)
    return lab
