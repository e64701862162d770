"""All tasks as one collection."""

from invoke.collection import Collection

from homelab_tasks.tasks import ci, deploy, doctor, sandbox, work

namespace = Collection(ci, deploy, doctor, sandbox, work)
