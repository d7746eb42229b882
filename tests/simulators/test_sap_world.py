"""The generated SAP world, and the control endpoints that change it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulators.sap.app import SapSimulator
from simulators.sap.store import Store
from tests.simulators.sap_service import ORDER_V4, PARTNER, SapService

NOW = "2026-03-02T12:00:00Z"


def world(**options: Any) -> dict[str, Any]:
    simulator = SapSimulator()
    simulator.reset({"seed": 7, "suppliers": 40, "orders": 400, "now": NOW, **options})
    return simulator.state()


def items(state: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for order in state["PurchaseOrder"] for item in order["PurchaseOrderItem"]]


def test_the_same_seed_makes_the_same_world() -> None:
    first = world()
    assert first == world()
    assert first["PurchaseOrder"] != world(seed=8)["PurchaseOrder"]
    assert {name: len(rows) for name, rows in first.items()} == {
        "BusinessPartner": 40,
        "Supplier": 40,
        "CompanyCode": 3,
        "CostCenter": 14,
        "PurchasingGroup": 3,
        "PurchasingOrganization": 3,
        "PurchaseOrder": 400,
        "Requisition": 0,
        "SupplierInvoice": 0,
    }


def test_the_world_follows_the_conventions_shared_with_the_other_simulator() -> None:
    state = world()
    assert [row["Supplier"] for row in state["Supplier"]] == [str(17_300_001 + place) for place in range(40)]
    centers = {row["CostCenter"] for row in state["CostCenter"]}
    assert centers == {str(10_101_101 + place) for place in range(12)}
    materials = {item["Material"] for item in items(state) if item.get("Material")}
    assert all("HV-10001" <= material <= "HV-10400" or material.startswith("HV-19") for material in materials)
    jobs = {item["RequirementTracking"] for item in items(state) if item.get("RequirementTracking")}
    assert jobs <= {str(number) for number in range(2_001, 2_061)} | {"2999"}
    assert {item["PurchaseOrderQuantityUnit"] for item in items(state)} <= {"PC", "EA", "H", "M", "FT", "BOX"}


def test_every_kind_of_order_occurs() -> None:
    state = world(orders=3_000)
    orders = state["PurchaseOrder"]
    assert {order["PurchasingProcessingStatus"] for order in orders} == {"01", "02", "03", "08"}
    assert {order["PurchaseOrderType"] for order in orders} == {"NB", "UB"}
    assert {order["DocumentCurrency"] for order in orders} == {"USD", "EUR"}
    assert {len(order["PurchaseOrderItem"]) for order in orders} == set(range(1, 9))
    lines = items(state)
    assert {item["PurchaseOrderItemCategory"] for item in lines} == {"0", "7", "A"}
    assert {item["NetPriceQuantity"] for item in lines} == {"1", "10", "100"}
    assert any(item.get("IsReturnsItem") for item in lines)
    assert any(item["OrderPriceUnit"] != item["PurchaseOrderQuantityUnit"] for item in lines)
    assert any("NetPriceAmount" not in item or Decimal(item["NetPriceAmount"]) == 0 for item in lines)
    assert any(len(item.get("PurchaseOrderAccount", [])) == 2 for item in lines)
    assert any(len(item["PurchaseOrderSchedule"]) == 2 for item in lines)
    assert sum("LastChangeDateTime" not in order for order in orders) == 90
    stamps = [order["LastChangeDateTime"] for order in orders if "LastChangeDateTime" in order]
    assert max(stamps.count(stamp) for stamp in set(stamps)) > 10


def test_without_oddities_every_order_is_plain() -> None:
    state = world(oddities=0)
    assert {order["PurchasingProcessingStatus"] for order in state["PurchaseOrder"]} == {"02"}
    assert not any("PurchaseOrderDeletionCode" in order for order in state["PurchaseOrder"])
    assert not any("PurchasingIsBlocked" in supplier for supplier in state["Supplier"])


def test_net_amounts_follow_from_quantity_price_and_price_unit() -> None:
    for item in items(world(orders=1_000)):
        if item["PurchaseOrderItemCategory"] == "7":
            continue
        factor = Decimal(item["OrderPriceUnitToOrderUnitNmrtr"]) / Decimal(item["OrdPriceUnitToOrderUnitDnmntr"])
        price = Decimal(item.get("NetPriceAmount", "0")) / Decimal(item["NetPriceQuantity"])
        expected = (Decimal(item["OrderQuantity"]) * factor * price).quantize(Decimal("0.01"))
        assert Decimal(item.get("NetAmount", "0")) == expected


def test_bank_data_is_there_and_can_be_recognised_where_it_leaks() -> None:
    banks = [bank for row in world()["BusinessPartner"] for bank in row["BusinessPartnerBank"]]
    assert len(banks) == 40
    assert all(bank["BankAccount"].startswith("CANARY") for bank in banks)


def test_a_thousand_suppliers_have_a_thousand_names() -> None:
    state = world(suppliers=1_000, orders=0)
    assert len({row["SupplierName"] for row in state["Supplier"]}) == 1_000


def test_more_rows_are_added_behind_those_that_exist(sap_service: SapService) -> None:
    counts = sap_service.control("generate", {"seed": 11, "suppliers": 0, "orders": 1, "days": 0, "oddities": 0})
    assert counts["PurchaseOrder"] == 61
    newest = sap_service.rows(f"{ORDER_V4}/PurchaseOrder?$orderby=LastChangeDateTime desc&$top=1")[0]
    assert newest["PurchaseOrder"] == "4500000061"


def test_a_person_changes_rows_and_the_document_is_stamped(sap_service: SapService) -> None:
    sap_service.control("clock", {"now": NOW, "frozen": True})
    key = ["4500000030", "10"]
    change = {"entity": "A_PurchaseOrderItem", "key": key, "values": {"NetPriceAmount": "12.50"}}
    answer = sap_service.control("change", change)
    assert answer["changed"][0]["NetPriceAmount"] == "12.50"
    order = sap_service.get(f"{ORDER_V4}/PurchaseOrder('4500000030')")
    assert order["LastChangeDateTime"].startswith("2026-03-02T12:00:00.000000")
    partner = {"entity": "BusinessPartner", "key": "1000001", "values": {"SearchTerm1": "X"}}
    sap_service.control("change", partner)
    row = sap_service.get(f"{PARTNER}/A_BusinessPartner('1000001')")["d"]
    assert (row["LastChangeDate"], row["LastChangeTime"]) == ("/Date(1772409600000)/", "PT12H00M00S")


def test_a_change_of_a_supplier_block_does_not_stamp_the_partner(sap_service: SapService) -> None:
    before = sap_service.get(f"{PARTNER}/A_BusinessPartner('1000001')")["d"]["LastChangeDate"]
    block = {"entity": "A_Supplier", "key": "17300001", "values": {"PurchasingIsBlocked": True}}
    sap_service.control("change", block)
    after = sap_service.get(f"{PARTNER}/A_BusinessPartner('1000001')?$expand=to_Supplier")["d"]
    assert after["LastChangeDate"] == before
    assert after["to_Supplier"]["PurchasingIsBlocked"] is True


def test_rows_are_added_as_given_and_removed_without_a_trace(sap_service: SapService) -> None:
    line = {"values": {"AccountAssignmentNumber": "1", "CostCenter": "10101101"}}
    item = {"values": {"PurchaseOrderItem": "10"}, "kids": {"PurchaseOrderAccount": [line]}}
    order = {
        "entity": "PurchaseOrder",
        "values": {"PurchaseOrder": "4599999999"},
        "kids": {"PurchaseOrderItem": [item]},
    }
    sap_service.control("add", order)
    nested = "_PurchaseOrderItem($expand=_PurOrdAccountAssignment)"
    row = sap_service.get(f"{ORDER_V4}/PurchaseOrder('4599999999')?$expand={nested}")
    account = row["_PurchaseOrderItem"][0]["_PurOrdAccountAssignment"][0]
    assert (account["PurchaseOrder"], account["CostCenter"]) == ("4599999999", "10101101")
    second = {"entity": "PurchaseOrderItem", "below": "4599999999", "values": {"PurchaseOrderItem": "20"}}
    sap_service.control("add", second)
    path = f"{ORDER_V4}/PurchaseOrder('4599999999')"
    assert len(sap_service.rows(f"{path}/_PurchaseOrderItem")) == 2
    sap_service.control("remove", {"entity": "PurchaseOrder", "key": "4599999999"})
    assert sap_service.error(path)[0] == 404
    shown = sap_service.control("rows?entity=PurchaseOrder", method="GET")["rows"]
    assert len(shown) == 60


def test_control_calls_that_name_nothing_are_refused(sap_service: SapService) -> None:
    for name, body in (
        ("change", {"entity": "PurchaseOrder", "key": "nope", "values": {}}),
        ("change", {"entity": "Nope", "key": "1", "values": {}}),
        ("change", {"entity": "PurchaseOrder", "key": "4500000001", "values": {"Nope": 1}}),
        ("generate", {"colour": 1}),
    ):
        assert sap_service.send("POST", f"/_control/{name}", body).status == 400


def test_removing_and_changing_keeps_every_index_right(sap_service: SapService) -> None:
    for place in range(1, 31):
        key = str(4_500_000_000 + place)
        if place % 3:
            sap_service.control("change", {"entity": "PurchaseOrder", "key": key})
        else:
            sap_service.control("remove", {"entity": "PurchaseOrder", "key": key})
    store: Store = sap_service.simulator.store
    table = store["PurchaseOrder"]
    for index in table.indexes.values():
        entries = index.entries()
        assert len(entries) == len(table.rows) == 50
        assert [entry[:2] for entry in entries] == sorted(entry[:2] for entry in entries)
        assert all(index.form(row[index.column]) == value for value, _, row in entries)


def test_dates_without_a_zone_are_the_systems_own(sap_service: SapService) -> None:
    sap_service.control("clock", {"now": "2026-03-02T02:30:00Z", "frozen": True})
    sap_service.control("settings", {"zone_minutes": -480})
    sap_service.control("change", {"entity": "BusinessPartner", "key": "1000001"})
    row = sap_service.get(f"{PARTNER}/A_BusinessPartner('1000001')")["d"]
    assert (row["LastChangeDate"], row["LastChangeTime"]) == ("/Date(1772323200000)/", "PT18H30M00S")
