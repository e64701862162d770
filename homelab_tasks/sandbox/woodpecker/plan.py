"""What a configuration asks for: workflows and steps, before anything ran."""

from msgspec import Struct

SUCCESS_ONLY = ("success",)


class StepPlan(Struct, frozen=True, kw_only=True):
    """
    A step as the configuration wants it.

    *failure* is fail, ignore or cancel. *depends_on* is None where the order of the file decides. *runs_on* says
    after which outcomes of the steps before it (success, failure) it runs.
    """

    name: str
    type: str = "commands"  # clone, service, plugin or commands
    commands: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    failure: str = "fail"
    detach: bool = False
    depends_on: tuple[str, ...] | None = None
    runs_on: tuple[str, ...] = SUCCESS_ONLY


class WorkflowPlan(Struct, frozen=True, kw_only=True):
    """A workflow as the configuration wants it; *axis* tells the workflows of a matrix apart."""

    name: str
    steps: tuple[StepPlan, ...]
    labels: dict[str, str] = {}
    depends_on: tuple[str, ...] = ()
    runs_on: tuple[str, ...] = SUCCESS_ONLY
    axis: dict[str, str] = {}
