"""Reference data: what can be written of it, and how it is found."""

from __future__ import annotations

import pytest

from simulators.servicetitan.simulator import ServiceTitan
from tests.simulators.servicetitan_service import GUID, OTHER_GUID, Service

PAIR = {"applicationGuid": GUID, "externalData": [{"key": "sap-cost-center", "value": "10101101"}]}


def _types(service: Service) -> dict[str, bool]:
    return {row["name"]: row["automaticallyReceive"] for row in service.rows("inventory/purchase-order-types")}


def test_business_units_take_external_data_and_nothing_else(service: Service) -> None:
    unit = service.rows("settings/business-units")[0]
    body = {"name": "Renamed", "externalData": PAIR}
    assert service.ok("PATCH", f"settings/business-units/{unit['id']}", body) == {"id": unit["id"]}
    row = service.rows(f"settings/business-units?ids={unit['id']}&externalDataApplicationGuid={GUID}")[0]
    assert (row["name"], row["externalData"]) == (unit["name"], PAIR["externalData"])
    other = service.ok("GET", f"settings/business-units/{unit['id']}?externalDataApplicationGuid={OTHER_GUID}")
    assert other["externalData"] == []
    assert service.control("GET", "log")["ignored"] == {"UpdateBusinessUnitRequest.name": 1}


def test_business_units_cannot_be_created_or_found_by_external_data(service: Service) -> None:
    assert service.send("POST", "settings/business-units", {"name": "New"}).status == 404
    query = f"externalDataApplicationGuid={GUID}&externalDataKey=sap-cost-center&externalDataValues=10101101"
    assert len(service.rows(f"settings/business-units?{query}")) == 12


def test_a_renamed_business_unit_shows_in_the_feed(service: Service) -> None:
    token = service.ok("GET", "settings/export/business-units")["continueFrom"]
    unit = service.ids("settings/business-units")[0]
    service.edit("business-units", unit, name="HVAC North", active=False)
    (row,) = service.ok("GET", f"settings/export/business-units?from={token}")["data"]
    assert (row["id"], row["name"], row["active"]) == (unit, "HVAC North", False)
    assert len(service.rows("settings/business-units")) == 11


def test_names_of_business_units_match_in_part(service: Service) -> None:
    names = [row["name"] for row in service.rows("settings/business-units?name=hvac")]
    assert names == ["HVAC Service 01", "HVAC Install 02", "HVAC Service 07", "HVAC Install 08"]


@pytest.mark.parametrize("resource", ["warehouses", "trucks"])
def test_locations_have_no_get_by_id_and_are_found_by_ids(service: Service, resource: str) -> None:
    number = service.ids(f"inventory/{resource}")[0]
    assert service.send("GET", f"inventory/{resource}/{number}").status == 404
    assert service.ids(f"inventory/{resource}?ids={number}") == [number]


def test_jobs_are_filtered_by_number_and_state_under_its_own_name(service: Service) -> None:
    assert [row["jobNumber"] for row in service.rows("jpm/jobs?number=2005")] == ["2005"]
    assert [row["jobNumber"] for row in service.rows("jpm/jobs?jobStatus=Completed")] == ["2060"]
    assert len(service.rows("jpm/jobs?status=Completed")) == 50
    assert service.control("GET", "log")["ignored"] == {"Jobs_GetList?status": 1}


def test_jobs_are_found_by_external_data(service: Service) -> None:
    job = service.simulator.tenants[1001]["jobs"].rows[service.ids("jpm/jobs?number=2005")[0]]
    service.simulator.tenants[1001]["jobs"].change(job, {}, external={GUID: {"k": "v"}})
    query = f"externalDataApplicationGuid={GUID}&externalDataKey=k&externalDataValues=v"
    assert service.ids(f"jpm/jobs?{query}") == [job.id]


def test_order_types_can_be_changed_and_hide_when_inactive(service: Service) -> None:
    assert _types(service) == {"SAP Purchase Order": False, "Auto Receive": True, "Stock": False}
    stock = service.ids("inventory/purchase-order-types")[2]
    service.ok("PATCH", f"inventory/purchase-order-types/{stock}", {"active": False})
    assert _types(service) == {"SAP Purchase Order": False, "Auto Receive": True}


def test_a_new_material_comes_back_whole_and_its_code_is_taken(service: Service) -> None:
    body = {"code": "HV-20001", "description": "Copper pipe", "cost": 12.5}
    answer = service.send("POST", "pricebook/materials", body)
    assert (answer.status, answer.json()["code"], float(answer.json()["cost"])) == (201, "HV-20001", 12.5)
    assert set(service.errors("POST", "pricebook/materials", body)) == {"code"}
    assert service.order(items=[service.line(answer.json()["id"])])


def test_a_tenant_can_be_made_small() -> None:
    service = Service(ServiceTitan(7, [1001], materials=20))
    codes = [row["code"] for row in service.rows("pricebook/materials?active=Any")]
    assert len(codes) == 21
    assert codes[-2:] == ["SERVICE-LINE", "HV-18001"]
