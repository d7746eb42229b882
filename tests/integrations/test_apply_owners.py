"""Who owns which member of a vendor stands in the customer's file as a table."""

from __future__ import annotations

from django_tenants.utils import schema_context

from integrations.apply import apply
from integrations.models import Sync
from tests.integrations.customer_file import EVERYTHING, NOW, problems

BEFORE = 'options: {company_code: "1010"}'


def test_the_owners_of_a_vendors_members_are_given_as_a_table(write):
    apply(write(EVERYTHING.replace(BEFORE, "options: {owners: {name: sap, phone: servicetitan}}")), now=NOW)
    with schema_context("initech"):
        assert Sync.objects.get(flow="vendors").options == {"owners": {"name": "sap", "phone": "servicetitan"}}


def test_owners_that_are_no_table_are_refused(write):
    (problem,) = problems(write(EVERYTHING.replace(BEFORE, "options: {owners: sap}")))
    assert problem == "syncs.vendors.options.owners: This has to be a table."
