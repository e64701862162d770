"""The application that the sandbox builds: small, but its pipeline really tests it."""

from collections.abc import Mapping
from typing import Any

import yaml

TASKS = """\
from invoke import Collection
from homelab_tasks.tasks import ci, deploy, doctor, sandbox, work
ns = Collection(ci, deploy, doctor, sandbox, work)
"""
PIPELINE = """\
when:
  - event: [push, manual]

steps:
  - name: lint
    image: bash
    commands:
      - bash -n greet.sh
  - name: test
    image: bash
    commands:
      - bash test.sh
  - name: deploy
    image: python
    commands:
      - python3 deploy.py
    when:
      - event: push
        branch: main
"""
DEPLOY = '''\
"""Lets the cluster run the commit that was just tested."""

import json
import os
import urllib.request

image = "registry.homelab.test/web:" + os.environ["CI_COMMIT_SHA"][:8]
patch = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}}}
request = urllib.request.Request(
    os.environ["KUBERNETES_API"] + "/apis/apps/v1/namespaces/web/deployments/web",
    method="PATCH",
    data=json.dumps(patch).encode(),
    headers={
        "Authorization": "Bearer " + os.environ["KUBERNETES_TOKEN"],
        "Content-Type": "application/strategic-merge-patch+json",
    },
)
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
direct.open(request, timeout=10)
print("deployed", image)
'''
GREET = """\
#!/bin/bash
# Greets whoever is named.
echo "Hello, ${1:-world}!"
"""
TEST = """\
#!/bin/bash
# Fails when greet.sh no longer greets.
greeting=$(bash greet.sh homelab)
if [ "$greeting" != "Hello, homelab!" ]; then
  echo "greet.sh said '$greeting', expected 'Hello, homelab!'"
  exit 1
fi
echo "greeting is right"
"""
NAMESPACE, DEPLOYMENT = "web", "web"
IGNORED = "__pycache__/\n.worktrees/\n"


def sample_files(settings: Mapping[str, Any]) -> dict[str, str]:
    """Every file of the application; *settings* is what stands under `homelab:` in its invoke.yaml."""
    return {
        ".gitignore": IGNORED,
        ".woodpecker.yaml": PIPELINE,
        "greet.sh": GREET,
        "test.sh": TEST,
        "deploy.py": DEPLOY,
        "tasks.py": TASKS,
        "invoke.yaml": yaml.safe_dump({"homelab": dict(settings)}, sort_keys=False),
    }


def sample_deployment(sha: str) -> dict[str, Any]:
    """The Deployment that runs the application as of commit *sha*."""
    labels = {"app": DEPLOYMENT}
    container = {"name": DEPLOYMENT, "image": f"registry.homelab.test/web:{sha[:8]}"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    return {
        "metadata": {"name": DEPLOYMENT},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": template, "strategy": rolling},
    }
