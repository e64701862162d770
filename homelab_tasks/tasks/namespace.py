"""All tasks as one collection."""

from invoke.collection import Collection

from homelab_tasks.tasks import ci, deploy, sandbox, work

namespace = Collection(ci, deploy, sandbox, work)
