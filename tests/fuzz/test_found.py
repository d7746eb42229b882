"""What fuzzing has found, one plain test each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from integrations import map_files
from integrations.apply.document import Problems, load
from integrations.errors import Misconfigured, Rejected, Transient
from integrations.systems.sap import answers as sap_answers
from integrations.systems.sap.odata import V2, V4
from integrations.systems.sap.stamps import in_utc
from integrations.systems.servicetitan import answers as titan_answers
from integrations.systems.servicetitan import resources
from integrations.systems.servicetitan.formats import normalise, plain
from integrations.vocabulary import money, texts
from tests.fuzz.strangers import answer_of
from tests.journeys import requests
from tests.journeys.conftest import MakeWorld, make_world

__all__ = ["make_world"]

HUGE = "1e999999999"
FAR_DATE = {"date": "Sun, 22 Nov 2026 10:00:00 GMT", "retry-after": "Tue, 1 Jan 0001 00:00:00 +9999"}


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        yield traveller


@pytest.mark.parametrize("is_old", [False, True], ids=["v4", "v2"])
def test_an_order_that_sap_took_is_not_made_twice_for_an_answer_that_names_none(
    make_world: MakeWorld, clock: Any, is_old: bool
) -> None:
    world = make_world(suppliers=3, orders=0, invoices=0)
    if is_old:
        world.control(world.sap, "settings", {"arrangements": {"API_PURCHASEORDER_2": "unknown"}})
    world.sync("vendors")
    requests.switch_on(world)
    requests.raise_request(world)
    rule = {"kind": "status", "status": 201, "body": {}, "commit": True, "method": "POST", "path": "PurchaseOrder$"}
    world.faults({**rule, "times": 1}, sap=True)
    for _ in range(4):
        world.sync(requests.FLOW)
        clock.shift(timedelta(minutes=6))
    assert len(requests.sap_orders(world)) == 1
    assert world.control(world.sap, "faults")["faults"][0]["hits"] == 1


def test_a_number_of_a_few_characters_is_never_written_out_to_a_gigabyte() -> None:
    with pytest.raises(Transient):
        V4.parse("decimal", HUGE)
    assert plain(HUGE) == HUGE
    with pytest.raises(Rejected):
        money.decimal(HUGE)


@pytest.mark.parametrize("body", [{"d": [1]}, {"d": {"results": ["x"]}}])
def test_a_list_of_what_are_no_records_is_none_in_v2(body: Any) -> None:
    with pytest.raises(Transient, match="no list of records"):
        V2.envelope(body)


def test_a_list_of_what_are_no_records_is_none_in_v4() -> None:
    with pytest.raises(Transient, match="no list of records"):
        V4.envelope({"value": [None]})


def test_a_count_of_five_thousand_digits_is_cut() -> None:
    assert V2.envelope({"d": {"results": [], "__count": "9" * 5000}}).total == int("9" * 20)


def test_a_date_beyond_the_calendar_is_no_date() -> None:
    answer = answer_of(429, FAR_DATE, b"")
    assert sap_answers.retry_after(answer) is None
    assert titan_answers.retry_after(answer) is None
    with pytest.raises(ValueError, match="0001"):
        in_utc("0001-01-01T00:00:00+23:59")


def test_nobody_waits_for_years_because_a_header_says_so() -> None:
    assert sap_answers.retry_after(answer_of(429, {"retry-after": "9" * 30}, b"")) == sap_answers.LONGEST_WAIT


def test_a_row_whose_address_is_a_number_is_refused_with_its_name() -> None:
    with pytest.raises(Transient, match="address"):
        normalise({"id": 1, "name": "A", "address": 5}, resources.VENDORS.shape)


@pytest.mark.parametrize("text", ["key,value\na\0,b\n", "key,value\na,\ud800\n"])
def test_what_postgresql_cannot_keep_is_told_with_its_line(text: str) -> None:
    with pytest.raises(map_files.WrongFile, match="line 2: a text holds a NUL"):
        map_files.read("plant", text)


def test_a_unit_of_five_thousand_digits_is_none() -> None:
    with pytest.raises(Misconfigured):
        money.measure("EA*" + "9" * 5000)


@pytest.mark.parametrize("text", ["x (BX = 1/0 EA)", f"x (BX = {'9' * 5000} EA)"])
def test_a_conversion_that_cannot_be_is_none(text: str) -> None:
    assert texts.conversion(text) == 1


@pytest.mark.parametrize("text", ["? [a]\n: c\n", "? {a: b}\n: c\n", "[" * 3000])
def test_a_document_with_strange_keys_or_depth_is_told_as_unreadable(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(Problems):
        load(tmp_path / "a.yaml")
