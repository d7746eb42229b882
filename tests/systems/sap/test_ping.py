"""A ping says per service what works, what is missing and what to do about it, and writes nothing."""

from __future__ import annotations

import pytest

from integrations.systems.sap.ping import ping
from integrations.systems.sap.reference import everything, key_of, lookup


def by_code(checks):
    return {check.code: check for check in checks}


def test_each_service_says_that_it_works_and_how_its_changes_are_found(sap):
    found = by_code(ping(sap.client(read_only=True)))
    assert found["sign-in"].ok
    assert found["service:purchase-order"].detail == "Works with OData V4; orders are read by time of change."
    assert found["service:business-partner"].detail == "Works with OData V2."
    assert found["service:cost-center"].detail == "Works with OData V4; can be written."
    assert found["clock"].name == "Clock"
    assert {line["method"] for line in sap.seen()} == {"GET"}


def test_a_missing_arrangement_is_named_with_its_number_and_what_to_do(sap):
    for name in ("API_PURCHASEORDER_2", "API_PURCHASEORDER_PROCESS_SRV"):
        sap.control("settings", {"arrangements": {name: "html"}})
    checks = list(ping(sap.client(read_only=True)))
    check = by_code(checks)["service:purchase-order"]
    assert not check.ok
    assert "SAP_COM_0053 (Purchase Order Integration)" in check.fix
    assert "Communication Arrangements" in check.fix
    assert by_code(checks)["service:business-partner"].ok


def test_a_host_at_which_nothing_answers_is_one_line(sap):
    sap.url = "http://127.0.0.1:9"
    (check,) = ping(sap.client(read_only=True))
    assert (check.name, check.ok, check.code) == ("Reaching it", False, "unreachable")
    assert "Check the host and the port" in check.fix


def test_a_wrong_password_is_one_line_and_no_further_try(sap):
    checks = list(ping(sap.client(read_only=True, password="canary-wrong")))
    assert [(check.name, check.ok) for check in checks] == [("Signing in", False)]
    assert len(sap.seen()) <= 2
    assert "canary" not in repr(checks)


def test_a_wrong_client_secret_is_one_line(sap):
    checks = list(ping(sap.client(read_only=True, auth_method="oauth", password="canary-wrong")))
    assert [(check.name, check.ok) for check in checks] == [("Signing in", False)]


def test_a_read_only_cost_center_service_is_told(sap):
    sap.control("settings", {"arrangements": {"API_COST_CENTER": "unknown"}})
    check = by_code(ping(sap.client(read_only=True)))["service:cost-center"]
    assert check.detail == "Works with OData V2; read only, all of them are compared every time."


def test_an_older_release_says_what_it_lacks(sap):
    sap.control("settings", {"release": "2021"})
    details = " ".join(check.detail for check in ping(sap.client(read_only=True)) if check.ok)
    assert "Works with OData" in details


def test_clocks_that_differ_are_told(sap):
    sap.control("clock", {"now": "2020-01-01T00:00:00Z", "frozen": True})
    clock = by_code(ping(sap.client(read_only=True)))["clock"]
    assert not clock.ok
    assert clock.fix


def test_a_ping_learns_the_services_anew(sap):
    client = sap.client(read_only=True)
    client.capabilities["services"] = {"purchase-order": {"version": "v2"}}
    list(ping(client))
    assert client.capabilities["services"]["purchase-order"]["version"] == "v4"


def test_reference_data_is_found_by_key_and_as_a_whole(sap):
    client = sap.client(read_only=True)
    for kind in ("company-code", "purchasing-organization", "purchasing-group", "cost-center"):
        rows = everything(client, kind)
        assert rows
        key = key_of(kind, rows[0])
        assert list(lookup(client, kind, [key, "nil"])) == [key]


@pytest.mark.parametrize("release", ["cloud", "2021"])
def test_requisitions_are_found_by_number_with_the_marks_of_their_items(sap, release):
    sap.control("settings", {"release": release})
    item = {"material": "HV-10001", "values": {"PurReqnExternalReference": "PR-MLQK2D4VXABC"}}
    number = sap.control("requisition", {"supplier": "17300001", "items": [item]})["requisition"]
    found = lookup(sap.client(), "requisition", [number, "19999999"])
    assert list(found) == [number]
    assert [row["PurReqnExternalReference"] for row in found[number]["items"]] == ["PR-MLQK2D4VXABC"]


def test_cost_centers_look_the_same_in_both_versions(sap):
    v4 = {row["CostCenter"]: row for row in everything(sap.client(), "cost-center")}
    sap.control("settings", {"arrangements": {"API_COST_CENTER": "unknown"}})
    v2 = {row["CostCenter"]: row for row in everything(sap.client(), "cost-center")}
    assert v4.keys() == v2.keys()
    names = ("CostCenterName", "CostCenterDescription", "CompanyCode", "ControllingArea", "ValidityEndDate")
    assert {key: [row[name] for name in names] for key, row in v4.items()} == {
        key: [row[name] for name in names] for key, row in v2.items()
    }


def test_a_system_without_the_company_codes_that_were_named_may_be_another_one(sap):
    (right,) = [check for check in ping(sap.client(company_codes="1710, 1720")) if check.code == "company-codes"]
    assert (right.ok, right.detail) == (True, "It has the company codes 1710, 1720.")
    (wrong,) = [check for check in ping(sap.client(company_codes="1710,9999")) if check.code == "company-codes"]
    assert not wrong.ok
    assert wrong.detail == ("It has no company code 9999: this may be another system than the one that was meant.")
    assert "company-codes" not in by_code(ping(sap.client()))
