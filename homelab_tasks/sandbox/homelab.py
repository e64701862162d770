"""The embedded homelab as one thing that starts and stops: load balancer, CI, Vault, forge and a clone to work in."""

import asyncio
import json
import os
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from homelab_tasks.sandbox import server_hooks
from homelab_tasks.sandbox.agents import CAPACITY, Agents
from homelab_tasks.sandbox.certificates import Certificates
from homelab_tasks.sandbox.clone import Clone, Pin
from homelab_tasks.sandbox.fault_control import FaultControl
from homelab_tasks.sandbox.forge import Forge
from homelab_tasks.sandbox.git import git
from homelab_tasks.sandbox.http_server import HttpServer
from homelab_tasks.sandbox.kubernetes.server import CONTEXT, KubernetesServer
from homelab_tasks.sandbox.layout import Layout
from homelab_tasks.sandbox.load_balancer import LoadBalancer
from homelab_tasks.sandbox.log_batches import SEND_SECONDS
from homelab_tasks.sandbox.loop_thread import LoopThread
from homelab_tasks.sandbox.repositories import PUSHER, Repositories
from homelab_tasks.sandbox.runner import Agent
from homelab_tasks.sandbox.sample_app import DEPLOYMENT, NAMESPACE, sample_deployment, sample_files
from homelab_tasks.sandbox.vault import Vault
from homelab_tasks.sandbox.woodpecker.control import WoodpeckerControl
from homelab_tasks.sandbox.woodpecker.lifecycle import CONFIGURATION_SECONDS
from homelab_tasks.sandbox.woodpecker.rows import Repository
from homelab_tasks.sandbox.woodpecker.server import Woodpecker

T = TypeVar("T")

REPOSITORY = "lab/app"
BRANCH = "main"
CI_HOST, VAULT_HOST, GIT_HOST = "ci.homelab.test", "vault.homelab.test", "git.homelab.test"
KUBERNETES_HOST = "kubernetes.homelab.test"
FORMER_SHA, POLL_SECONDS = "0123456789" * 4, 0.02
ADDRESSES = ("127.0.0.1", "127.0.0.2")
SECRET_PATH, SECRET_FIELD = "secret/ci/global", "woodpecker_api_token"


