"""What a user may do on a cluster: the API server is asked, nothing is tried."""

from homelab_tasks.clients.kubernetes.api import KubernetesApi

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class ClusterReview:
    """One cluster, as the user of its context."""

    def __init__(self, api: KubernetesApi) -> None:
        """Ask *api*."""
        self.server = api.server
        self._api = api

    def version(self) -> str:
        """The version of the API server: `v1.36.3`."""
        return str(self._api.get("/version").get("gitVersion", "unknown"))

    def may(self, verb: str, group: str, resource: str, namespace: str) -> bool:
        """May the user *verb* the *resource* of API *group* (empty for the core) in *namespace*? Every user may ask."""
        name, _, sub = resource.partition("/")
        wanted = {"namespace": namespace, "verb": verb, "group": group, "resource": name, "subresource": sub}
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in wanted.items() if value}},
        }
        status = self._api.post(_REVIEWS, body).get("status")
        return isinstance(status, dict) and status.get("allowed") is True
