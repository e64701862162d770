"""The list is read as far as a pipeline of the commit can stand, and no page more."""

import pytest
from msgspec import structs

from homelab_tasks.actions.pipelines.find_pipelines import Survey, find_repository
from homelab_tasks.actions.waiting import Patience
from homelab_tasks.errors import MissingError
from homelab_tasks.model.pipelines.pipeline import Pipeline
from tests.fakes.clock import FakeClock
from tests.fakes.server import COMMIT, ROW, Fault, ServerModel

DAY = 86400
OTHER = "0" * 40


def row(number: int, commit: str = OTHER, *, created: int = 0, parent: int = 0) -> Pipeline:
    return structs.replace(
        ROW, id=number + 1000, number=number, commit=commit, created=created, parent=parent, status="success"
    )


class Server(ServerModel):
    """Serves *rows*, which a test may change between two pages."""

    rows: list[Pipeline]

    def _rows(self) -> list[Pipeline]:
        return self.rows


def server(*rows: Pipeline) -> Server:
    made = Server(FakeClock(), ())
    made.rows = list(rows)
    return made


def surveyed(ci: Server, *, not_before: float | None = None) -> Survey:
    patience = Patience(ci.clock, server=ci.server, retry_for=30.0)
    return Survey(ci, patience, 7, not_before=not_before)


def read(survey: Survey, *, down_to: int | None = None) -> list[int]:
    """Read the list; returns the numbers of the commit's pipelines."""
    for _ in survey.read(COMMIT, down_to=down_to):
        pass
    return sorted(found.number for found in survey.rows.values() if found.commit == COMMIT)


@pytest.mark.parametrize("newer", [0, 49, 50, 51, 120])
@pytest.mark.parametrize("not_before", [None, 1000.0])
def test_pipeline_is_found_behind_any_number_of_newer_ones(newer: int, not_before: float | None) -> None:
    ci = server(row(1, COMMIT, created=1000), *(row(2 + index, created=1001 + index) for index in range(newer)))

    assert read(surveyed(ci, not_before=not_before)) == [1]


def test_reading_ends_a_day_before_the_commit_was_made() -> None:
    ci = server(*(row(1 + index, created=index * DAY) for index in range(400)))

    assert read(surveyed(ci, not_before=395.0 * DAY)) == []
    assert ci.requests == ["list"]


def test_pipeline_is_found_behind_thousands_of_newer_ones_when_the_day_of_the_commit_is_known() -> None:
    ci = server(row(1, COMMIT, created=1000), *(row(2 + index, created=1001 + index) for index in range(3000)))

    assert read(surveyed(ci, not_before=1000.0)) == [1]


def test_restart_of_long_ago_leads_to_the_pipelines_beside_its_parent() -> None:
    old = [row(1, COMMIT), row(2, COMMIT)]
    ci = server(*old, *(row(3 + index) for index in range(200)), row(300, COMMIT, parent=2))

    assert read(surveyed(ci)) == [1, 2, 300]


def test_second_reading_asks_for_a_small_page_when_little_is_new() -> None:
    ci = server(*(row(1 + index) for index in range(60)), row(61, COMMIT))
    survey = surveyed(ci)
    read(survey)
    asked = len(ci.requests)
    ci.rows.append(row(62, COMMIT))

    assert read(survey) == [61, 62]
    assert len(ci.requests) == asked + 1


def test_row_that_is_gone_is_forgotten_once_a_page_covers_its_place() -> None:
    ci = server(*(row(1 + index) for index in range(5)), row(6, COMMIT))
    survey = surveyed(ci)
    read(survey)
    ci.rows.pop()

    assert read(survey, down_to=6) == []


def test_number_that_is_used_again_is_another_row() -> None:
    ci = server(row(1), row(2, COMMIT))
    survey = surveyed(ci)
    read(survey)
    ci.rows[-1] = structs.replace(row(2), id=5000)

    assert read(survey, down_to=2) == []


def test_server_that_does_not_know_whose_token_it_is_is_said_to_be_no_woodpecker() -> None:
    elsewhere = Fault(begin=0.0, seconds=1000.0, kind="404", questions=frozenset({"user"}))
    ci = ServerModel(FakeClock(), (), (elsewhere,))

    with pytest.raises(MissingError, match=r"no Woodpecker: ci\.homelab\.test answers HTTP 404") as raised:
        list(find_repository(ci, Patience(ci.clock, server=ci.server, retry_for=30.0), "lab/app"))

    assert raised.value.hint == "check homelab.woodpecker.url"
