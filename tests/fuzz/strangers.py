"""What strangers send: JSON of any shape with numbers, texts and keys that nobody expects, and bytes that are none."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from integrations.http import Answer, Exchange

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "40"))
quickly = settings(
    max_examples=EXAMPLES,
    derandomize="FUZZ_RANDOM" not in os.environ,
    deadline=5000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
"""Few examples in the quick suite, `FUZZ_EXAMPLES` of them in a longer one: the same ones each time, so that a change
is judged by what it changes; others with FUZZ_RANDOM set. Whatever takes five seconds hangs."""

LARGEST_TEXT = 20_000
"""Characters: what is made of a few bytes is never longer."""

NUMBERS = ("1e999999999", "-1e999999999", "1e-999999999", "9" * 5000, "0.1e400", "-0", "1E+30", "12345678901234567890")
ODD_TEXTS = (
    "",
    "\0",
    "\ud800",
    "\ufeff",
    "NaN",
    "Infinity",
    "sNaN",
    "-0",
    "٣",
    "²",
    "0000-00-00",
    "9999-12-31",
    "null",
)
ODD_DATES = (
    "/Date(1)/",
    "/Date(99999999999999999999)/",
    "/Date(-62135596800001+9999)/",
    f"/Date({'9' * 5000})/",
    "PT99999999999999999999H",
    "PT1H" * 50,
    "2026-13-45",
    "2026-02-30T25:61:61Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "2026-11-22T10:00:00.1234567Z",
)

texts = st.one_of(st.text(max_size=12), st.sampled_from(ODD_TEXTS + ODD_DATES + NUMBERS))
numbers = st.one_of(
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.sampled_from([Decimal(text) for text in NUMBERS]),
    st.just(10**4000),
)
scalars = st.one_of(st.none(), st.booleans(), texts, numbers)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)
"""A JSON document as our parser hands it on."""

DEEP = b"[" * 100_000
SPECIAL_BYTES = (
    b"",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    '{"d": {"results": []}}'.encode("utf-16"),
    b'{"a": 1, "a": 2}',
    b"{" * 5000,
    DEEP,
    b'{"d": ' * 20_000,
    b'"\\ud800"',
    b'{"d": {"results": [{"x": 1e999999999}]}}',
    b'{"data": [{"id": ' + b"9" * 6000 + b"}]}",
    b"<html>\x00</html>",
    b"NaN",
    b"\x1f\x8b\x08\x00not gzip",
)


def members(names: Mapping[str, Any] | tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """An object that has some of these members, with anything in them."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, values))


def as_bytes(document: Any) -> bytes:
    """A document as somebody might write it: huge numbers as numbers."""
    return json.dumps(document, default=str, ensure_ascii=True).encode()


bodies = st.one_of(st.binary(max_size=40), st.sampled_from(SPECIAL_BYTES), values.map(as_bytes))
"""The body of an answer or a request."""

headers = st.dictionaries(
    st.sampled_from(["content-type", "date", "retry-after", "x-csrf-token", "location"]),
    st.one_of(
        texts,
        st.sampled_from(
            ["application/json", "text/html", "Mon, 99 Foo 99999 99:99:99 GMT", "Sun, 22 Nov 2026 10:00:00"]
        ),
        st.sampled_from(
            ["Sun, 22 Nov 99999999999 10:00:00 GMT", "1" * 400, "1.5", "-1", "1e5", "Tue, 1 Jan 0001 0:0:0 +9999"]
        ),
    ),
)


class Headers(dict[str, str]):
    """Names in lower case, looked up in any."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())


def answer_of(status: int, header: Mapping[str, str], body: bytes, *, write: bool = False) -> Answer:
    """An answer as the session hands it on."""
    exchange = Exchange("GET", "https://a.example/", {}, "", status, {}, "", datetime(2026, 1, 1, tzinfo=UTC), 1)
    return Answer(status, Headers(header), body, exchange, write)


answers = st.builds(answer_of, st.integers(100, 599), headers, bodies, write=st.booleans())


def is_short(value: Any) -> bool:
    """Whether nothing in a value is much longer than what came."""
    if isinstance(value, str):
        return len(value) <= LARGEST_TEXT
    if isinstance(value, Mapping):
        return all(is_short(inner) for inner in value.values())
    return all(map(is_short, value)) if isinstance(value, list | tuple) else True
