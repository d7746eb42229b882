"""Whatever is sent, the answer has a documented status: a crash of the simulator would look like a lost answer."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulators.servicetitan.contract import CONTRACT
from simulators.servicetitan.simulator import ServiceTitan
from tests.simulators.servicetitan_service import GUID, VENDOR, Service

DOCUMENTED = {200, 201, 400, 404, 409}
WRITES = sorted((it for it in CONTRACT.operations.values() if it.writes), key=lambda it: it.name)
LISTS = sorted((it for it in CONTRACT.operations.values() if not it.writes), key=lambda it: it.name)

odd = st.sampled_from([1e308, 1e20, 10**40, -1, 0, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "NaN"])
scalars = odd | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(scalars, lambda it: st.lists(it, max_size=3) | st.dictionaries(st.text(), it, max_size=3))
SERVICE = Service(ServiceTitan(7, [1001], materials=20))
KNOWN = {
    "vendors": SERVICE.vendor(),
    "purchase-orders": SERVICE.order(),
    "warehouses": SERVICE.ids("inventory/warehouses")[0],
    "business-units": SERVICE.ids("settings/business-units")[0],
}
VALID: dict[str, dict[str, Any]] = {
    "Vendors_Create": {
        **VENDOR,
        "externalData": {"applicationGuid": GUID, "externalData": [{"key": "a", "value": "b"}]},
    },
    "PurchaseOrders_Create": SERVICE.order_body(vendorId=KNOWN["vendors"]),
    "PurchaseOrders_Update": {"memo": "x", "items": SERVICE.order_body(vendorId=KNOWN["vendors"])["items"]},
    "Receipts_CreateReceipt": {
        "purchaseOrderId": KNOWN["purchase-orders"],
        "dateReceived": "2026-01-31",
        "tax": 0,
        "shipping": 0,
        "items": [{"skuId": SERVICE.line()["skuId"], "quantity": 1, "cost": 1}],
    },
}


def _path(operation: Any) -> str:
    resource = operation.path.split("/")[1]
    path = operation.path
    for name in ("id", "billId", "paymentTermId", "accountId"):
        path = path.replace(f"{{{name}}}", str(KNOWN.get(resource, 1)))
    return f"{operation.module}{path}"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(operation=st.sampled_from(WRITES), body=values)
def test_any_body_is_answered(operation: Any, body: Any) -> None:
    assert SERVICE.send(operation.method, _path(operation), body).status in DOCUMENTED


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_good_body_with_one_odd_value_is_answered(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(VALID)))
    operation = next(it for it in WRITES if it.name == name)
    body = dict(VALID[name])
    member = data.draw(st.sampled_from(sorted(body)))
    if member == "items":
        line = dict(body["items"][0])
        line[data.draw(st.sampled_from(sorted(line)))] = data.draw(values)
        body["items"] = [line]
    else:
        body[member] = data.draw(values)
    assert SERVICE.send(operation.method, _path(operation), body).status in DOCUMENTED


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_value_of_any_parameter_is_answered(data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from([it for it in LISTS if it.query]))
    name = data.draw(st.sampled_from(sorted(operation.query)))
    value = data.draw(
        st.sampled_from(
            [
                "1",
                "1,2",
                ",",
                "-1",
                "0",
                "x",
                "true",
                "2026-01-31",
                "+Id",
                "-Name",
                "9" * 30,
                "NaN",
                "1e400",
                "0001-01-01T00:00:00%2B14:00",
            ]
        )
    )
    text = data.draw(
        st.just(value) | st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="&#%"))
    )
    assert SERVICE.send("GET", f"{_path(operation)}?{name}={text}").status in DOCUMENTED
