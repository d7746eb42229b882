"""The first page of a customer's host."""

from __future__ import annotations

import pytest

from integrations.models import Connection, Sync
from tenants import schema
from tenants.models import Membership, Person, Role
from tests.tenants.browser import PASSWORD, Browser

HOME = "http://acme.localhost/"


@pytest.fixture
def home(acme) -> str:
    """The page as a viewer sees it: one flow runs into a paused connection, the other is paused itself."""
    with schema.within(acme):
        made = [
            Connection.objects.create(system=name, name=name, environment="sandbox", base_url="https://a.example")
            for name in ("sap", "servicetitan")
        ]
        Connection.objects.filter(name="sap").update(state="paused", pause_reason="SAP refused the credentials.")
        Sync.objects.create(flow="purchase-orders", source=made[0], target=made[1])
        told = {"state": "paused", "pause_reason": "A scope is missing."}
        Sync.objects.create(flow="vendors", source=made[1], target=made[1], **told)
    person = Person.objects.create_user("vic@acme.test", PASSWORD)
    Membership.objects.create(customer=acme, person=person, role=Role.VIEWER)
    browser = Browser()
    browser.sign_in(person.email)
    return str(browser.open(HOME).content.decode())


def test_a_flow_of_a_paused_connection_is_not_called_active(home):
    assert "sap is paused: SAP refused the credentials." in home
    assert "active" not in home


def test_a_paused_flow_says_why(home):
    assert "paused: A scope is missing." in home
