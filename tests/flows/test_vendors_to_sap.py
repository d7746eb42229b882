"""How a vendor of ServiceTitan becomes, matches and changes a supplier of SAP."""

from __future__ import annotations

import copy
from typing import Any, cast

import pytest

from integrations.errors import Awaiting, Misconfigured, NeedsPerson, NotTransferable, Unmapped
from integrations.flow import Linked, Plan, Situation
from integrations.flows.vendors import FLOW as DOWN
from integrations.flows.vendors_to_sap import FLOW
from tests.flows.both_books import DEFAULTS, Asked, Books, new_titan
from tests.flows.rows import sap_address, sap_supplier

ACME = {
    "name": "Acme Valves & Fittings",
    "phone": "(775) 555-0142",
    "email": "Orders@acme.example",
    "address": {"street": "12 Mill St", "unit": "B", "city": "Reno", "state": "NV", "zip": "89501", "country": "USA"},
}
MARK = "IHFQ3P6S4U3N"


def vendor(**values: Any) -> dict[str, Any]:
    return new_titan(501, **{**copy.deepcopy(ACME), **values})


def twin_of(**values: Any) -> dict[str, Any]:
    """The supplier of SAP that is the same as `vendor()`."""
    contact = {"Person": "", "OrdinalNumber": "1"}
    place = sap_address(
        StreetName="Mill St", HouseNumber="12", HouseNumberSupplementText="B", CityName="Reno", Region="NV",
        PostalCode="89501", phones=[{"PhoneNumber": "775 555 0142", **contact}],
        emails=[{"EmailAddress": "orders@acme.example", **contact}],
    )  # fmt: skip
    row = sap_supplier(OrganizationBPName1="Acme Valves & Fittings", BusinessPartner="1000001", addresses=[place])
    return {**row, **values}


def plan(
    row: dict[str, Any],
    *,
    there: dict[str, Any] | None = None,
    known: tuple[dict[str, Any], ...] = (),
    agreed: dict[str, Any] | None = None,
    maps: dict[str, str] | None = None,
    **options: Any,
) -> Plan:
    """What the flow plans for a vendor; `there` is the linked partner, `agreed` what was agreed on before."""
    books = Books({}, sap={p["BusinessPartner"]: p for p in ([there] if there else known)}, titan={"501": row})
    if agreed is not None:
        books.links[FLOW.name, "501#agreed"] = Linked("1000001#agreed", agreed, {})
    linked = Linked(there["BusinessPartner"], {}, {}) if there else None
    situation = Situation(
        lookups=cast(Any, Answered(books, maps or {})), options={**FLOW.options, **DEFAULTS, **options}, marker=MARK,
        linked=linked, current=there, candidates=known,
    )  # fmt: skip
    return FLOW.plan(FLOW.record(row), situation)


class Answered(Asked):
    """With a person's answers about suppliers that look alike."""

    def __init__(self, books: Books, answers: dict[str, str]) -> None:
        super().__init__(books)
        self.answers = answers

    def mapped_or(self, value_map: str, key: str, default: str) -> str:
        return self.answers.get(key, default)


def agreed_with(row: dict[str, Any]) -> dict[str, Any]:
    return dict(FLOW.observe(row))


def test_an_unknown_vendor_is_created_as_a_supplier_with_the_customers_defaults():
    (write,) = plan(vendor(), payment_terms="NT30").writes
    assert (write.action, write.key, write.marker) == ("create", "", MARK)
    assert write.body == {
        "BusinessPartnerCategory": "2",
        "BusinessPartnerGrouping": "BP02",
        "OrganizationBPName1": "Acme Valves & Fittings",
        "SearchTerm1": "ACME VALVES & FITTIN",
        "CorrespondenceLanguage": "EN",
        "addresses": [
            {
                "StreetName": "Mill St", "HouseNumber": "12", "HouseNumberSupplementText": "B", "POBox": "",
                "CityName": "Reno", "PostalCode": "89501", "Region": "NV", "Country": "US", "Language": "EN",
                "phones": [{"PhoneNumber": "(775) 555-0142", "PhoneNumberType": "1"}],
                "emails": [{"EmailAddress": "Orders@acme.example"}],
            }
        ],
        "roles": [{"BusinessPartnerRole": "FLVN00"}, {"BusinessPartnerRole": "FLVN01"}],
        "supplier": {
            "companies": [{"CompanyCode": "1710", "ReconciliationAccount": "21100000", "PaymentTerms": "NT30"}],
            "purchasing_organizations": [
                {"PurchasingOrganization": "1710", "PurchaseOrderCurrency": "USD", "PaymentTerms": "NT30"}
            ],
        },
    }  # fmt: skip
    assert write.expect == agreed_with(twin_of())


