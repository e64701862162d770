"""Every promise of docs/guarantees.md names a test that is there, and can be broken."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.mutation.mutants import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?P<promise>[VTC]\d+) \| (?P<words>[^|]+) \| (?P<tests>[^|]+) \|$", re.MULTILINE)
PROMISES = {row["promise"]: row for row in ROW.finditer((ROOT / "docs" / "guarantees.md").read_text())}


def holders_of(promise: str) -> list[str]:
    return re.findall("`([^`]+)`", PROMISES[promise]["tests"])


@cache
def names_in(file: Path) -> frozenset[str]:
    return frozenset(node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_names_tests_that_are_there(promise: str) -> None:
    assert holders_of(promise)
    for test in holders_of(promise):
        file, _, name = test.partition("::")
        assert name in names_in(ROOT / file), test


@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_is_broken_by_a_mutant(promise: str) -> None:
    assert promise in {mutant.promise for mutant in MUTANTS}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.what)
def test_a_mutant_can_be_applied_and_its_test_holds_the_promise(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text()

    assert text.count(mutant.before) == 1, f"{mutant.file}: say in mutants.py how the promise is broken now"
    assert mutant.before != mutant.after
    assert mutant.test.partition("[")[0] in holders_of(mutant.promise)


def test_there_are_promises_about_all_three() -> None:
    assert {promise[0] for promise in PROMISES} == {"V", "T", "C"}
    assert len(PROMISES) == len(ROW.findall((ROOT / "docs" / "guarantees.md").read_text()))
