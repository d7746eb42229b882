"""What SAP, or whatever stands at its address, answers."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations.errors import IntegrationError, Transient
from integrations.systems.sap import answers, auth, stamps
from integrations.systems.sap.entities.invoices import SUPPLIER_INVOICE
from integrations.systems.sap.entities.partners import BUSINESS_PARTNER
from integrations.systems.sap.entity import Entity
from integrations.systems.sap.metadata import entity_types, missing
from integrations.systems.sap.odata import V2, V4, Dialect
from tests.fuzz import strangers
from tests.fuzz.strangers import as_bytes, is_short, members, quickly, texts, values

ENTITIES = (BUSINESS_PARTNER, SUPPLIER_INVOICE)
KINDS = ("text", "guid", "item", "bool", "flag", "decimal", "date", "time", "stamp")
dialects = st.sampled_from([V2, V4])


def raw_rows(entity: Entity) -> st.SearchStrategy[dict[str, Any]]:
    """Rows with any of an entity's members and navigations."""
    return members((*(one.source for one in entity.fields), *(child.navigation for child in entity.children)))


def envelopes(entity: Entity) -> st.SearchStrategy[Any]:
    rows = st.one_of(values, st.lists(st.one_of(raw_rows(entity), values), max_size=3))
    v2 = st.fixed_dictionaries({}, optional={"results": rows, "__next": values, "__count": values})
    v4 = st.fixed_dictionaries({}, optional={"value": rows, "@odata.nextLink": values, "@odata.count": values})
    return st.one_of(values, v4, st.fixed_dictionaries({"d": st.one_of(v2, rows)}))


@quickly
@given(dialects, st.sampled_from(KINDS), st.one_of(values, texts))
def test_a_value_is_one_of_its_kind_or_transient(dialect: Dialect, kind: Any, raw: Any) -> None:
    with suppress(Transient):
        assert is_short(dialect.parse(kind, raw)) or kind in ("text", "guid", "item")


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.type)
def test_a_list_is_read_or_refused(entity: Entity) -> None:
    @quickly
    @given(dialects, envelopes(entity))
    @example(V2, {"d": {"results": [1]}})
    @example(V4, {"value": [None]})
    @example(V2, {"d": [["x"]]})
    @example(V2, {"d": {"results": [], "__count": "9" * 5000}})
    def read(dialect: Dialect, body: Any) -> None:
        with suppress(IntegrationError):
            for raw in dialect.envelope(body).rows:
                walk(dialect, entity, raw)

    read()


def walk(dialect: Dialect, entity: Entity, raw: Any) -> None:
    """Reads a row with all of its children, as `reading` does."""
    dialect.row(entity, raw)
    for child in entity.children:
        for one in dialect.nested(raw, child).rows:
            walk(dialect, child.entity, one)


@quickly
@given(dialects, st.one_of(values, st.fixed_dictionaries({"d": values})))
def test_a_single_record_is_an_object_or_refused(dialect: Dialect, body: Any) -> None:
    with suppress(IntegrationError):
        assert isinstance(dialect.single(body), dict)


@quickly
@given(strangers.answers)
def test_every_answer_is_a_success_or_an_error_of_ours(answer: Any) -> None:
    with suppress(IntegrationError):
        answers.check(answer, None)
    answers.wants_csrf(answer)
    answers.server_time(answer)
    wait = answers.retry_after(answer)
    assert wait is None or 0 <= wait < 10**7
    assert is_short(list(answers.words(answer).messages))


@quickly
@given(st.fixed_dictionaries({"error": st.one_of(values, members(("code", "message", "details", "innererror")))}))
def test_an_error_of_any_shape_lends_its_words(body: Any) -> None:
    answer = strangers.answer_of(400, {"content-type": "application/json"}, as_bytes(body))
    with pytest.raises(IntegrationError):
        answers.check(answer, None)


@quickly
@given(st.builds(strangers.answer_of, st.just(200), strangers.headers, strangers.bodies))
def test_a_token_is_read_or_refused(answer: Any) -> None:
    with suppress(IntegrationError):
        assert auth._token(answer).value


EDMX = b"""<?xml version="1.0"?><edmx:Edmx xmlns:edmx="x"><Schema><EntityType Name="A"><Property Name="B" Type="C"/>
</EntityType></Schema></edmx:Edmx>"""
BOMB = (
    b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>"""
)


@quickly
@given(
    st.one_of(st.binary(max_size=60), st.integers(0, len(EDMX)).map(lambda end: EDMX[:end]), st.sampled_from([BOMB]))
)
@example(b"<a>" * 50_000)
@example(EDMX.replace(b"1.0", b"9.9"))
@example(EDMX.decode().encode("utf-16"))
def test_a_service_description_is_read_or_refused(document: bytes) -> None:
    with suppress(Transient):
        missing(BUSINESS_PARTNER, entity_types(document))


@quickly
@given(texts)
def test_a_stamp_is_one_or_a_value_error(text: str) -> None:
    for read in (stamps.ticks, stamps.in_utc):
        with suppress(ValueError):
            read(text)