def test_an_inactive_vendor_that_sap_does_not_know_is_not_created():
    with pytest.raises(NotTransferable) as caught:
        plan(vendor(active=False))
    assert caught.value.code == "inactive"


@pytest.mark.parametrize("option", ["grouping", "company_code", "reconciliation_account", "currency"])
def test_a_default_that_is_missing_is_named(option):
    with pytest.raises(Misconfigured) as caught:
        plan(vendor(), **dict[str, Any]({option: ""}))
    assert option in caught.value.message


@pytest.mark.parametrize("owners", [{"fax": "sap"}, {"name": "nobody"}])
def test_an_owner_that_does_not_exist_is_refused(owners):
    with pytest.raises(Misconfigured) as caught:
        plan(vendor(), owners=owners)
    assert caught.value.code == "bad-option"


def test_the_same_company_is_taken_over_and_nothing_is_written():
    found = plan(vendor(), known=(twin_of(),))
    assert (found.adopt, found.writes) == ("1000001", ())
    assert [(bond.flow, bond.source_key, bond.target_key) for bond in found.links] == [
        ("vendors", "17300001", "501"),
        ("vendors-to-sap", "501", "1000001"),
        ("vendors-to-sap", "501#agreed", "1000001#agreed"),
    ]


def test_a_similar_supplier_asks_a_person_whose_answer_settles_it():
    other = twin_of(OrganizationBPName1="Acme Valve and Fitting")
    with pytest.raises(Unmapped) as caught:
        plan(vendor(), known=(other,))
    assert (caught.value.needs, caught.value.code) == ("map:supplier:501", "looks-alike")
    assert plan(vendor(), known=(other,), maps={"501": "17300001"}).adopt == "1000001"
    assert plan(vendor(), known=(other,), maps={"501": "create"}).writes[0].action == "create"


def test_a_partner_that_bears_our_mark_is_ours_whatever_it_is_called():
    ours = twin_of(OrganizationBPName1="Another name", BusinessPartnerIDByExtSystem=MARK.lower())
    assert plan(vendor(), known=(ours,)).adopt == "1000001"


def test_a_vendor_that_carries_a_number_is_never_created_again():
    carried = vendor(externalData=[{"key": "sap-supplier", "value": "17300001"}], name="Another name")
    assert plan(carried, known=(twin_of(),)).adopt == "1000001"
    with pytest.raises(NeedsPerson) as caught:
        plan(carried)
    assert caught.value.code == "supplier-missing"


def test_what_differs_when_both_meet_first_goes_to_its_owner_on_either_side():
    met = twin_of(OrganizationBPName1="ACME Valves and Fittings", BusinessPartnerIsBlocked=False)
    place = met["addresses"][0]
    place["emails"] = [{"EmailAddress": "finance@acme.example", "Person": "", "OrdinalNumber": "1"}]
    there, back = plan(vendor(), known=(met,)).writes
    assert (there.action, there.key, there.body["EmailAddress"]) == ("patch-email", "1000001", "Orders@acme.example")
    assert (back.side, back.key, back.body) == ("source", "501", {"name": "ACME Valves and Fittings"})


def test_a_supplier_without_a_number_yet_is_looked_at_again():
    found = plan(vendor(), there=twin_of(Supplier="", supplier=None))
    assert isinstance(found.then, Awaiting)
    assert found.writes == ()


@pytest.mark.parametrize(
    ("values", "action", "body"),
    [
        ({"name": "Acme"}, "patch", {"OrganizationBPName1": "Acme", "OrganizationBPName2": ""}),
        ({"active": False}, "patch-supplier", {"Supplier": "17300001", "PurchasingIsBlocked": True}),
        ({"email": "x@acme.example"}, "patch-email", {"AddressID": "101", "OrdinalNumber": "1"}),
        ({"phone": "775 555 0100"}, "patch-phone", {"PhoneNumber": "775 555 0100", "PhoneNumberExtension": ""}),
    ],
)
def test_a_change_is_patched_where_sap_keeps_it(values, action, body):
    (write,) = plan(vendor(**values), there=twin_of(), agreed=agreed_with(twin_of())).writes
    assert (write.action, write.key) == (action, "1000001")
    assert {name: write.body[name] for name in body} == body


def test_a_telephone_number_or_an_address_that_sap_lacks_is_added():
    place = sap_address(phones=[], mobiles=[], emails=[])
    (phone, *_) = (w for w in plan(vendor(), there=twin_of(addresses=[place])).writes if "phone" in w.action)
    assert (phone.action, phone.body["AddressID"], phone.body["PhoneNumberType"]) == ("add-phone", "101", "1")
    added = plan(vendor(), there=twin_of(addresses=[])).writes[0]
    assert (added.action, added.body["StreetName"], added.expect["address"]["zip"]) == (
        "add-address",
        "Mill St",
        "89501",
    )


