"""Value maps as files: all that is wrong is found, with its line."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.map_files import WrongFile, read, written
from integrations.models import ValueMap
from integrations.sheet import cell, unmarked


def problems(text: str, value_map: str = "cost-center") -> list[str]:
    with pytest.raises(WrongFile) as wrong:
        read(value_map, text)
    return wrong.value.problems


def test_everything_wrong_is_found_at_once_with_its_line() -> None:
    assert problems("key,value,label\n10,1,\n,2,\n1*0,3,\n10,4,\n20,5,x,y\n") == [
        "line 3: a row has a key and a value.",
        'line 4: The key "1*0" is no rule: a rule is a prefix and one star at its end, e.g. "10*", or "*" alone.',
        'line 5: the key "10" stands on line 2 already.',
        "line 6: there are more values than columns.",
    ]


def test_a_file_without_its_columns_is_no_map() -> None:
    assert problems("code,unit\n1,2\n") == ["line 1: it names the columns: key, value and, if wanted, label."]
    assert problems("") == ["line 1: it names the columns: key, value and, if wanted, label."]


def test_an_open_quote_is_a_problem_and_no_crash() -> None:
    assert problems('key,value\n"10,1\n')[0].startswith("line 2: not readable as CSV")


def test_units_take_no_rules() -> None:
    assert problems("key,value\nB*,EA\n", "unit") == [
        'line 2: The key "B*" is a rule, and this map takes exact codes only.'
    ]


def test_a_spreadsheet_s_file_with_semicolons_and_a_mark_is_read() -> None:
    (line,) = read("cost-center", "\ufeffkey;value\r\n0010;2117\r\n")
    assert (line.given.key, line.given.value, line.given.label) == ("0010", "2117", "")


def test_what_was_exported_is_read_back_as_it_was(in_acme: object) -> None:
    rows = [("cost-center", "0010", "1", 'West, "old"'), ("cost-center", "10*", "2", ""), ("plant", "1", "3", "")]
    for name, key, value, label in rows:
        ValueMap.objects.create(map=name, key=key, value=value, label=label)
    text = written("cost-center")
    assert text.splitlines()[0] == "key,value,label"
    assert [(line.given.key, line.given.value, line.given.label) for line in read("cost-center", text)] == [
        ("0010", "1", 'West, "old"'),
        ("10*", "2", ""),
    ]


FORMULAS = ["=1+1", "+49", "-5", "@SUM(A1)", "'=1+1", "''-5", "'quoted", "*", "-*", "=cmd|' /C calc'!A0"]


def test_what_a_spreadsheet_would_take_for_a_formula_is_marked_and_comes_back_as_it_was(in_acme: object) -> None:
    for text in FORMULAS:
        ValueMap.objects.create(map="cost-center", key=text, value=text, label=text)
    file = written("cost-center")
    cells = [each for row in csv.reader(io.StringIO(file)) for each in row]
    assert not [each for each in cells if each.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert {each for each in cells if "SUM" in each} == {"'@SUM(A1)"}
    rows = [(line.given.key, line.given.value, line.given.label) for line in read("cost-center", file)]
    assert sorted(rows) == sorted((text, text, text) for text in FORMULAS)


@given(st.text(alphabet="'=+-@\t\ra1 ", max_size=8))
def test_any_text_comes_back_from_a_cell_as_it_was(text: str) -> None:
    assert unmarked(cell(text)) == text
    assert not cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))
