"""A ServiceTitan tenant belongs to one customer."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from tenants import schema
from tenants.servicetitan_tenants import TenantTaken, customer_of, forget, prove

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
