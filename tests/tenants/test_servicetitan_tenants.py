"""A ServiceTitan tenant belongs to one customer."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import transaction

from tenants import schema
from tenants.models import Customer
from tenants.servicetitan_tenants import (
    Route,
    TenantTaken,
    address_of,
    customer_of,
    forget,
    forget_address,
    prove,
    route,
    route_of_address,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2)


def proven(customer, connection_id=ONE, environment="production"):
    prove(environment=environment, tenant_id="4711", customer_id=customer.pk, connection_id=connection_id, now=NOON)


def test_what_nobody_has_proven_belongs_to_nobody(db):
    assert customer_of(environment="production", tenant_id="4711") is None


def test_a_proven_tenant_belongs_to_its_customer_in_that_environment_only(acme):
    with schema.within(acme):
        proven(acme)
    assert customer_of(environment="production", tenant_id="4711") == acme
    assert customer_of(environment="sandbox", tenant_id="4711") is None


def test_another_customer_cannot_take_it(acme, globex):
    proven(acme)
    with pytest.raises(TenantTaken):
        proven(globex, TWO)
    assert customer_of(environment="production", tenant_id="4711") == acme


def test_the_same_customer_may_prove_it_again_with_another_connection(acme, globex):
    proven(acme)
    proven(acme, TWO)
    forget(connection_id=ONE, customer_id=acme.pk)
    assert customer_of(environment="production", tenant_id="4711") == acme
    forget(connection_id=TWO, customer_id=globex.pk)
    assert customer_of(environment="production", tenant_id="4711") == acme


def test_it_is_free_again_once_its_connection_is_gone(acme, globex):
    proven(acme)
    forget(connection_id=ONE, customer_id=acme.pk)
    proven(globex, TWO)
    assert customer_of(environment="production", tenant_id="4711") == globex


def test_a_connection_has_proven_one_tenant_at_most(acme, globex):
    proven(acme)
    prove(environment="production", tenant_id="4712", customer_id=acme.pk, connection_id=ONE, now=NOON)
    assert customer_of(environment="production", tenant_id="4711") is None
    assert customer_of(environment="production", tenant_id="4712") == acme
    proven(globex, TWO)
    assert customer_of(environment="production", tenant_id="4711") == globex


def test_who_fails_to_take_a_tenant_keeps_their_own(acme, globex):
    proven(acme)
    prove(environment="production", tenant_id="4712", customer_id=globex.pk, connection_id=TWO, now=NOON)
    with pytest.raises(TenantTaken), transaction.atomic():
        proven(globex, TWO)
    assert customer_of(environment="production", tenant_id="4712") == globex


def test_calls_about_a_tenant_go_to_the_connection_that_has_proven_it(acme):
    assert route(environment="production", tenant_id="4711") is None
    proven(acme)
    found = route(environment="production", tenant_id="4711")
    assert found is not None
    assert (found.customer_id, found.schema_name, found.connection_id) == (acme.pk, "acme", ONE)
    Customer.objects.update(suspended_at=NOON)
    assert route(environment="production", tenant_id="4711") is None


def test_an_address_leads_to_one_connection_and_is_not_to_be_guessed(acme, globex):
    first = address_of(connection_id=ONE, customer_id=acme.pk)
    second = address_of(connection_id=TWO, customer_id=globex.pk)
    assert first != second
    assert len(first) == len(second) == 43
    assert address_of(connection_id=ONE, customer_id=acme.pk) == first
    assert route_of_address(first) == Route(acme.pk, "acme", ONE)
    forget_address(connection_id=ONE, customer_id=globex.pk)
    assert route_of_address(first) == Route(acme.pk, "acme", ONE)
    forget_address(connection_id=ONE, customer_id=acme.pk)
    assert (route_of_address(first), route_of_address(second)) == (None, Route(globex.pk, "globex", TWO))
