"""Orders and requisitions as one target: keys, marks and looks of the two never mix."""

from __future__ import annotations

from datetime import timedelta

import pytest

from integrations.errors import Unknown
from integrations.flow import Write
from integrations.systems.sap.either import ORDERS_OR_REQUISITIONS
from integrations.systems.sap.services import PURCHASE_ORDER, PURCHASE_REQUISITION
from integrations.vocabulary.money import decimal
from integrations.vocabulary.sap_purchases import Item, Purchase, observed, order_body, requisition_body, standing
from tests.systems.sap.conftest import NOW, Sap
from tests.systems.sap.test_writers import cost_center, supplier

MARK, SINCE = "MLQK2D4VXABC", NOW - timedelta(minutes=5)


def purchase(sap: Sap) -> Purchase:
    item = Item(
        number="10", text="A crane for two hours, with somebody who can drive it", material="", material_group="S001",
        vendor_part="CR-2", quantity=decimal("2.5"), unit="H", unit_price=decimal("99.125"), plant="1710",
        cost_center=cost_center(sap)["CostCenter"], required_on="2026-12-01", job={"RequisitionerName": "2117"},
    )  # fmt: skip
    return Purchase(
        type="NB", name="ServiceTitan PR-00001", supplier=supplier(sap), company_code="1710",
        purchasing_organization="1710", purchasing_group="001", currency="USD", ordered_on="2026-11-02",
        gl_account="65100000", items=[item],
    )  # fmt: skip


def writes(sap: Sap) -> list[Write]:
    one = purchase(sap)
    return [
        Write("create", "", order_body(one), observed(order_body(one)), MARK),
        Write("create-requisition", "", requisition_body(one), observed(requisition_body(one)), f"PR-{MARK}"),
    ]


def prepared(sap: Sap):
    client = sap.client()
    for service in (PURCHASE_ORDER, PURCHASE_REQUISITION):
        client.offer(service)
    return client


def test_both_are_written_and_read_back_as_they_were_meant(either):
    client = prepared(either)
    for write, begins in zip(writes(either), ("45", "PR-"), strict=True):
        key = ORDERS_OR_REQUISITIONS.send(client, write).key
        row = ORDERS_OR_REQUISITIONS.fetch(client, [key])[key]
        assert key.startswith(begins)
        assert ORDERS_OR_REQUISITIONS.key(row) == key
        assert observed(row) == write.expect
        assert standing(row) == "released"


@pytest.mark.parametrize("kind", [0, 1])
def test_a_lost_answer_of_either_is_found_by_its_own_mark(either, kind):
    client, write = prepared(either), writes(either)[kind]
    either.fault(kind="lose_answer", method="POST", times=1)
    with pytest.raises(Unknown):
        ORDERS_OR_REQUISITIONS.send(client, write)
    found = ORDERS_OR_REQUISITIONS.find(client, {MARK, f"PR-{MARK}"}, SINCE)
    assert {mark: len(rows) for mark, rows in found.items()} == {MARK: 1 - kind, f"PR-{MARK}": kind}


def test_a_mark_of_an_order_asks_nothing_of_the_requisitions(either):
    client = prepared(either)
    either.forget()
    ORDERS_OR_REQUISITIONS.find(client, {MARK}, SINCE)
    assert not [request for request in either.seen() if "requisition" in request["path"].lower()]
