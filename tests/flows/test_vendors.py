"""How a supplier of SAP becomes, matches, changes and blocks a vendor of ServiceTitan."""

from __future__ import annotations

import pytest

from integrations.errors import NeedsPerson, NotTransferable, Unmapped
from integrations.flow import Linked
from integrations.flows.vendors import FLOW
from tests.flows.rows import Book, plan_vendor, sap_address, sap_supplier, st_vendor

THEIRS = st_vendor(412, name="Acme Pipe and Supply, Inc.", externalData=[])
OTHERS = st_vendor(413, externalData=[{"key": "sap-supplier", "value": "17300777"}])


def test_an_unknown_supplier_is_created_with_everything_that_servicetitan_requires():
    (write,) = plan_vendor(sap_supplier()).writes
    assert (write.action, write.key, write.marker) == ("create", "", "17300001")
    assert write.body == {
        "name": "ACME Pipe & Supply",
        "active": True,
        "phone": "999 856 4321",
        "email": "Orders@acme.example",
        "address": {
            "street": "912 S Ohio Ave", "unit": "", "city": "Muncie", "state": "IN", "zip": "47305-2757",
            "country": "US",
        },
        "deliveryOption": "Manual",
        "taxRate": "0",
        "isTruckReplenishment": False,
        "restrictedMobileCreation": False,
        "externalData": {"sap-supplier": "17300001"},
    }  # fmt: skip


def test_a_read_back_shows_what_the_create_expects():
    (write,) = plan_vendor(sap_supplier()).writes
    shown = FLOW.observe(st_vendor())
    assert {name: shown[name] for name in write.expect} == write.expect
    assert write.expect["phone"] == "9998564321"
    assert write.expect["sap-supplier"] == "17300001"


def test_write_only_members_are_never_expected():
    (write,) = plan_vendor(sap_supplier(), company_code="1710", tag_type_ids=[5]).writes
    assert write.body["paymentTermId"] == "33"
    assert write.body["tags"] == [{"tagTypeId": 5}]
    assert not {"paymentTermId", "tags", "taxRate", "deliveryOption"} & set(write.expect)


def test_a_changed_payment_term_shows_in_the_external_data():
    (write,) = plan_vendor(sap_supplier(), company_code="1710", there=st_vendor()).writes
    assert write.body == {"paymentTermId": "33", "externalData": {"sap-payment-terms": "0004"}}
    assert write.expect == {"sap-payment-terms": "0004"}
    marks = [{"key": "sap-supplier", "value": "17300001"}, {"key": "sap-payment-terms", "value": "0004"}]
    assert plan_vendor(sap_supplier(), company_code="1710", there=st_vendor(externalData=marks)).writes == ()


def test_a_supplier_without_an_address_is_created_with_an_empty_one():
    (write,) = plan_vendor(sap_supplier(addresses=[])).writes
    assert write.body["address"] == dict.fromkeys(("street", "unit", "city", "state", "zip", "country"), "")


@pytest.mark.parametrize("roles", [[], [{"BusinessPartnerRole": "FLCU01"}]])
def test_a_partner_without_a_supplier_role_is_not_transferable(roles):
    with pytest.raises(NotTransferable) as caught:
        FLOW.record(sap_supplier(roles=roles))
    assert caught.value.code == "not-a-supplier"


def test_a_name_spans_four_fields_and_a_person_has_two():
    assert FLOW.record(sap_supplier(OrganizationBPName2="of Indiana")).name == "ACME Pipe & Supply of Indiana"
    person = FLOW.record(sap_supplier(OrganizationBPName1="", FirstName="Ann", LastName="Lee"))
    assert (person.name, person.contact["firstName"], person.contact["lastName"]) == ("Ann Lee", "Ann", "Lee")


def place(*addresses):
    """Street and postal code of a supplier with these addresses."""
    found = FLOW.record(sap_supplier(addresses=list(addresses))).address
    assert found is not None
    return found.street, found.zip


def test_the_standard_address_goes_before_any_other():
    other = sap_address(AddressID="99", StreetName="Old Rd", usages=[])
    assert place(other, sap_address()) == ("912 S Ohio Ave", "47305-2757")
    ended = sap_address(AddressID="98", ValidityEndDate="2020-12-31T00:00:00Z", usages=[])
    assert place(ended, other) == ("912 Old Rd", "47305-2757")


