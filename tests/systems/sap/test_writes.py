"""Writes to SAP: CSRF tokens with their cookies, lost answers, and a client that only reads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from integrations.errors import Misconfigured, NotAuthorised, Rejected, Unknown
from integrations.http import HttpRequest
from integrations.systems.sap.services import BUSINESS_PARTNER, PURCHASE_ORDER

OAUTH = {"auth_method": "oauth"}
V2_ORDER = PURCHASE_ORDER.offers[1].root
PARTNERS = BUSINESS_PARTNER.offers[0].root
ORDER = {
    "PurchaseOrderType": "NB",
    "CompanyCode": "1710",
    "PurchasingOrganization": "1710",
    "PurchasingGroup": "001",
    "DocumentCurrency": "USD",
    "CorrespncInternalReference": "ML7QK2D4VX01",
}


def order(sap) -> HttpRequest:
    row = next(row for row in sap.simulator.state()["PurchaseOrder"] if row.get("PurchaseOrderType") == "NB")
    item = {
        "PurchaseOrderItem": "10",
        "PurchaseOrderItemText": "Copper pipe",
        "MaterialGroup": "L001",
        "Plant": "1710",
        "OrderQuantity": "40",
        "PurchaseOrderQuantityUnit": "PC",
        "NetPriceAmount": "120.00",
    }
    body = {**ORDER, "Supplier": row["Supplier"], "to_PurchaseOrderItem": [item]}
    return HttpRequest(method="POST", url=f"{V2_ORDER}/A_PurchaseOrder", json=body, write=True)


def orders(sap) -> int:
    rows = sap.simulator.state()["PurchaseOrder"]
    return len([row for row in rows if row.get("CorrespncInternalReference") == "ML7QK2D4VX01"])


def test_a_write_fetches_a_token_with_its_cookies_once_and_uses_it_again(sap):
    client = sap.client()
    assert client.once(order(sap)).status == 201
    assert client.once(order(sap)).status == 201
    assert [line["method"] for line in sap.seen()] == ["GET", "POST", "POST"]


def test_writers_side_by_side_share_one_token(sap):
    client = sap.client()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: client.once(order(sap)).status, range(16)))
    assert statuses == [201] * 16
    assert [line["method"] for line in sap.seen()].count("GET") == 1
    assert orders(sap) == 16


def test_reads_carry_no_cookies(sap):
    client = sap.client()
    client.once(order(sap))
    answer = client.call(HttpRequest(method="GET", url=f"{PARTNERS}/A_BusinessPartner", params=(("$top", "1"),)))
    assert "Cookie" not in answer.exchange.request_headers


def test_an_expired_csrf_token_is_renewed_once_and_the_write_happens_once(sap):
    client = sap.client()
    client.once(order(sap))
    sap.advance(2000)
    assert client.once(order(sap)).status == 201
    assert [line["status"] for line in sap.seen()] == [200, 201, 403, 200, 201]
    assert orders(sap) == 2


def test_a_csrf_token_that_is_never_accepted_ends_after_one_repetition(sap):
    sap.fault(kind="status", status=403, method="POST", headers={"x-csrf-token": "Required"}, body="no")
    with pytest.raises(NotAuthorised):
        sap.client().once(order(sap))
    assert len([line for line in sap.seen() if line["method"] == "POST"]) == 2
    assert orders(sap) == 0


def test_another_403_of_a_write_is_not_repeated(sap):
    sap.fault(kind="html", status=403, method="POST")
    with pytest.raises(NotAuthorised):
        sap.client().once(order(sap))
    assert len([line for line in sap.seen() if line["method"] == "POST"]) == 1


def test_a_csrf_token_is_needed_with_a_bearer_token_too(sap):
    client = sap.client(**OAUTH)
    client.prepare()
    assert client.once(order(sap)).status == 201


@pytest.mark.parametrize("kind", ["lose_answer", "truncate", "malformed"])
def test_a_write_whose_answer_is_lost_is_unknown_and_happened(sap, kind):
    sap.fault(kind=kind, method="POST")
    with pytest.raises(Unknown):
        sap.client().once(order(sap)).json()
    assert orders(sap) == 1


@pytest.mark.parametrize("commit", [True, False])
def test_a_5xx_to_a_write_is_unknown_on_either_side_of_the_commit(sap, commit):
    sap.fault(kind="status", status=503, method="POST", commit=commit)
    with pytest.raises(Unknown):
        sap.client().once(order(sap))
    assert orders(sap) == int(commit)


def test_a_refused_order_is_told_in_saps_words(sap):
    request = order(sap)
    request.json["PurchaseOrderType"] = "ZZ"
    with pytest.raises(Rejected) as caught:
        sap.client().once(request)
    assert caught.value.code == "APPL_MM_PUR_PO/064"
    assert "SAP transaction id" in caught.value.message


def test_a_client_that_only_reads_sends_no_write(sap):
    for client in (sap.client(read_only=True), sap.client(read_only=True, **OAUTH)):
        with pytest.raises(Misconfigured) as caught:
            client.once(order(sap))
        assert caught.value.code == "read-only"
    with pytest.raises(Misconfigured):
        sap.client(read_only=True).once(HttpRequest(method="DELETE", url=f"{V2_ORDER}/A_PurchaseOrder('1')"))
    assert sap.seen() == []


def test_nothing_is_written_outside_of_the_named_services(sap):
    with pytest.raises(Misconfigured):
        sap.client().once(HttpRequest(method="POST", url="sap/opu/odata/sap/API_JOURNALENTRY/A", json={}, write=True))
    assert sap.seen() == []
