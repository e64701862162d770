"""The whole stand-in: store, streams, hooks and agents behind one application."""

from starlette.applications import Starlette

from homelab_tasks.sandbox.repositories import Repositories
from homelab_tasks.sandbox.woodpecker.access import Access
from homelab_tasks.sandbox.woodpecker.administration import Administration, AgentRow
from homelab_tasks.sandbox.woodpecker.api import Reading
from homelab_tasks.sandbox.woodpecker.hooks import Hooks
from homelab_tasks.sandbox.woodpecker.hub import Hub
from homelab_tasks.sandbox.woodpecker.lifecycle import CONFIGURATION_SECONDS, Lifecycle
from homelab_tasks.sandbox.woodpecker.operating import Operating
from homelab_tasks.sandbox.woodpecker.queue import Queue
from homelab_tasks.sandbox.woodpecker.reports import Reports
from homelab_tasks.sandbox.woodpecker.rows import Repository, Step, User
from homelab_tasks.sandbox.woodpecker.serving import application
from homelab_tasks.sandbox.woodpecker.store import Store
from homelab_tasks.sandbox.woodpecker.streams import PING_SECONDS, Streams


class Woodpecker:
    """A server without agents; connect them by `agents`."""

    def __init__(
        self,
        forge: Repositories,
        *,
        configuration_seconds: float = CONFIGURATION_SECONDS,
        ping_seconds: float = PING_SECONDS,
    ) -> None:
        """Build what *forge* holds."""
        self.store = Store()
        self.hub = Hub()
        self.lifecycle = Lifecycle(
            store=self.store,
            hub=self.hub,
            queue=Queue(),
            forge=forge,
            configuration_seconds=configuration_seconds,
        )
        self.reports = Reports(self.lifecycle)
        self.agents: list[AgentRow] = []
        self.hooks = Hooks(self.store, self.lifecycle, forge)
        self.application = self._application(forge, ping_seconds)

    def _application(self, forge: Repositories, ping_seconds: float) -> Starlette:
        access = Access(self.store)
        parts = (
            Reading(self.store, access, forge),
            Streams(self.store, access, self.hub, ping_seconds=ping_seconds),
            Operating(self.store, access, self.lifecycle, self.hooks),
            Administration(access, self.lifecycle, self.agents),
            self.hooks,
        )
        return application([route for part in parts for route in part.routes()])

    def add_user(self, login: str, token: str, *, admin: bool = False, can_push: bool = True) -> User:
        """Let somebody in."""
        user = User(id=self.store.next_id("users"), login=login, token=token, admin=admin, can_push=can_push)
        self.store.users.append(user)
        return user

    def add_repository(self, full_name: str, *, forge_url: str, private: bool = False) -> Repository:
        """Build a repository from now on."""
        owner, name = full_name.split("/")
        row = Repository(
            id=self.store.next_id("repositories"), owner=owner, name=name, forge_url=forge_url, private=private
        )
        self.store.repositories.append(row)
        return row

    def take_log(self, step: Step, lines: list[tuple[int, bytes]]) -> None:
        """Keep what an agent sent, and tell whoever listens."""
        self.hub.publish_log(self.store.append_log(step, lines))