def test_a_post_office_box_stands_in_for_a_street_and_houses_are_numbered_as_the_country_does():
    box = sap_address(StreetName="", HouseNumber="", POBox="77", POBoxPostalCode="47308")
    assert place(box) == ("PO Box 77", "47308")
    german = sap_address(StreetName="Hauptstr.", HouseNumber="5", Country="DE", PostalCode="10115")
    assert place(german) == ("Hauptstr. 5", "10115")


def test_a_mobile_number_and_an_extension_are_used():
    mobile = sap_address(phones=[], mobiles=[{"PhoneNumber": "555 0100", "IsDefaultPhoneNumber": True}])
    assert FLOW.record(sap_supplier(addresses=[mobile])).contact["phone"] == "555 0100"
    desk = sap_address(phones=[{"PhoneNumber": "555 0100", "PhoneNumberExtension": "12"}])
    assert FLOW.record(sap_supplier(addresses=[desk])).contact["phone"] == "555 0100 x12"


BLOCKS = [
    {"supplier": {"DeletionIndicator": True}},
    {"supplier": {"PurchasingIsBlocked": True}},
    {"BusinessPartnerIsBlocked": True},
    {"IsMarkedForArchiving": True},
    {"supplier": {"purchasing_organizations": [{"PurchasingIsBlockedForSupplier": True, "DeletionIndicator": False}]}},
]


@pytest.mark.parametrize("values", BLOCKS)
def test_a_blocked_supplier_becomes_an_inactive_vendor(values):
    (write,) = plan_vendor(sap_supplier(**values), there=st_vendor()).writes
    assert (write.action, write.key, write.body) == ("patch", "501", {"active": False})


@pytest.mark.parametrize("values", BLOCKS)
def test_a_blocked_supplier_that_nobody_knows_is_not_created(values):
    with pytest.raises(NotTransferable) as caught:
        plan_vendor(sap_supplier(**values))
    assert caught.value.code == "blocked"


def test_a_blocked_supplier_is_created_inactive_if_the_customer_says_so():
    (write,) = plan_vendor(sap_supplier(BusinessPartnerIsBlocked=True), create_blocked=True).writes
    assert write.body["active"] is False


@pytest.mark.parametrize(
    "supplier",
    [
        {"PaymentIsBlockedForSupplier": True},
        {"PostingIsBlocked": True},
        {
            "purchasing_organizations": [
                {"PurchasingIsBlockedForSupplier": True, "DeletionIndicator": False},
                {"PurchasingIsBlockedForSupplier": False, "DeletionIndicator": False},
            ]
        },
    ],
)
def test_a_payment_block_or_one_of_several_purchasing_organisations_leaves_a_vendor_active(supplier):
    assert plan_vendor(sap_supplier(supplier=supplier), there=st_vendor()).writes == ()


def test_a_block_taken_back_makes_the_vendor_active_again():
    (write,) = plan_vendor(sap_supplier(), there=st_vendor(active=False)).writes
    assert write.body == {"active": True}


def test_a_vendor_that_is_as_it_should_be_is_not_written():
    assert plan_vendor(sap_supplier(), there=st_vendor()).writes == ()


def test_a_change_is_patched_without_the_members_that_did_not_change():
    changed = sap_supplier(addresses=[sap_address(CityName="Fishers")], OrganizationBPName2="LLC")
    (write,) = plan_vendor(changed, there=st_vendor()).writes
    assert write.body == {
        "name": "ACME Pipe & Supply LLC",
        "address": {
            "street": "912 S Ohio Ave", "unit": "", "city": "Fishers", "state": "IN", "zip": "47305-2757",
            "country": "US",
        },
    }  # fmt: skip


def test_what_sap_left_empty_is_left_alone():
    bare = sap_supplier(addresses=[sap_address(phones=[], emails=[])])
    assert plan_vendor(bare, there=st_vendor()).writes == ()


def test_an_edit_made_by_people_is_overwritten_and_noted_or_asked_about():
    ours = Linked("501", FLOW.observe(st_vendor()), {})
    plan = plan_vendor(sap_supplier(), there=st_vendor(name="ACME!"), linked=ours)
    assert plan.writes[0].body == {"name": "ACME Pipe & Supply"}
    assert plan.notes == ('Overwritten: name "ACME!" instead of "ACME Pipe & Supply", as it was edited in the target.',)
    with pytest.raises(NeedsPerson):
        plan_vendor(sap_supplier(), there=st_vendor(name="ACME!"), linked=ours, on_target_edit="ask")


