"""The habits that keep the house readable. A bound is raised only with a reason, and here."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

from devservices.state import CHECKOUT

PACKAGES = ("connector", "tenants", "integrations", "simulators", "devservices", "demo")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def product_files() -> list[Path]:
    found = [path for package in PACKAGES for path in (CHECKOUT / package).rglob("*.py")]
    return [path for path in found if "migrations" not in path.parts]


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    """Lines of a function without its docstring, which is as long as it needs to be."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def percentile(values: list[int], share: float) -> int:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def annotated(function: Function) -> bool:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    named = [argument for argument in named if argument.arg not in ("self", "cls")]
    extra = [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    return function.returns is not None and all(argument.annotation for argument in named + extra)


def test_files_are_short() -> None:
    sizes = {str(path.relative_to(CHECKOUT)): lines(path) for path in product_files()}
    assert {name: size for name, size in sizes.items() if size > 400} == {}
    assert percentile(list(sizes.values()), 0.95) <= 300


def test_a_test_file_is_short_too() -> None:
    sizes = {str(path.relative_to(CHECKOUT)): lines(path) for path in (CHECKOUT / "tests").rglob("*.py")}
    assert {name: size for name, size in sizes.items() if size > 400} == {}


def test_a_flow_fits_into_two_hundred_lines() -> None:
    sizes = {path.name: lines(path) for path in (CHECKOUT / "integrations" / "flows").glob("*.py")}
    assert {name: size for name, size in sizes.items() if size > 200} == {}


def test_functions_are_short() -> None:
    lengths = [length(function) for path in product_files() for function in functions(path)]
    assert statistics.median(lengths) <= 10
    assert percentile(lengths, 0.95) <= 40


def test_public_functions_are_annotated() -> None:
    public = [f for path in product_files() for f in functions(path) if not f.name.startswith("_")]
    bare = [f.name for f in public if not annotated(f)]
    assert len(bare) <= 0.05 * len(public), bare


def test_no_module_has_a_name_that_says_nothing() -> None:
    forbidden = {"utils", "helpers", "common", "core", "base", "misc"}
    assert [str(path) for path in product_files() if {path.stem, path.parent.name} & forbidden] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path in product_files() if lines(path) and not ast.get_docstring(ast.parse(path.read_text()))]
    assert [str(path.relative_to(CHECKOUT)) for path in silent if path.name != "__init__.py"] == []
