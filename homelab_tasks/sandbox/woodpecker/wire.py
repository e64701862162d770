"""Rows as the server's JSON: the same keys in the same order, the same ones left out when empty (3.17.0)."""

import base64
from collections.abc import Sequence
from typing import Any

from homelab_tasks.sandbox.woodpecker.rows import LogEntry, Pipeline, Problem, Repository, Step, User, Workflow

VERSION = "3.17.0"
AVATAR_URL = "https://git.homelab.test/avatars/lab"

Json = dict[str, Any]


def _without_empty(values: Json) -> Json:
    """Leave out what Go's `omitempty` leaves out."""
    return {key: value for key, value in values.items() if value not in (0, "", None, {}, [], ())}


def user_json(user: User) -> Json:
    """A user, as `GET /api/user` answers."""
    told: Json = {"id": user.id, "forge_id": 1, "forge_remote_id": str(user.id), "login": user.login}
    told |= {"email": f"{user.login}@homelab.test", "avatar_url": AVATAR_URL}
    return told | ({"admin": True} if user.admin else {}) | {"org_id": 1}


def repository_json(row: Repository) -> Json:
    """A repository, as lookups and the event stream tell it."""
    return {
        "id": row.id,
        "forge_id": 1,
        "forge_remote_id": str(row.id),
        "org_id": 1,
        "owner": row.owner,
        "name": row.name,
        "full_name": row.full_name,
        "avatar_url": AVATAR_URL,
        "forge_url": row.forge_url,
        "clone_url": f"{row.forge_url}.git",
        "clone_url_ssh": f"git@git.homelab.test:{row.full_name}.git",
        "default_branch": row.default_branch,
        "pr_enabled": True,
        "timeout": 60,
        "visibility": "private" if row.private else "public",
        "private": row.private,
        "trusted": {"network": False, "volumes": False, "security": False},
        "require_approval": row.require_approval,
        "approval_allowed_users": None,
        "active": row.active,
        "allow_pr": True,
        "allow_deploy": row.allow_deploy,
        "config_file": "",
        "cancel_previous_pipeline_events": list(row.cancel_previous_pipeline_events),
        "netrc_trusted": None,
        "config_extension_endpoint": "",
        "config_extension_exclusive": False,
        "config_extension_netrc": False,
        "registry_extension_endpoint": "",
        "registry_extension_netrc": False,
        "secret_extension_endpoint": "",
        "secret_extension_netrc": False,
    }


def pipeline_json(row: Pipeline, *, with_workflows: bool) -> Json:
    """A pipeline; rows of a list come without workflows."""
    told: Json = {"id": row.id, "number": row.number, "author": row.author, "parent": row.parent}
    told |= {"event": row.event, "event_reason": None, "status": row.status.value}
    told |= {"errors": None if row.errors is None else [_problem_json(problem) for problem in row.errors]}
    told |= {"created": row.created, "updated": row.updated, "started": row.started, "finished": row.finished}
    told |= {"deploy_to": row.deploy_to, "deploy_task": row.deploy_task, "commit": row.commit}
    told |= {"branch": row.branch, "rerun_count": row.rerun_count, "ref": row.ref, "refspec": ""}
    told |= {"author_avatar": AVATAR_URL, "forge_url": row.forge_url}
    told |= {"reviewed_by": row.reviewed_by, "reviewed": row.reviewed}
    told |= _without_empty({"cancel_info": row.cancel_info})
    if with_workflows:
        told |= _without_empty({"workflows": [workflow_json(row, workflow) for workflow in row.workflows]})
    told |= _without_empty({"changed_files": list(row.changed_files), "variables": row.variables})
    told |= {"version": VERSION} | _without_empty({"tag_title": row.tag_title})
    told |= {"title": row.title, "message": row.message, "timestamp": row.timestamp, "sender": row.author}
    return told | {"author_email": row.author_email}


def _problem_json(problem: Problem) -> Json:
    return {
        "type": problem.type,
        "message": problem.message,
        "is_warning": problem.is_warning,
        "data": problem.data,
    }


def workflow_json(pipeline: Pipeline, row: Workflow) -> Json:
    """A workflow with its steps."""
    told: Json = {"id": row.id, "pipeline_id": pipeline.id, "pid": row.pid, "name": row.plan.name}
    told |= {"state": row.state.value}
    optional = {"error": row.error, "started": row.started, "finished": row.finished, "agent_id": row.agent_id}
    told |= _without_empty(optional | {"environ": row.plan.axis})
    return told | _without_empty({"children": [_step_json(pipeline, step) for step in row.steps]})


def _step_json(pipeline: Pipeline, row: Step) -> Json:
    told: Json = {"id": row.id, "uuid": row.uuid, "pipeline_id": pipeline.id, "pid": row.pid, "ppid": row.ppid}
    told |= {"name": row.plan.name, "state": row.state.value} | _without_empty({"error": row.error})
    told |= {"exit_code": row.exit_code}
    return told | _without_empty({"started": row.started, "finished": row.finished, "type": row.plan.type})


def log_json(entries: Sequence[LogEntry]) -> list[Json] | None:
    """The lines of a log; `null` when there is none, as Go writes an empty slice."""
    return [entry_json(entry) for entry in entries] or None


def entry_json(entry: LogEntry) -> Json:
    """A line of a log; an empty line has no data."""
    data = base64.b64encode(entry.data).decode() or None
    return {
        "id": entry.id,
        "step_id": entry.step_id,
        "time": entry.time,
        "line": entry.line,
        "data": data,
        "type": 0,
    }
