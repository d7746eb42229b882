"""Who owns which member of a vendor stands in the customer's file as a table."""

from __future__ import annotations

from django_tenants.utils import schema_context

from integrations.apply import apply
from integrations.models import Sync
from tests.integrations.customer_file import CONNECTIONS, CUSTOMER, EVERYTHING, NOW, SYNCS, problems

BEFORE = 'options: {company_code: "1010"}'


def test_the_owners_of_a_vendors_members_are_given_as_a_table(write):
    apply(write(EVERYTHING.replace(BEFORE, "options: {owners: {name: sap, phone: servicetitan}}")), now=NOW)
    with schema_context("initech"):
        assert Sync.objects.get(flow="vendors").options == {"owners": {"name": "sap", "phone": "servicetitan"}}


def test_owners_that_are_no_table_are_refused(write):
    (problem,) = problems(write(EVERYTHING.replace(BEFORE, "options: {owners: sap}")))
    assert problem == "syncs.vendors.options.owners: This has to be a table."


SYNC = """
      vendors-to-sap:
        schedule: {every: 2m}
        options: {owners: {name: sap, phone: servicetitan}}
"""
BOTH = EVERYTHING.replace(SYNCS, SYNCS.rstrip() + SYNC)


def test_an_owner_that_is_none_is_named_with_what_is_allowed(write):
    options = "options: {owners: {name: sap, fax: sap, phone: office}}"
    assert problems(write(EVERYTHING.replace(BEFORE, options))) == [
        "syncs.vendors.options.owners.fax: There is no such entry here; there are name, address, phone, email, active.",
        "syncs.vendors.options.owners.phone: This is one of sap, servicetitan.",
    ]


def test_both_directions_name_the_same_owners(write):
    words = "vendors and vendors-to-sap have to name the same owners: phone is sap and servicetitan."
    other = BOTH.replace(BEFORE, "options: {owners: {name: sap, phone: sap}}")
    assert problems(write(other)) == [f"syncs.vendors-to-sap.options.owners: {words}"]


def test_vendors_that_travel_both_ways_have_owners_on_both_flows(write):
    words = "vendors has to have the option owners as well, as vendors-to-sap is switched on."
    assert problems(write(BOTH)) == [f"syncs.vendors.options.owners: {words}"]


def test_owners_are_compared_with_their_defaults_filled_in(write):
    """SAP owns the name and ServiceTitan the telephone unless somebody says otherwise."""
    same = BOTH.replace(BEFORE, "options: {owners: {email: servicetitan}}")
    apply(write(same), now=NOW)
    with schema_context("initech"):
        assert Sync.objects.filter(flow__startswith="vendors").count() == 2


def test_the_other_direction_may_stand_in_an_earlier_file(write):
    apply(write(BOTH.replace(BEFORE, "options: {owners: {phone: servicetitan}}")), now=NOW)
    only = (
        CUSTOMER
        + CONNECTIONS
        + """
    syncs:
      vendors:
        schedule: {every: 2m}
        options: {owners: {phone: sap}}
"""
    )
    words = "vendors and vendors-to-sap have to name the same owners: phone is sap and servicetitan."
    (problem,) = problems(write(only))
    assert problem == f"syncs.vendors.options.owners: {words}"