class Homelab:
    """
    Everything on loopback, its files in one directory; a context manager.

    Shorter *log_seconds* and *configuration_seconds* make tests quick; the defaults are a real server's. Each step
    takes *nap_seconds* longer than it needs. *faults* are the load balancer's, as `parse_faults` reads them.
    """

    def __init__(  # noqa: PLR0913 - all of them are choices that have a default
        self,
        directory: Path,
        *,
        port: int = 0,
        addresses: tuple[str, ...] = ADDRESSES,
        faults: str = "",
        nap_seconds: float = 0.0,
        log_seconds: float = SEND_SECONDS,
        configuration_seconds: float = CONFIGURATION_SECONDS,
    ) -> None:
        """Prepare a homelab in *directory*; its load balancer will listen on *port* of every one of *addresses*."""
        self.layout = Layout(directory)
        self.faults = FaultControl(self.layout.faults)
        self.faults.set(faults)
        self.repositories = Repositories(self.layout.remotes)
        self._server = Woodpecker(self.repositories, configuration_seconds=configuration_seconds)
        self.vault = Vault()
        self.forge = Forge(self.repositories)
        self.token = f"wp-{secrets.token_urlsafe(24)}"
        self.forge_token = secrets.token_hex(20)
        self.vault_token = f"hvs.{secrets.token_urlsafe(24)}"
        self.kubernetes = KubernetesServer(lambda: self.faults.names)
        self._certificates = Certificates([CI_HOST, VAULT_HOST, GIT_HOST, KUBERNETES_HOST])
        self._servers = {
            CI_HOST: HttpServer(self._server.application),
            VAULT_HOST: HttpServer(self.vault.application),
            GIT_HOST: HttpServer(self.forge.application),
            KUBERNETES_HOST: self.kubernetes.http,
        }
        self._clone = Clone(self.layout.app, BRANCH)
        self._addresses, self._port = addresses, port
        self._agents = Agents(
            self._server, self.repositories, self.layout, log_seconds=log_seconds, nap_seconds=nap_seconds
        )

    def __enter__(self) -> Self:
        """Start everything; returns when it can be used."""
        self.layout.directory.mkdir(parents=True, exist_ok=True)
        self._loop = LoopThread("homelab")
        self.woodpecker = WoodpeckerControl(self._loop, self._server, self._servers[CI_HOST])
        try:
            self._loop.run(self._start())
            self._write_files()
        except BaseException:
            self._loop.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything; the files stay."""
        self._loop.run(self._stop())
        self._loop.close()

    @property
    def app(self) -> Path:
        """The clone to work in."""
        return self.layout.app

    @property
    def remote(self) -> Path:
        """The bare repository that CI watches."""
        return self.repositories.path(REPOSITORY)

    @property
    def remote_url(self) -> str:
        """The bare repository's address at the forge."""
        return f"{self._forge_url(REPOSITORY)}.git"

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the load balancer listens, as settings write it: IP:PORT."""
        return tuple(f"{address}:{self._balancer.port}" for address in self._balancer.addresses)

    @property
    def settings(self) -> dict[str, Any]:
        """What stands under `homelab:` in the clone's invoke.yaml."""
        hosts = list(self._servers)
        from_vault = {"vault": {"path": SECRET_PATH, "field": SECRET_FIELD}}
        vault_token = {"file": str(self.layout.tokens / "vault")}
        return {
            "load_balancer": {
                "addresses": list(self.addresses),
                "hosts": hosts,
                "ca_file": str(self.layout.ca_file),
            },
            "woodpecker": {"url": f"https://{CI_HOST}", "token": [from_vault]},
            "vault": {"url": f"https://{VAULT_HOST}", "token": [vault_token]},
            "forge": {"url": self.forge.api.url, "token": [{"file": str(self.layout.tokens / "forge")}]},
            "kubernetes": {"context": CONTEXT, "kubeconfig": str(self.layout.kubeconfig)},
            "deploy": {"targets": [f"{NAMESPACE}/{DEPLOYMENT}"]},
            "work": {"verify": "bash test.sh"},
        }

    def direct_url(self, host: str) -> str:
        """Where the stand-in for *host* listens behind the load balancer."""
        return f"http://127.0.0.1:{self._servers[host].port}"

    def add_repository(self, full_name: str, *, private: bool = False) -> Repository:
        """Make one more repository, empty, at the forge and on the CI server."""
        self.repositories.create(full_name, branch=BRANCH)
        self._install_hooks(full_name)
        return self.woodpecker.add_repository(full_name, forge_url=self._forge_url(full_name), private=private)

    def protect(self, branch: str = BRANCH, words: str = "") -> None:
        """Let nobody push to *branch*; the forge refuses with *words*, or with Forgejo's own."""
        said = words or f"Forgejo: Not allowed to push to protected branch {branch}"
        server_hooks.protect(self.remote, branch, said)

    def unprotect(self) -> None:
        """Let everybody push to every branch again."""
        server_hooks.unprotect(self.remote)

    def overtake(self, branch: str = BRANCH) -> None:
        """Let somebody else land on *branch* at the very moment of the next push to it."""
        server_hooks.overtake(self.remote, branch)

    def _install_hooks(self, full_name: str) -> None:
        path = self.repositories.path(full_name)
        server_hooks.announce_pushes(path, full_name, self._servers[CI_HOST].port)
        server_hooks.accept_pull_requests(path, full_name, self._servers[GIT_HOST].port)

    def _forge_url(self, full_name: str) -> str:
        return f"{self.forge.api.url}/{full_name}"

    def push(self, files: Mapping[str, str], message: str = "Change it", *, branch: str = BRANCH) -> str:
        """Write *files* into the clone, commit and push them to *branch*; returns the commit's sha."""
        return self._clone.push(files, message, branch)

    def connect_agent(self, *, capacity: int = CAPACITY, **labels: str) -> Agent:
        """Connect one more agent, which has *labels*."""
        return self._loop.call(self._agents.connect, capacity=capacity, **labels)

    def in_loop(self, function: Callable[[], T]) -> T:
        """Call *function* where the servers live, so that nothing changes meanwhile."""
        return self._loop.call(function)

    def roll_out(self, sha: str) -> None:
        """Let the cluster run the application as of commit *sha*, as its CI would."""
        self._loop.call(self.kubernetes.cluster.apply, "deployments", NAMESPACE, sample_deployment(sha))

    def set_faults(self, faults: str) -> None:
        """Put *faults* in force instead of the others; returns when the load balancer has followed."""
        self.faults.set(faults)
        self._loop.run(self._balancer.follow_faults())

    def disconnect_agents(self) -> None:
        """Let every agent vanish, as on SIGKILL."""
        self._loop.run(self._agents.kill_all())

    async def _start(self) -> None:
        await asyncio.gather(*(server.start() for server in self._servers.values()))
        await self.kubernetes.live()
        upstreams = {host: server.port for host, server in self._servers.items()}
        self._balancer = LoadBalancer(
            self._certificates, upstreams, self.faults, addresses=self._addresses, port=self._port
        )
        await self._balancer.start()
        self.forge.api.url = f"https://{GIT_HOST}:{self._balancer.port}"

    async def _stop(self) -> None:
        await self.kubernetes.rest()
        await self._balancer.stop()
        self._server.hub.close()
        await self._agents.kill_all()
        await asyncio.gather(*(server.stop() for server in self._servers.values()))

    def _write_files(self) -> None:
        layout = self.layout
        layout.ignore.write_text("*\n")  # a sandbox within a repository is none of that repository's business
        self._certificates.write_authority(layout.ca_file, layout.ca_directory)
        layout.write_secret("vault", self.vault_token)
        layout.write_secret("forge", self.forge_token)
        self.forge.tokens.add(self.forge_token)
        self.vault.tokens[self.vault_token] = (SECRET_PATH.replace("/", "/data/", 1),)
        self.vault.put(SECRET_PATH, **{SECRET_FIELD: self.token})
        self._server.add_user(PUSHER, self.token, admin=True)
        self._server.add_repository(REPOSITORY, forge_url=self._forge_url(REPOSITORY))
        self._make_clone()
        self._deploy()
        self.connect_agent()
        state = {"pid": os.getpid(), "addresses": list(self.addresses), "started": time.time()}
        layout.state.write_text(json.dumps(state) + "\n")

    def _deploy(self) -> None:
        """
        Let the first commit run, and give the steps of CI what they need to deploy the next.

        Where old pods linger there are old pods: those of what ran before.
        """
        if "old-pod-lingers" in self.faults.names:
            self.roll_out(FORMER_SHA)
            while not self.in_loop(lambda: self.kubernetes.cluster.store.all_of("pods", NAMESPACE)):
                time.sleep(POLL_SECONDS)
        self.roll_out(git(self.app, "rev-parse", "HEAD"))
        self._agents.environment |= {"KUBERNETES_API": self.kubernetes.url, "KUBERNETES_TOKEN": self.kubernetes.token}
        url, authority = f"https://{KUBERNETES_HOST}", self.layout.ca_file.read_text()
        token = self.kubernetes.token
        written = self.kubernetes.kubeconfig(url, token, namespace=NAMESPACE, authority_pem=authority)
        self.layout.kubeconfig.touch(mode=0o600)
        self.layout.kubeconfig.write_text(written)

    def _make_clone(self) -> None:
        """Make the bare repository with the application in it, and the clone."""
        bare = self.repositories.create(REPOSITORY, branch=BRANCH)
        pin = Pin(
            host=GIT_HOST,
            port=self._balancer.port,
            addresses=self._balancer.addresses,
            ca_file=self.layout.ca_file,
            ca_directory=self.layout.ca_directory,
        )
        self._clone.make(sample_files(self.settings), bare, self.remote_url, pin)
        self._install_hooks(REPOSITORY)
