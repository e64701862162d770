"""The `CI_…` variables that configurations and steps see."""

from homelab_tasks.sandbox.woodpecker.conditions import Trigger
from homelab_tasks.sandbox.woodpecker.rows import Pipeline, Step, Workflow


def trigger_of(row: Pipeline) -> Trigger:
    """What happened to the repository, for the conditions of its configuration."""
    return Trigger(
        event=row.event,
        branch=row.branch,
        ref=row.ref,
        repository=row.repository.full_name,
        commit=row.commit,
        message=row.message,
        changed_files=row.changed_files,
        deploy_to=row.deploy_to,
    )


def pipeline_variables(row: Pipeline) -> dict[str, str]:
    """What is the same for every step of a pipeline."""
    repository = row.repository
    told = {
        "CI": "woodpecker",
        "CI_REPO": repository.full_name,
        "CI_REPO_OWNER": repository.owner,
        "CI_REPO_NAME": repository.name,
        "CI_REPO_URL": repository.forge_url,
        "CI_REPO_CLONE_URL": f"{repository.forge_url}.git",
        "CI_REPO_DEFAULT_BRANCH": repository.default_branch,
        "CI_REPO_PRIVATE": str(repository.private).lower(),
        "CI_COMMIT_SHA": row.commit,
        "CI_COMMIT_REF": row.ref,
        "CI_COMMIT_BRANCH": row.branch,
        "CI_COMMIT_TAG": row.ref.removeprefix("refs/tags/") if row.event == "tag" else "",
        "CI_COMMIT_MESSAGE": row.message,
        "CI_COMMIT_AUTHOR": row.author,
        "CI_COMMIT_AUTHOR_EMAIL": row.author_email,
        "CI_PIPELINE_NUMBER": str(row.number),
        "CI_PIPELINE_PARENT": str(row.parent),
        "CI_PIPELINE_EVENT": row.event,
        "CI_PIPELINE_CREATED": str(row.created),
        "CI_PIPELINE_DEPLOY_TARGET": row.deploy_to,
        "CI_PIPELINE_FORGE_URL": row.forge_url,
        "CI_SYSTEM_NAME": "woodpecker",
    }
    return told | row.variables | row.hidden_variables


def step_variables(row: Pipeline, workflow: Workflow, step: Step) -> dict[str, str]:
    """What *step* sees: the pipeline's, its axis of a matrix, and its own `environment`."""
    told = {
        "CI_PIPELINE_STARTED": str(row.started),
        "CI_WORKFLOW_NAME": workflow.plan.name,
        "CI_WORKFLOW_NUMBER": str(workflow.pid),
        "CI_STEP_NAME": step.plan.name,
        "CI_STEP_NUMBER": str(step.pid),
        "CI_STEP_TYPE": step.plan.type,
        "CI_STEP_STARTED": str(step.started),
    }
    return pipeline_variables(row) | told | workflow.plan.axis | step.plan.environment
