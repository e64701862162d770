import pytest
from hypothesis import given
from hypothesis import strategies as st

from homelab_tasks.model.pipelines.log import LINES_HELD_MOST, LineMerger
from homelab_tasks.model.pipelines.pipeline import LogLine


def lines(*numbers: int) -> list[LogLine]:
    return [LogLine(line=number, text=str(number)) for number in numbers]


def merged(*answers: list[LogLine]) -> list[int]:
    merger = LineMerger()
    told = [line.line for answer in answers for line in merger.take(answer)]
    return told + [line.line for line in merger.rest()]


@given(st.lists(st.lists(st.integers(0, 40))))
def test_each_line_is_told_once_and_in_order_when_answers_overlap_in_any_way(answers: list[list[int]]) -> None:
    told = merged(*(lines(*numbers) for numbers in answers))

    assert told == sorted({number for numbers in answers for number in numbers})


def test_line_is_told_at_once_when_none_before_it_is_missing() -> None:
    merger = LineMerger()

    assert [line.line for line in merger.take(lines(0, 1))] == [0, 1]
    assert [line.line for line in merger.take(lines(3))] == []
    assert [line.line for line in merger.take(lines(2))] == [2, 3]


@pytest.mark.parametrize("missing", [0, 5])
def test_missing_line_is_given_up_when_too_many_are_held_back_for_it(missing: int) -> None:
    merger = LineMerger()
    numbers = [number for number in range(LINES_HELD_MOST + 10) if number != missing]

    told = [line.line for line in merger.take(lines(*numbers))]

    assert told == numbers
