"""All tasks as one collection."""

from invoke.collection import Collection

from homelab_tasks.tasks import ci, deploy, work

namespace = Collection(ci, deploy, work)
