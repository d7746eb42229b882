"""Vendors: required members, renamed and write-only ones, external data, names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulators.servicetitan_service import ADDRESS, GUID, OTHER_GUID, VENDOR, Service


def _pairs(service: Service, number: int, guid: str = GUID) -> dict[str, str]:
    row = service.ok("GET", f"inventory/vendors/{number}?externalDataApplicationGuid={guid}")
    return {pair["key"]: pair["value"] for pair in row["externalData"]}


def _external(mode: str | None, **pairs: str | None) -> dict[str, Any]:
    data = [{"key": key.replace("_", "-"), "value": value} for key, value in pairs.items()]
    body: dict[str, Any] = {"applicationGuid": GUID, "externalData": data}
    return {"externalData": {**body, "patchMode": mode} if mode else body}


@pytest.mark.parametrize("member", sorted(VENDOR))
def test_each_required_member_is_demanded_by_name(service: Service, member: str) -> None:
    body = {name: value for name, value in VENDOR.items() if name != member}
    assert service.errors("POST", "inventory/vendors", body) == {member: [f"The {member} field is required."]}


def test_a_wrong_type_is_a_400_that_names_the_member(service: Service) -> None:
    errors = service.errors("POST", "inventory/vendors", {**VENDOR, "active": "yes", "address": {**ADDRESS, "zip": 1}})
    assert errors == {
        "active": ["The value of active could not be converted to boolean."],
        "address.zip": ["The value of zip could not be converted to string."],
    }


def test_a_create_answers_only_the_id(service: Service) -> None:
    answer = service.send("POST", "inventory/vendors", VENDOR)
    assert (answer.status, set(answer.json())) == (200, {"id"})


def test_members_come_back_under_other_names_and_some_never(service: Service) -> None:
    term = service.ids("accounting/payment-terms")[0]
    more: dict[str, Any] = {
        "taxRate": 8.25,
        "restrictedMobileCreation": True,
        "phone": "650-555-0100",
        "paymentTermId": term,
    }
    number = service.vendor(**more, tags=[{"tagTypeId": 1}])
    row = service.ok("GET", f"inventory/vendors/{number}")
    assert (float(row["defaultTaxRate"]), row["isMobileCreationRestricted"]) == (8.25, True)
    assert row["contactInfo"] == {"firstName": "", "lastName": "", "phone": "650-555-0100", "email": "", "fax": ""}
    assert not {"taxRate", "phone", "paymentTermId", "tags", "vendorContacts"} & set(row)


def test_unknown_members_vanish_with_200_and_are_recorded(service: Service) -> None:
    number = service.vendor(vatNumber="DE123")
    assert "vatNumber" not in service.ok("GET", f"inventory/vendors/{number}")
    assert service.control("GET", "log")["ignored"] == {"CreateVendorRequest.vatNumber": 1}


def test_a_patch_changes_only_what_it_names(service: Service) -> None:
    number = service.vendor(memo="first")
    service.ok("PATCH", f"inventory/vendors/{number}", {"active": False, "email": "a@b.example"})
    row = service.ok("GET", f"inventory/vendors/{number}")
    assert (row["active"], row["memo"], row["name"]) == (False, "first", "Copper and Sons")
    assert row["contactInfo"]["email"] == "a@b.example"


def test_null_where_a_patch_does_not_allow_it_is_refused(service: Service) -> None:
    assert set(service.errors("PATCH", f"inventory/vendors/{service.vendor()}", {"name": None})) == {"name"}


def test_external_data_is_invisible_without_the_guid_and_to_other_applications(service: Service) -> None:
    number = service.vendor("17300009")
    assert service.ok("GET", f"inventory/vendors/{number}")["externalData"] == []
    assert _pairs(service, number, OTHER_GUID) == {}
    assert _pairs(service, number) == {"sap-supplier": "17300009"}


def test_replace_is_the_default_and_drops_our_other_keys(service: Service) -> None:
    number = service.vendor()
    service.ok("PATCH", f"inventory/vendors/{number}", _external(None, other="1"))
    assert _pairs(service, number) == {"other": "1"}


def test_merge_changes_only_named_keys_and_null_deletes(service: Service) -> None:
    number = service.vendor()
    service.ok("PATCH", f"inventory/vendors/{number}", _external("Merge", other="1"))
    assert _pairs(service, number) == {"sap-supplier": "17300001", "other": "1"}
    service.ok("PATCH", f"inventory/vendors/{number}", _external("Merge", sap_supplier=None))
    assert _pairs(service, number) == {"other": "1"}


def test_vendors_are_found_by_external_data_of_one_application(service: Service) -> None:
    first, second = service.vendor("17300001"), service.vendor("17300002")
    query = "externalDataKey=sap-supplier&externalDataValues=17300002,17300001,17300003"
    found = service.ids(f"inventory/vendors?externalDataApplicationGuid={GUID}&{query}")
    assert found == [first, second]
    assert service.ids(f"inventory/vendors?externalDataApplicationGuid={OTHER_GUID}&{query}") == []


def test_key_and_values_go_together_and_at_most_fifty(service: Service) -> None:
    path = f"inventory/vendors?externalDataApplicationGuid={GUID}&externalDataKey=sap-supplier"
    assert set(service.errors("GET", path)) == {"ExternalDataKey"}
    values = ",".join(str(it) for it in range(51))
    assert set(service.errors("GET", f"{path}&externalDataValues={values}")) == {"ExternalDataValues"}


def test_ids_are_a_repeated_parameter_here(service: Service) -> None:
    first, second = service.vendor("1"), service.vendor("2")
    assert service.ids(f"inventory/vendors?ids={first}&ids={second}") == [first, second]
    assert set(service.errors("GET", f"inventory/vendors?ids={first},{second}")) == {"Ids"}


def test_a_name_filter_does_not_exist_and_returns_the_unfiltered_page(service: Service) -> None:
    number = service.vendor()
    assert service.ids("inventory/vendors?name=Somebody%20else") == [number]
    assert service.control("GET", "log")["ignored"] == {"Vendors_GetList?name": 1}


def test_duplicate_names_are_accepted_or_refused_as_switched(service: Service) -> None:
    service.vendor()
    service.vendor("17300002")
    service.switch(duplicate_names="refuse")
    errors = service.errors("POST", "inventory/vendors", {**VENDOR, "name": " copper AND sons "})
    assert list(errors) == ["Name"]


def test_empty_address_members_are_accepted_or_refused_as_switched(service: Service) -> None:
    assert service.send("POST", "inventory/vendors", VENDOR).status == 200
    service.switch(empty_address_members="refuse")
    assert list(service.errors("POST", "inventory/vendors", VENDOR)) == ["Address.unit"]


@pytest.mark.parametrize("touches", [True, False])
def test_a_change_of_external_data_alone_moves_modified_on_or_not(service: Service, touches: bool) -> None:
    service.control("POST", "clock", {"now": "2026-01-31T08:00:00Z", "frozen": True})
    service.switch(external_data_touches=touches)
    number = service.vendor()
    service.control("POST", "clock", {"advance": 60})
    service.ok("PATCH", f"inventory/vendors/{number}", _external("Merge", other="1"))
    modified = service.ok("GET", f"inventory/vendors/{number}")["modifiedOn"]
    assert modified == ("2026-01-31T08:01:00Z" if touches else "2026-01-31T08:00:00Z")


def test_custom_fields_are_set_by_name_and_only_those_the_tenant_has(service: Service) -> None:
    number = service.vendor()
    operation = {"objectId": number, "customFields": [{"name": "SAP Supplier", "value": "17300001"}]}
    assert service.send("PATCH", "inventory/vendors/custom-fields", {"operations": [operation]}).status == 200
    (field,) = service.ok("GET", f"inventory/vendors/{number}")["customFields"]
    assert (field["name"], field["value"]) == ("SAP Supplier", "17300001")
    assert service.ids("inventory/vendors?customField.Fields[SAP%20Supplier]=17300001") == [number]
    assert service.ids("inventory/vendors?customField.Fields[SAP%20Supplier]=17300002") == []
    operation["customFields"] = [{"name": "Nonsense", "value": "1"}]
    assert set(service.errors("PATCH", "inventory/vendors/custom-fields", {"operations": [operation]})) == {
        "customFields"
    }


def test_an_unknown_payment_term_is_refused(service: Service) -> None:
    assert set(service.errors("POST", "inventory/vendors", {**VENDOR, "paymentTermId": 1})) == {"paymentTermId"}
