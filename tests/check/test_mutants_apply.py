"""The bugs planted on purpose still fit the code, so that `make mutants` can say something."""

import ast
from pathlib import Path

import pytest

from tests.mutants.patches import Mutant, every

ROOT = Path(__file__).parents[2]
MUTANTS = every()
LEAST = 25  # docs/promises.md asks for as many


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_it_applies_and_is_still_a_program(mutant: Mutant) -> None:
    for path, text in mutant.texts(ROOT).items():
        assert text != path.read_text("utf-8")
        ast.parse(text)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_tests_that_it_breaks_exist(mutant: Mutant) -> None:
    for test in mutant.breaks:
        path, _, name = test.partition("::")
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name.partition("[")[0] in names, test


def test_there_are_enough_with_one_number_each() -> None:
    assert len({mutant.number for mutant in MUTANTS}) == len(MUTANTS) >= LEAST