def test_a_change_of_sap_is_not_undone_and_an_empty_value_empties_nothing():
    changed = twin_of(OrganizationBPName1="Renamed in SAP")
    assert plan(vendor(), there=changed, agreed=agreed_with(twin_of())).writes == ()
    assert plan(vendor(phone=""), there=twin_of(), agreed=agreed_with(twin_of())).writes == ()


@pytest.mark.parametrize(("owner", "actions"), [("sap", []), ("servicetitan", ["patch"])])
def test_what_both_changed_goes_to_its_owner_and_both_values_are_told(owner, actions):
    there = twin_of(OrganizationBPName1="Finance")
    found = plan(vendor(name="Office"), there=there, agreed=agreed_with(twin_of()), owners={"name": owner})
    assert [write.action for write in found.writes] == actions
    (note,) = found.notes
    assert 'name is "Finance" in SAP and "Office" in ServiceTitan' in note


def test_a_long_name_takes_several_lines_and_one_that_does_not_fit_is_a_persons():
    long = "Northern Nevada Valves Fittings and Pipe Supply Company of Washoe County"
    (write,) = plan(vendor(name=long), there=twin_of(), agreed=agreed_with(twin_of())).writes
    assert [write.body[f"OrganizationBPName{part}"] for part in (1, 2, 3)] == [
        "Northern Nevada Valves Fittings and Pipe", "Supply Company of Washoe County", "",
    ]  # fmt: skip
    found = plan(
        vendor(name="X" * 41, email="y@acme.example"), there=twin_of(), agreed=agreed_with(twin_of())
    )  # the rest still travels
    assert [write.action for write in found.writes] == ["patch-email"]
    alone = plan(vendor(name="X" * 41), there=twin_of(), agreed=agreed_with(twin_of()))
    assert isinstance(alone.then, NeedsPerson)
    assert (alone.writes, alone.then.code) == ((), "does-not-fit")


def test_a_supplier_that_sap_deleted_is_made_active_by_a_person_only():
    gone = twin_of()
    gone["supplier"] |= {"DeletionIndicator": True}
    found = plan(vendor(), there=gone, agreed=agreed_with(gone))
    assert isinstance(found.then, NeedsPerson)
    assert (found.writes, found.then.code) == ((), "blocked-in-sap")


def test_an_old_version_never_overwrites_what_is_there_now():
    old, now = vendor(name="An old name"), vendor()
    books = Books({}, sap={"1000001": twin_of()}, titan={"501": now})
    situation = Situation(
        lookups=cast(Any, Asked(books)), options={**FLOW.options, **DEFAULTS}, marker=MARK,
        linked=Linked("1000001", {}, {}), current=twin_of(),
    )  # fmt: skip
    assert FLOW.plan(FLOW.record(old), situation).writes == ()


def test_the_way_down_leaves_a_change_of_servicetitan_to_the_way_up():
    row = vendor(externalData=[{"key": "sap-supplier", "value": "17300001"}], phone="775 555 0100")
    books = Books({}, sap={"1000001": twin_of()}, titan={"501": row})
    books.links["vendors-to-sap", "501#agreed"] = Linked("1000001#agreed", agreed_with(twin_of()), {})
    situation = Situation(
        lookups=cast(Any, Asked(books)), options={**DOWN.options, "owners": {"phone": "sap"}}, marker=MARK,
        linked=Linked("501", {}, {}), current=row,
    )  # fmt: skip
    assert DOWN.plan(DOWN.record(twin_of()), situation).writes == ()
    alone = {**DOWN.options, "owners": {}}
    overwritten = DOWN.plan(DOWN.record(twin_of()), Situation(**{**_members(situation), "options": alone}))
    assert [write.body["phone"] for write in overwritten.writes] == ["775 555 0142"]


def _members(situation: Situation) -> dict[str, Any]:
    return {name: getattr(situation, name) for name in ("lookups", "marker", "linked", "current")}


def test_a_supplier_made_of_a_vendor_that_is_not_shown_waits_for_it():
    books = Books({}, marks={MARK: "501"})
    situation = Situation(lookups=cast(Any, Asked(books)), options=DOWN.options, marker="17300001")
    with pytest.raises(Awaiting) as caught:
        DOWN.plan(DOWN.record(twin_of(BusinessPartnerIDByExtSystem=MARK)), situation)
    assert caught.value.code == "not-visible"
