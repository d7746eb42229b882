"""What people hand in: files of value maps, YAML, schedules, rules, units, amounts."""

from __future__ import annotations

import string
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations import map_files, mapping_rules, schedule_spec
from integrations.api.kernel.parsing import loads
from integrations.api.kernel.problems import Problem
from integrations.apply.document import Node, Problems, load
from integrations.errors import IntegrationError, Misconfigured
from integrations.redaction import Redactor
from integrations.vocabulary import money
from integrations.vocabulary import texts as words
from tests.fuzz.strangers import SPECIAL_BYTES, bodies, is_short, quickly, texts, values

FRAGMENTS = st.lists(
    st.one_of(texts, st.sampled_from(['"', ",", ";", "\n", "\r", "key,value\n", "key;value;label\n", "*"])), max_size=12
).map("".join)


@quickly
@given(FRAGMENTS)
@example('key,value\n"' + "x" * 200_000)
@example("key,value\n\0,\0\n")
@example("key,value\n" + ",".join("x" * 5000))
def test_a_file_of_a_map_is_read_or_told_what_is_wrong(text: str) -> None:
    with suppress(map_files.WrongFile):
        for line in map_files.read("plant", text):
            assert line.given.key
            assert "\0" not in line.given.key + line.given.value


YAML_WORDS = (
    *(
        "a: ",
        "- ",
        "&a ",
        "*a",
        "<<: ",
        "!!python/object:os.system ",
        "!!binary ",
        "{",
        "}",
        "[",
        "]",
        "\n",
        "  ",
        "? ",
    ),
    *("1e999999999", "0x" + "f" * 5000, "1:30:30", "2026-99-99", "~", "'", '"', "|\n", ">\n", "\t", "%YAML 9.9\n"),
)


@quickly
@given(st.one_of(bodies, st.lists(st.one_of(st.sampled_from(YAML_WORDS), texts), max_size=14).map(
    lambda parts: "".join(parts).encode("utf-8", "surrogatepass"))))  # fmt: skip
@example(b"[" * 3000)
@example(b"a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]\n")
@example(b"&a [*a]")
@example(b"? {a: b}\n: c")
@example(b"? [a]\n: c")
def test_a_document_is_read_or_told_what_is_wrong(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    file = Path(tmp_path_factory.getbasetemp()) / "fuzz.yaml"
    file.write_bytes(body)
    problems = Problems()
    with suppress(Problems):
        node = Node(load(file), "", problems, file.parent)
        node.members(("a", "b"))
        for child in node.items().values():
            child.text()
            child.flag(default=False)
            list(child.rows())


@quickly
@given(bodies)
@example(b'{"a": 1e999999999}')
@example(b"1" * 5000)
@example(b'{"a":' * 900 + b"1" + b"}" * 900)
def test_a_body_of_the_api_is_read_or_a_problem(body: bytes) -> None:
    with suppress(Problem):
        loads(body)


@quickly
@given(st.one_of(values, st.fixed_dictionaries({}, optional={"every": values, "at": values, "days": values})))
def test_a_schedule_is_one_or_a_value_error(spec: Any) -> None:
    with suppress(ValueError):
        schedule_spec.parse(spec)
        assert schedule_spec.in_words(spec)


@quickly
@given(st.lists(st.tuples(texts, texts)), texts)
def test_rules_find_a_row_or_none(rows: list[tuple[str, str]], code: str) -> None:
    sound = [mapping_rules.Entry(key, value) for key, value in rows if not mapping_rules.problem_with(key)]
    found = mapping_rules.Table.of(sound).find(code)
    assert found is None or found in sound


@quickly
@given(st.one_of(texts, st.text(alphabet=string.digits + "*/. EA", max_size=12)))
@example("EA*" + "9" * 5000)
@example("EA*1/0.0000")
def test_a_unit_is_one_or_misconfigured(text: str) -> None:
    with suppress(Misconfigured):
        money.measure(text)


@quickly
@given(st.one_of(texts, values))
@example("1e999999999")
def test_an_amount_is_one_or_an_error_of_ours(value: Any) -> None:
    with suppress(IntegrationError, ValueError):
        assert is_short(money.plain(money.decimal(value)))


@quickly
@given(values)
@example("x (BX = 1/0 EA)")
@example(f"x (BX = {'9' * 5000} EA)")
def test_a_description_says_a_conversion_or_nothing(value: Any) -> None:
    words.line_number(value)
    assert words.conversion(value) >= 0


@quickly
@given(bodies)
def test_what_is_kept_of_a_body_can_be_kept(body: bytes) -> None:
    kept = Redactor(["canary-secret"]).body(body)
    assert len(kept) < 70_000
    assert SPECIAL_BYTES
