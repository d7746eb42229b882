"""Whatever is sent, the SAP simulator answers in words: it never fails itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulators.sap.app import SapSimulator
from simulators.wire import Request
from tests.simulators.sap_service import CENTER_V4, ORDER_V2, ORDER_V4, PARTNER, REQUISITION_V4, SapService

_WORDS = st.sampled_from(
    [
        *(
            "PurchaseOrder",
            "LastChangeDateTime",
            "PurchaseOrderDate",
            "NetPaymentDays",
            "ReleaseIsNotCompleted",
            "Nope",
        ),
        *("eq", "ne", "ge", "lt", "and", "or", "not", "(", ")", ",", "/", ":", "any", "all", "null", "true"),
        *("'x'", "''", "'", "1", "-2.5M", "datetime'2026-01-01T00:00:00'", "datetimeoffset'2026-01-01T00:00:00Z'"),
        *("2026-01-01", "2026-01-01T00:00:00Z", "time'PT1H'", "startswith(", "contains(", "substringof(", "é", "$it"),
        *("to_PurchaseOrderItem", "_PurchaseOrderItem", "_PurchaseOrderItem/any(i:i/Plant eq '1710')"),
    ]
)
_EXPRESSIONS = st.lists(_WORDS, max_size=9).map(" ".join)
_TEXTS = st.sampled_from(["", "X", "4", "-1", "/Date(1)/", "1710", "NB", "é"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 10**20) | _TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["results", "Plant"]), inner),
    max_leaves=4,
)
_OPTIONS = st.sampled_from(["$filter", "$orderby", "$select", "$expand", "$top", "$skiptoken"])
_NAMES = st.sampled_from(
    [
        *("PurchaseOrderType", "Supplier", "CompanyCode", "DocumentCurrency", "PurchaseOrderDate", "NetPaymentDays"),
        *("to_PurchaseOrderItem", "_PurchaseOrderItem", "to_BusinessPartnerRole", "to_Supplier", "PurchaseOrder"),
        *("BusinessPartnerCategory", "BusinessPartnerGrouping", "OrganizationBPName1", "_PurchaseRequisitionItem"),
        *("CostCenter", "ValidityEndDate", "_CostCenterText", "__metadata", "@odata.type"),
    ]
)
_TARGETS = st.sampled_from(
    [
        f"{ORDER_V2}/A_PurchaseOrder",
        f"{ORDER_V4}/PurchaseOrder",
        f"{ORDER_V4}/PurchaseOrder('4500000030')/_PurchaseOrderItem",
        f"{PARTNER}/A_BusinessPartner",
        f"{REQUISITION_V4}/PurchaseReqn",
        f"{CENTER_V4}/A_CostCenter_2/SAP__self.CreateValidityPeriod",
        f"{CENTER_V4}/A_CostCenter_2/SAP__self.UpdateValidityPeriod",
    ]
)
_QUIET = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def service() -> SapService:
    simulator = SapSimulator()
    simulator.reset({"seed": 7, "suppliers": 5, "orders": 40, "now": "2026-03-02T12:00:00Z"})
    return SapService(simulator)


@_QUIET
@given(expression=_EXPRESSIONS, option=_OPTIONS)
def test_every_query_is_answered(service: SapService, expression: str, option: str) -> None:
    for path in (f"{ORDER_V2}/A_PurchaseOrder", f"{ORDER_V4}/PurchaseOrder"):
        headers = {"authorization": service.authorization, "accept": "application/json"}
        request = Request("GET", path, [(option, expression)], headers, b"", path)
        assert service.simulator.handle(request).status in (200, 400)


@_QUIET
@given(segment=st.text(max_size=30), tail=_EXPRESSIONS)
def test_every_address_is_answered(service: SapService, segment: str, tail: str) -> None:
    for start in (ORDER_V2, f"{ORDER_V2}/A_PurchaseOrder", f"{ORDER_V4}/PurchaseOrderItem("):
        headers = {"authorization": service.authorization}
        request = Request("GET", f"{start}/{segment}{tail}", [], headers, b"", f"{start}/{segment}{tail}")
        assert service.simulator.handle(request).status in (200, 400, 403, 404, 405)


@_QUIET
@given(target=_TARGETS, body=st.dictionaries(_NAMES, _VALUES, max_size=6), method=st.sampled_from(["POST", "PATCH"]))
def test_every_body_is_answered(service: SapService, target: str, body: dict[str, Any], method: str) -> None:
    root = next(root for root in (ORDER_V2, ORDER_V4, PARTNER, REQUISITION_V4, CENTER_V4) if target.startswith(root))
    answer = service.write(method, root, target.removeprefix(f"{root}/"), body)
    assert answer.status in (200, 201, 204, 400, 404, 405, 501)


def test_a_list_of_many_keys_is_one_filter(service: SapService) -> None:
    keys = " or ".join(f"PurchaseOrder eq '{4_500_000_001 + place}'" for place in range(200))
    path = f"{ORDER_V4}/PurchaseOrder"
    headers = {"authorization": service.authorization}
    answer = service.simulator.handle(Request("GET", path, [("$filter", keys)], headers, b"", path))
    assert (answer.status, len(answer.json()["value"])) == (200, 40)


def test_an_address_that_is_too_long_is_refused(service: SapService) -> None:
    assert service.send("GET", f"{ORDER_V4}/PurchaseOrder?$filter={'x' * 9_000}").status == 414
