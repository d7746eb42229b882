"""Value maps as CSV files, both ways: UTF-8, columns key, value and label, separated by commas or semicolons.

What a spreadsheet would take for a formula has a ' before it (integrations/sheet.py), which is taken away again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from integrations import catalogue
from integrations.engine import Given
from integrations.mapping_rules import problem_with
from integrations.models import ValueMap
from integrations.sheet import cell, unmarked

COLUMNS = ("key", "value", "label")
KEY_LENGTH, VALUE_LENGTH = 120, 200


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a file, with the line on which it ends."""

    number: int
    given: Given


class WrongFile(Exception):
    """Everything that is wrong with a file, each with its line; nothing was changed."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def written(value_map: str) -> str:
    """The rows of a map as a file, in the order of their keys."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(COLUMNS)
    rows = ValueMap.objects.filter(map=value_map).order_by("key").values_list(*COLUMNS)
    lines.writerows([cell(text) for text in row] for row in rows)
    return out.getvalue()


def read(value_map: str, text: str) -> list[Line]:
    """The rows of a file. Raises WrongFile with all that is wrong in it."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=_delimiter(text), strict=True)
    problems, found = [], []
    try:
        if not {"key", "value"} <= set(rows.fieldnames or ()):
            raise WrongFile(["line 1: it names the columns: key, value and, if wanted, label."])
        for row in rows:
            key, value, label = (unmarked((row.get(column) or "").strip()) for column in COLUMNS)
            found.append(Line(rows.line_num, Given(value_map, key, value, label)))
            problems += [f"line {rows.line_num}: {problem}" for problem in _problems(found[-1].given, None in row)]
    except csv.Error as error:
        problems.append(f"line {rows.line_num + 1}: not readable as CSV ({error}).")
    problems += _twice(found)
    if problems:
        raise WrongFile(sorted(problems, key=lambda problem: int(problem.split(":")[0].removeprefix("line "))))
    return found


def _delimiter(text: str) -> str:
    return ";" if ";" in text.partition("\n")[0] else ","


def _problems(given: Given, has_more: bool) -> Iterator[str]:
    if not given.key or not given.value:
        yield "a row has a key and a value."
    if has_more:
        yield "there are more values than columns."
    if unstorable(f"{given.key}{given.value}{given.label}"):
        yield "a text holds a NUL character or half of a surrogate pair."
    if len(given.key) > KEY_LENGTH or max(len(given.value), len(given.label)) > VALUE_LENGTH:
        yield f"a key has at most {KEY_LENGTH}, a value and a label at most {VALUE_LENGTH} characters."
    if problem := problem_with(given.key, exact=catalogue.is_exact(given.map)):
        yield problem


def unstorable(text: str) -> bool:
    """Whether PostgreSQL cannot keep a text."""
    return "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text)


def _twice(lines: list[Line]) -> Iterator[str]:
    first: dict[str, int] = {}
    for line in lines:
        key = line.given.key
        if key and first.setdefault(key, line.number) != line.number:
            yield f'line {line.number}: the key "{key}" stands on line {first[key]} already.'