def test_an_exact_match_is_taken_over_marked_and_brought_up_to_date():
    plan = plan_vendor(sap_supplier(), known=(OTHERS, THEIRS))
    (write,) = plan.writes
    assert plan.adopt == "412"
    assert (write.action, write.key) == ("patch", "412")
    assert write.body == {"name": "ACME Pipe & Supply", "externalData": {"sap-supplier": "17300001"}}


def test_an_inactive_match_is_taken_over_and_made_active():
    plan = plan_vendor(sap_supplier(), known=(THEIRS | {"active": False},))
    assert (plan.adopt, plan.writes[0].body["active"]) == ("412", True)


def test_a_blocked_supplier_takes_over_its_exact_match_and_makes_it_inactive():
    plan = plan_vendor(sap_supplier(IsMarkedForArchiving=True), known=(THEIRS,))
    assert (plan.adopt, plan.writes[0].body["active"]) == ("412", False)


def test_a_vendor_that_carries_our_number_is_ours_whatever_it_is_called():
    plan = plan_vendor(sap_supplier(), known=(THEIRS, st_vendor(77, name="Renamed")))
    assert plan.adopt == "77"
    assert plan.writes[0].body == {"name": "ACME Pipe & Supply"}


def test_a_vendor_of_another_supplier_is_no_match():
    (write,) = plan_vendor(sap_supplier(), known=(OTHERS,)).writes
    assert write.action == "create"


def test_a_vendor_that_was_taken_over_since_is_no_match_any_more():
    since = THEIRS | {"externalData": [{"key": "sap-supplier", "value": "17300777"}]}
    (write,) = plan_vendor(sap_supplier(), known=(THEIRS, since)).writes
    assert write.action == "create"


def test_a_vendor_that_another_supplier_takes_over_in_the_same_batch_is_a_persons():
    with pytest.raises(Unmapped) as caught:
        plan_vendor(sap_supplier(), known=(THEIRS,), book=Book(claimed={"412"}))
    assert (caught.value.code, caught.value.needs) == ("claimed", "map:vendor:17300001")


def test_a_similar_vendor_asks_a_person_and_is_suggested():
    similar = THEIRS | {"address": dict.fromkeys(THEIRS["address"], ""), "contactInfo": {"phone": ""}}
    with pytest.raises(Unmapped) as caught:
        plan_vendor(sap_supplier(), known=(similar,))
    assert caught.value.needs == "map:vendor:17300001"
    assert caught.value.suggestions == ("412: Acme Pipe and Supply, Inc.",)
    assert caught.value.message.endswith("create it. Suggested: 412: Acme Pipe and Supply, Inc.")


def test_two_exact_matches_ask_a_person():
    with pytest.raises(Unmapped) as caught:
        plan_vendor(sap_supplier(), known=(THEIRS, THEIRS | {"id": 414}))
    assert [text.split(":")[0] for text in caught.value.suggestions] == ["412", "414"]


def test_two_vendors_with_our_number_are_a_persons():
    with pytest.raises(NeedsPerson) as caught:
        plan_vendor(sap_supplier(), known=(st_vendor(77), st_vendor(78)))
    assert caught.value.code == "two-twins"


def answered(value):
    book = Book()
    book.maps["vendor", "17300001"] = value
    return book


def test_a_persons_answer_settles_it():
    known = (THEIRS, THEIRS | {"id": 414})
    assert plan_vendor(sap_supplier(), known=known, book=answered("414")).adopt == "414"
    (write,) = plan_vendor(sap_supplier(), known=known, book=answered("create")).writes
    assert write.action == "create"


@pytest.mark.parametrize("value", ["999", "413"])
def test_an_answer_that_names_no_free_vendor_is_told(value):
    with pytest.raises(NeedsPerson) as caught:
        plan_vendor(sap_supplier(), known=(THEIRS, OTHERS), book=answered(value))
    assert caught.value.code == "bad-answer"


def test_a_vendor_is_never_gone_and_has_no_lines():
    assert not FLOW.is_gone(st_vendor(active=False))
    assert FLOW.lines(st_vendor()) == {}
    assert FLOW.wants(FLOW.record(sap_supplier()), FLOW.options) == ()
    assert FLOW.label(FLOW.record(sap_supplier())) == "SAP supplier 17300001 ACME Pipe & Supply"
