"""The composition root."""

from pathlib import Path

import pytest
from invoke.config import Config
from invoke.context import Context

from homelab_tasks.errors import UsageError
from homelab_tasks.tasks.assembly import Assembly


def assembly_in(directory: Path | None, settings: dict[str, object]) -> Assembly:
    config = Config(overrides={"homelab": settings})
    config.set_project_location(directory)
    return Assembly(Context(config), task="ci.watch")


def test_a_relative_path_counts_from_the_directory_of_the_project(tmp_path: Path) -> None:
    assembly = assembly_in(tmp_path, {"load_balancer": {"ca_file": "ca.pem"}})

    assert assembly.settings.load_balancer.ca_file == str(tmp_path / "ca.pem")


def test_a_relative_path_stays_relative_where_there_is_no_project() -> None:
    assert assembly_in(None, {"load_balancer": {"ca_file": "ca.pem"}}).settings.load_balancer.ca_file == "ca.pem"


def test_a_request_may_take_what_the_task_has_left_else_what_it_would_ride_out() -> None:
    assembly = assembly_in(None, {"http": {"retry_for": "7s"}})
    hasty = assembly_in(None, {"http": {"retry_for": "0s"}})

    assert assembly.time_left() == pytest.approx(7)
    assert hasty.time_left() == pytest.approx(5)
    assembly.limit(3)
    assert 2 < assembly.time_left() <= 3


@pytest.mark.parametrize("name", ["lab", "lab/", "/app", "lab//app", "../app", "lab/.", "lab/../app"])
def test_a_name_that_no_repository_can_have_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is not a repository"):
        assembly_in(None, {}).repository(name)
