"""The older `auth-provider` of a kubeconfig, which the package `kubernetes` knows how to refresh."""

import os
from typing import Any

from homelab_tasks.clients.kubernetes.access import Access
from homelab_tasks.clients.kubernetes.bearer import Remember, bearer
from homelab_tasks.errors import DeniedError, UsageError

_KNOWN = "oidc"  # the others left client-go in 1.26


class Provider:
    """An OpenID Connect provider, asked for the token of a context."""

    def __init__(self, access: Access, remember: Remember) -> None:
        """Ask the package for the credentials of the context of *access*; raises UsageError for a provider of old."""
        self._access, self._remember = access, remember
        self._header: str | None = None
        name = access.user.auth_provider.name if access.user.auth_provider is not None else ""
        if name != _KNOWN:
            hint = "use the credential plugin of that cloud: kubectl config set-credentials --exec-command"
            raise UsageError(f"the auth-provider {name!r} of the kubeconfig is no longer supported", hint=hint)

    def authorization(self) -> str | None:
        """The Authorization header, asked for when it is needed first."""
        if self._header is None:
            self.renew()
        return self._header

    def renew(self) -> bool:
        """Have the token refreshed; is it another? Raises DeniedError where there is none to be had."""
        try:
            from kubernetes.client import Configuration
            from kubernetes.config import ConfigException, load_kube_config
        except ImportError as error:
            hint = "install homelab-tasks[kubernetes]"
            raise UsageError("this context needs the package kubernetes, for its auth-provider", hint=hint) from error
        configuration, before = Configuration(), self._header
        try:
            load_kube_config(
                config_file=os.pathsep.join(str(path) for path in self._access.files),
                context=self._access.context,
                client_configuration=configuration,
                persist_config=False,
            )
        except ConfigException as error:
            raise DeniedError(f"context {self._access.context!r} gives no credentials: {error}") from error
        settings: Any = configuration.auth_settings()
        header = next((each.get("value") for each in settings.values() if each.get("key") == "authorization"), None)
        whence = f"the auth-provider of context {self._access.context!r}"
        token = None if header is None else str(header).removeprefix("Bearer ")
        self._header = None if token is None else bearer(token, self._remember, whence=whence)
        return self._header != before
