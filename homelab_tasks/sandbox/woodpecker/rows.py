"""
What the server keeps: repositories, users, pipelines, workflows, steps and log lines.

Rows change in place, as rows of a database do; `wire` writes them as JSON. Times are unix seconds, 0 where unset.
"""

from msgspec import Struct, field

from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.sandbox.woodpecker.plan import StepPlan, WorkflowPlan


class User(Struct, kw_only=True):
    """Somebody with a token; who may push may also cancel, restart and approve."""

    id: int
    login: str
    token: str
    admin: bool = False
    can_push: bool = True


class Repository(Struct, kw_only=True):
    """A repository that the server builds."""

    id: int
    owner: str
    name: str
    forge_url: str = ""  # where the forge shows it, https://git.homelab.test/lab/app
    default_branch: str = "main"
    private: bool = False
    active: bool = True
    require_approval: str = "none"  # none, pull_requests or all_events
    allow_deploy: bool = False
    cancel_previous_pipeline_events: tuple[str, ...] = ("push", "pull_request")

    @property
    def full_name(self) -> str:
        """OWNER/NAME."""
        return f"{self.owner}/{self.name}"


class Step(Struct, kw_only=True):
    """A step; *pid* counts within its pipeline, *ppid* is its workflow's pid."""

    id: int
    uuid: str
    pid: int
    ppid: int
    plan: StepPlan
    state: Status
    error: str = ""
    exit_code: int = 0
    started: int = 0
    finished: int = 0


class Workflow(Struct, kw_only=True):
    """A workflow of a pipeline."""

    id: int
    pid: int
    plan: WorkflowPlan
    state: Status
    error: str = ""
    started: int = 0
    finished: int = 0
    agent_id: int = 0
    steps: list[Step] = field(default_factory=list)


class Problem(Struct, kw_only=True, frozen=True):
    """An entry of errors[]: *type* is linter, deprecation, compiler, generic or bad_habit."""

    type: str
    message: str
    is_warning: bool = False
    data: dict[str, str] | None = None


class Pipeline(Struct, kw_only=True):
    """A pipeline. *number* may be used again once a row is deleted, *id* never is."""

    id: int
    repository: Repository
    number: int
    event: str
    commit: str
    ref: str
    status: Status
    created: int
    branch: str = ""
    author: str = ""
    author_email: str = ""
    message: str = ""
    title: str = ""
    tag_title: str = ""
    forge_url: str = ""
    timestamp: int = 0
    parent: int = 0
    rerun_count: int = 0
    deploy_to: str = ""
    deploy_task: str = ""
    updated: int = 0
    started: int = 0
    finished: int = 0
    reviewed_by: str = ""
    reviewed: int = 0
    errors: list[Problem] | None = None
    cancel_info: dict[str, str | int] | None = None
    changed_files: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    hidden_variables: dict[str, str] = field(default_factory=dict)  # of a restart: steps see them, the API does not
    configuration: dict[str, str] = field(default_factory=dict)  # file name -> text, as it was fetched
    workflows: list[Workflow] = field(default_factory=list)

    @property
    def steps(self) -> list[Step]:
        """Every step of every workflow."""
        return [step for workflow in self.workflows for step in workflow.steps]


class LogEntry(Struct, kw_only=True, frozen=True):
    """A line of a step's log; *time* is seconds since the step started."""

    id: int
    step_id: int
    time: int
    line: int
    data: bytes
