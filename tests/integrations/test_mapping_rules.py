"""Which row of a value map counts, and which keys are no rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.mapping_rules import Entry, Table, problem_with

TABLE = Table.of(
    [Entry("*", "default"), Entry("10*", "ten"), Entry("1010*", "ten ten"), Entry("10101", "exact"), Entry("20", "20")]
)


@pytest.mark.parametrize(
    ("code", "row"),
    [
        ("10101", "10101"),
        ("101011", "1010*"),
        ("1010", "1010*"),
        ("101", "10*"),
        ("10", "10*"),
        ("1", "*"),
        ("2", "*"),
        ("20", "20"),
        ("200", "*"),
    ],
)
def test_the_exact_code_comes_first_then_the_longest_prefix_then_the_default(code: str, row: str) -> None:
    entry = TABLE.find(code)
    assert entry is not None
    assert entry.key == row


def test_without_a_default_a_code_that_no_row_fits_has_none() -> None:
    assert Table.of([Entry("10*", "ten")]).find("20") is None


def test_an_empty_code_fits_no_rule() -> None:
    assert TABLE.find("") is None


def test_a_map_read_backwards_names_codes_and_no_rules() -> None:
    table = Table.of([Entry("b", "1"), Entry("a", "1"), Entry("c", "2"), Entry("1*", "1")])
    assert table.codes("1") == ("a", "b")


@given(st.lists(st.text("01", max_size=5), unique=True), st.text("01", min_size=1, max_size=6))
def test_no_fitting_prefix_is_longer_than_the_one_that_counts(prefixes: list[str], code: str) -> None:
    entry = Table.of([Entry(f"{prefix}*", prefix) for prefix in prefixes]).find(code)
    fitting = [prefix for prefix in prefixes if code.startswith(prefix)]
    assert (entry.value if entry else None) == max(fitting, key=len, default=None)


@pytest.mark.parametrize("key", ["*10", "1*0", "**", "10**", "10 *", " *", " 10", "10 "])
def test_what_is_no_code_and_no_rule_is_refused(key: str) -> None:
    assert f'"{key}"' in problem_with(key)


@pytest.mark.parametrize("key", ["10", "10*", "*", "BX TG0012", "HV-*"])
def test_codes_prefixes_and_the_default_are_fine(key: str) -> None:
    assert problem_with(key) == ""


def test_a_map_of_exact_codes_takes_no_rule() -> None:
    assert problem_with("B*", exact=True) == 'The key "B*" is a rule, and this map takes exact codes only.'
    assert problem_with("BX", exact=True) == ""
