"""Partners, cost centers and requisitions written to the SAP simulator, and what is read only."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulators.sap_service import (
    CENTER_V2,
    CENTER_V4,
    INVOICE,
    PARTNER,
    REQUISITION_V2,
    REQUISITION_V4,
    SapService,
    refusal,
)

ACTION = "A_CostCenter_2/com.sap.gateway.srvd_a2x.api_cost_center.v0001"


def partner(**values: Any) -> dict[str, Any]:
    company = {"CompanyCode": "1710", "ReconciliationAccount": "21100000", "PaymentTerms": "NT30"}
    purchasing = {"PurchasingOrganization": "1710", "PurchaseOrderCurrency": "USD"}
    email = {"results": [{"EmailAddress": "ap@acme.example"}]}
    return {
        "BusinessPartnerCategory": "2",
        "BusinessPartnerGrouping": "BP02",
        "OrganizationBPName1": "Acme Pipe",
        "SearchTerm1": "acme",
        "BusinessPartnerIDByExtSystem": "ST-1001-77",
        "to_BusinessPartnerAddress": [{"Country": "US", "CityName": "Reno", "to_EmailAddress": email}],
        "to_BusinessPartnerRole": [{"BusinessPartnerRole": "FLVN00"}, {"BusinessPartnerRole": "FLVN01"}],
        "to_BusinessPartnerTax": [{"BPTaxType": "US1", "BPTaxNumber": "12-3456789"}],
        "to_Supplier": {"to_SupplierCompany": [company], "to_SupplierPurchasingOrg": [purchasing]},
        **values,
    }


def test_a_new_partner_is_echoed_with_empty_server_fields_and_complete_when_read(sap_service: SapService) -> None:
    answer = sap_service.write("POST", PARTNER, "A_BusinessPartner", partner())
    assert answer.status == 201
    echo = answer.json()["d"]
    assert (echo["BusinessPartner"], echo["Supplier"], echo["CreationDate"]) == ("1000021", "", None)
    assert echo["to_BusinessPartnerAddress"]["results"][0]["AddressID"] == ""
    assert echo["to_Supplier"]["to_SupplierCompany"]["results"][0]["Supplier"] == ""
    address, company = "to_BusinessPartnerAddress", "to_Supplier/to_SupplierCompany"
    expand = f"{address}/to_EmailAddress,{address}/to_AddressUsage,{company}"
    row = sap_service.get(f"{PARTNER}/A_BusinessPartner('1000021')?$expand={expand}")["d"]
    assert (row["Supplier"], row["SearchTerm1"], row["LastChangeDate"]) == ("17300021", "ACME", None)
    assert row["CreationDate"] is not None
    stored = row["to_BusinessPartnerAddress"]["results"][0]
    assert stored["AddressID"] != ""
    assert stored["to_EmailAddress"]["results"][0]["OrdinalNumber"] == "1"
    assert stored["to_AddressUsage"]["results"][0]["AddressUsage"] == "XXDEFAULT"
    assert row["to_Supplier"]["to_SupplierCompany"]["results"][0]["ReconciliationAccount"] == "21100000"
    found = sap_service.rows(f"{PARTNER}/A_BusinessPartner?$filter=BusinessPartnerIDByExtSystem eq 'ST-1001-77'")
    assert [each["BusinessPartner"] for each in found] == ["1000021"]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"BusinessPartnerCategory": "9"}, "R11/124"),
        ({"BusinessPartnerGrouping": "ZZZZ"}, "R1/215"),
        ({"BusinessPartnerGrouping": "BPEE"}, "00/055"),
        ({"BusinessPartnerGrouping": "BPEE", "BusinessPartner": "1000001"}, "R1/102"),
        ({"OrganizationBPName1": ""}, "00/055"),
        ({"to_BusinessPartnerAddress": [{"CityName": "Reno"}]}, "AM/228"),
        ({"to_BusinessPartnerRole": []}, "CVI_API/003"),
        ({"to_BusinessPartnerRole": [{"BusinessPartnerRole": "FLVN01"}]}, "CVI_API/003"),
        ({"to_Supplier": {"to_SupplierCompany": [{"CompanyCode": "1710"}]}}, "CVI_API/003"),
        ({"to_Supplier": {"to_SupplierPurchasingOrg": [{"PurchasingOrganization": "9999"}]}}, "ME/303"),
    ],
)
def test_a_partner_is_refused_whole(sap_service: SapService, values: dict[str, Any], code: str) -> None:
    status, found, _ = refusal(sap_service, PARTNER, "A_BusinessPartner", partner(**values))
    assert (status, found) == (400, code)
    assert len(sap_service.simulator.store["BusinessPartner"].rows) == 20
    assert len(sap_service.simulator.store["Supplier"].rows) == 20


def test_a_partner_is_changed_but_not_its_category_and_never_deleted(sap_service: SapService) -> None:
    path = "A_BusinessPartner('1000001')"
    assert sap_service.write("PATCH", PARTNER, path, {"OrganizationBPName1": "New Name"}).status == 204
    row = sap_service.get(f"{PARTNER}/{path}?$expand=to_Supplier")["d"]
    assert (row["BusinessPartnerFullName"], row["to_Supplier"]["SupplierName"]) == ("New Name", "New Name")
    body = {"BusinessPartnerCategory": "1"}
    assert refusal(sap_service, PARTNER, path, body, "PATCH")[:2] == (400, "R11/190")
    assert refusal(sap_service, PARTNER, path, None, "DELETE")[:2] == (400, "CI_DRAFTBP_MESSAGE/032")


def test_roles_and_company_data_are_added_later(sap_service: SapService) -> None:
    plain = {"BusinessPartnerCategory": "2", "BusinessPartnerGrouping": "BP02", "OrganizationBPName1": "Later Inc"}
    sap_service.write("POST", PARTNER, "A_BusinessPartner", plain)
    path = f"{PARTNER}/A_BusinessPartner('1000021')"
    assert sap_service.get(path)["d"]["Supplier"] == ""
    role = {"BusinessPartner": "1000021", "BusinessPartnerRole": "FLVN00"}
    assert sap_service.write("POST", PARTNER, "A_BusinessPartnerRole", role).status == 201
    assert sap_service.get(path)["d"]["Supplier"] == "17300021"
    company = {"Supplier": "17300021", "CompanyCode": "1710", "ReconciliationAccount": "21100000"}
    assert sap_service.write("POST", PARTNER, "A_SupplierCompany", company).status == 201
    assert refusal(sap_service, PARTNER, "A_SupplierCompany", company)[:2] == (400, "CVI_API/001")
    key = "A_SupplierCompany(Supplier='17300021',CompanyCode='1710')"
    assert sap_service.write("PATCH", PARTNER, key, {"PaymentTerms": "NT60"}).status == 204
    assert sap_service.get(f"{PARTNER}/{key}")["d"]["PaymentTerms"] == "NT60"


@pytest.mark.parametrize("path", ["A_AddressEmailAddress", "A_BusinessPartnerAddress({})/to_EmailAddress"])
def test_an_email_is_added_to_an_address_by_its_number_alone(sap_service: SapService, path: str) -> None:
    address = sap_service.rows(f"{PARTNER}/A_BusinessPartnerAddress?$filter=BusinessPartner eq '1000001'")[0]
    number = address["AddressID"]
    path = path.format(f"BusinessPartner='1000001',AddressID='{number}'")
    body = {"AddressID": number, "Person": "", "EmailAddress": "second@acme.example"}
    assert sap_service.write("POST", PARTNER, path, body).status == 201
    found = sap_service.rows(f"{PARTNER}/A_AddressEmailAddress?$filter=AddressID eq '{number}'")
    assert [row["EmailAddress"] for row in found][1:] == ["second@acme.example"]
    if "(" not in path:
        assert refusal(sap_service, PARTNER, path, {**body, "AddressID": "99999"})[0] == 404


def test_a_supplier_is_not_creatable_by_itself(sap_service: SapService) -> None:
    status, code, _ = refusal(sap_service, PARTNER, "A_Supplier", {"Supplier": "1"})
    assert (status, code) == (405, "CX_SADL_ENTITY_CUD_DISABLED")


def test_read_only_services_refuse_every_write(sap_service: SapService) -> None:
    assert refusal(sap_service, CENTER_V2, "A_CostCenter", {})[0] == 405
    sap_service.control("invoice", {"order": "4500000030", "number": "X-1"})
    key = "A_SupplierInvoice(SupplierInvoice='5100000001',FiscalYear='2026')"
    body = {"PaymentBlockingReason": "R"}
    status, code, _ = refusal(sap_service, INVOICE, key, body, "PATCH")
    assert (status, code) == (405, "CX_SADL_ENTITY_CUD_DISABLED")


def period(**values: Any) -> dict[str, Any]:
    return {
        "ControllingArea": "A000",
        "CostCenter": "10101150",
        "ValidityStartDate": "2026-01-01",
        "ValidityEndDate": "9999-12-31",
        "CostCenterName": "Gutters 50",
        "CostCenterDescription": "Gutters",
        "CompanyCode": "1710",
        "CostCenterCategory": "F",
        "CostCtrResponsiblePersonName": "Dana Reyes",
        "CostCenterStandardHierArea": "0001",
        **values,
    }


def test_a_cost_center_is_created_renamed_and_ended(sap_service: SapService) -> None:
    made = sap_service.write("POST", CENTER_V4, f"{ACTION}.CreateValidityPeriod", period())
    assert (made.status, made.json()["CostCenterName"]) == (200, "Gutters 50")
    key = "A_CostCenter_2(ControllingArea='A000',CostCenter='10101150',ValidityEndDate={})"
    path = key.format("9999-12-31")
    assert sap_service.write("PATCH", CENTER_V4, path, {"CostCenterName": "Gutters"}).status == 204
    row = sap_service.get(f"{CENTER_V4}/{path}?$expand=_CostCenterText")
    assert [text["CostCenterName"] for text in row["_CostCenterText"]] == ["Gutters"]
    cut = {"CostCenter": "10101150", "ValidityEndDate": "9999-12-31", "NewValidityEndDate": "2026-06-30"}
    assert sap_service.write("POST", CENTER_V4, f"{ACTION}.UpdateValidityPeriod", cut).status == 200
    assert sap_service.error(f"{CENTER_V4}/{path}")[0] == 404
    assert sap_service.get(f"{CENTER_V4}/{key.format('2026-06-30')}")["CostCenterName"] == "Gutters"
    german = {"Language": "DE", "CostCenterName": "Rinnen"}
    assert sap_service.write("POST", CENTER_V4, f"{key.format('2026-06-30')}/_CostCenterText", german).status == 201


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"CostCenterName": ""}, "00/055"),
        ({"CompanyCode": "9999"}, "ME/303"),
        ({"ValidityEndDate": "2025-01-01"}, "KS/015"),
        ({"CostCenter": "10101101"}, "KS/016"),
        ({"CostCenterName": "A name longer than twenty"}, "/IWBEP/CM_MGW_RT/176"),
        ({"BusinessArea": "X"}, "/IWBEP/CM_MGW_RT/022"),
    ],
)
def test_a_cost_center_is_refused(sap_service: SapService, values: dict[str, Any], code: str) -> None:
    path = f"{ACTION}.CreateValidityPeriod"
    assert refusal(sap_service, CENTER_V4, path, period(**values))[:2] == (400, code)


def test_the_number_of_a_cost_center_cannot_be_posted(sap_service: SapService) -> None:
    assert refusal(sap_service, CENTER_V4, "A_CostCenter_2", period())[0] == 405


def requested(**header: Any) -> dict[str, Any]:
    item = {
        "Plant": "1710",
        "Material": "HV-10001",
        "RequestedQuantity": 3,
        "AccountAssignmentCategory": "K",
        "PurReqnExternalReference": "ML7K2Q4XW9ZB",
        "_PurchaseReqnAcctAssgmt": [{"CostCenter": "10101101"}],
    }
    return {"PurchaseRequisitionType": "NB", "_PurchaseRequisitionItem": [item], **header}


def test_a_requisition_is_created_and_found_by_our_reference(sap_service: SapService) -> None:
    answer = sap_service.write("POST", REQUISITION_V4, "PurchaseReqn", requested())
    assert (answer.status, answer.json()["PurchaseRequisition"]) == (201, "10000001")
    filter_ = "$filter=PurReqnExternalReference eq 'ML7K2Q4XW9ZB'"
    rows = sap_service.rows(f"{REQUISITION_V2}/A_PurchaseRequisitionItem?{filter_}&$expand=to_PurchaseReqnAcctAssgmt")
    assert (rows[0]["RequestedQuantity"], rows[0]["IsDeleted"], rows[0]["PurchasingDocumentItem"]) == ("3", "", "0")
    assert rows[0]["to_PurchaseReqnAcctAssgmt"]["results"][0]["CostCenter"] == "10101101"
    assert rows[0]["LastChangeDateTime"] is not None


def test_a_requisition_may_be_checked_without_being_created(sap_service: SapService) -> None:
    body = requested(PurReqnDoOnlyValidation=True)
    assert sap_service.write("POST", REQUISITION_V4, "PurchaseReqn", body).status == 201
    assert sap_service.rows(f"{REQUISITION_V4}/PurchaseReqn") == []


def test_changing_a_requisition_in_v4_needs_its_tag(sap_service: SapService) -> None:
    sap_service.write("POST", REQUISITION_V4, "PurchaseReqn", requested())
    path = "PurchaseReqnItem(PurchaseRequisition='10000001',PurchaseRequisitionItem='10')"
    tag = sap_service.get(f"{REQUISITION_V4}/{path}")["@odata.etag"]
    body = {"RequestedQuantity": 5}
    assert sap_service.write("PATCH", REQUISITION_V4, path, body).status == 428
    assert sap_service.write("PATCH", REQUISITION_V4, path, body, if_match='W/"old"').status == 412
    assert sap_service.write("PATCH", REQUISITION_V4, path, body, if_match=tag).status == 204
    assert sap_service.write("PATCH", REQUISITION_V4, path, body, if_match=tag).status == 412
    assert sap_service.get(f"{REQUISITION_V4}/{path}")["RequestedQuantity"] == 5


def test_a_requisition_is_discarded_by_its_action(sap_service: SapService) -> None:
    sap_service.write("POST", REQUISITION_V4, "PurchaseReqn", requested())
    action = "PurchaseReqn('10000001')/SAP__self.DiscardPurReqFromPurchasing"
    assert sap_service.write("POST", REQUISITION_V4, action, {}).status == 204
    assert sap_service.rows(f"{REQUISITION_V4}/PurchaseReqnItem")[0]["IsDeleted"] is True
