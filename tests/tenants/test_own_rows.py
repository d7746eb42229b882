"""In a customer's request the database itself shows that customer's rows of the public tables, and no others."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, models, transaction
from django.utils import timezone

from tenants import handover, schedule, schema, servicetitan_tenants
from tenants.health_models import SyncHealth
from tenants.joining_models import Invitation
from tenants.models import (
    Customer,
    Domain,
    Membership,
    Person,
    ScheduledWork,
    ServiceTitanTenant,
    SignInCode,
)
from tenants.support_models import DocumentMark, StepIn
from tenants.webhook_models import WebhookAddress
from tests.web_role import ROLE

NOW = timezone.now()
Make = Callable[[Customer, Person], models.Model]

OF_A_CUSTOMER: dict[type[models.Model], Make] = {
    Domain: lambda customer, _: Domain(domain=f"more.{customer.schema_name}.test", tenant=customer, is_primary=False),
    Membership: lambda customer, person: Membership(customer=customer, person=person),
    SignInCode: lambda customer, person: SignInCode(
        code_hash=customer.schema_name, state_hash="x", person=person, customer=customer, expires_at=NOW
    ),
    ScheduledWork: lambda customer, _: ScheduledWork(customer=customer, sync_id=uuid.uuid4(), kind="poll"),
    ServiceTitanTenant: lambda customer, _: ServiceTitanTenant(
        environment="sandbox", tenant_id=str(customer.pk), customer=customer, connection_id=uuid.uuid4()
    ),
    SyncHealth: lambda customer, _: SyncHealth(
        customer=customer, sync_id=uuid.uuid4(), flow="vendors", running=True, updated_at=NOW
    ),
    Invitation: lambda customer, _: Invitation(
        customer=customer, email="new@example.com", role="viewer", token_hash=customer.schema_name, invited_by="Ana",
        created_at=NOW, expires_at=NOW,
    ),
    StepIn: lambda customer, person: StepIn(
        person=person, customer=customer, role="viewer", reason="to see", started_at=NOW, ends_at=NOW
    ),
    DocumentMark: lambda customer, _: DocumentMark(customer=customer, mark=b"0123456789abcdef"),
    WebhookAddress: lambda customer, _: WebhookAddress(customer=customer, connection_id=uuid.uuid4()),
}  # fmt: skip
"""Every table of public whose rows belong to a customer, with a row of it."""


@pytest.fixture
def person(db: None) -> Person:
    return Person.objects.create_user("ana@example.com", name="Ana")


@contextmanager
def as_web(customer: Customer | None = None) -> Iterator[None]:
    """What a request on this customer's host may do; on the public host without one."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {ROLE}")
    try:
        if customer is None:
            yield
        else:
            with schema.within(customer):
                yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")


def column_of(model: type[models.Model]) -> str:
    """The name of the field that says whose a row is."""
    return next(field.name for field in model._meta.fields if field.related_model is Customer)


def test_every_public_table_with_a_customer_is_walked_here_and_has_a_policy(db: None) -> None:
    tables: list[Any] = list(apps.get_app_config("tenants").get_models())
    owned = {model for model in tables if any(field.related_model is Customer for field in model._meta.fields)}
    assert owned == set(OF_A_CUSTOMER)
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace")
        assert {name for (name,) in cursor.fetchall()} == {model._meta.db_table for model in {*owned, Customer}}


@pytest.mark.parametrize("model", OF_A_CUSTOMER, ids=str)
def test_a_customers_request_sees_its_own_rows_alone(
    model: type[models.Model], acme: Customer, globex: Customer, person: Person
) -> None:
    column, rows = column_of(model), model._default_manager
    for customer in (acme, globex):
        OF_A_CUSTOMER[model](customer, person).save(force_insert=True)
    theirs = rows.filter(**{column: globex})
    before = theirs.count()
    with as_web(acme):
        assert rows.filter(**{column: acme}).exists()
        assert not theirs.exists()
        assert set(rows.values_list(column, flat=True)) == {acme.pk}
        assert theirs.update(**{column: acme}) == 0
        assert rows.filter(pk__in=[*theirs.values_list("pk", flat=True)]).delete()[0] == 0
    with as_web():
        assert theirs.count() == before >= 1


@pytest.mark.parametrize("model", OF_A_CUSTOMER, ids=str)
def test_a_customers_request_makes_no_row_of_another_one(
    model: type[models.Model], acme: Customer, globex: Customer, person: Person
) -> None:
    wrong = pytest.raises(ProgrammingError, match="row-level security")
    with as_web(acme), wrong, transaction.atomic():
        OF_A_CUSTOMER[model](globex, person).save(force_insert=True)


def test_a_customers_request_knows_of_no_other_customer(acme: Customer, globex: Customer) -> None:
    with as_web(acme):
        assert list(Customer.objects.all()) == [acme]
        assert Customer.objects.filter(pk=globex.pk).update(suspended_at=NOW) == 0
    with as_web():
        assert {acme, globex} <= set(Customer.objects.all())


def test_joins_and_plain_sql_show_no_more(acme: Customer, globex: Customer) -> None:
    for customer in (acme, globex):
        schedule.ensure(customer_id=customer.pk, sync_id=uuid.uuid4(), due_at=None)
    asked = """
        SELECT DISTINCT c.schema_name FROM public.tenants_scheduledwork w
        JOIN public.tenants_customer c ON c.id = w.customer_id
    """
    with as_web(acme), connection.cursor() as cursor:
        cursor.execute(asked)
        assert cursor.fetchall() == [("acme",)]


def test_workers_who_own_the_tables_claim_for_everybody(acme: Customer, globex: Customer) -> None:
    for customer in (acme, globex):
        schedule.ensure(customer_id=customer.pk, sync_id=uuid.uuid4(), due_at=NOW - timedelta(minutes=1))
    with schema.within(acme):
        found = schedule.claim(now=timezone.now(), limit=10, lease_seconds=30)
    assert {claim.schema_name for claim in found} == {"acme", "globex"}


def test_a_tenant_of_another_customer_is_still_refused_as_taken(acme: Customer, globex: Customer) -> None:
    def prove(customer: Customer) -> None:
        servicetitan_tenants.prove(
            environment="sandbox", tenant_id="99", customer_id=customer.pk, connection_id=uuid.uuid4(), now=NOW
        )

    with as_web(globex):
        prove(globex)
    with as_web(acme), pytest.raises(servicetitan_tenants.TenantTaken):
        prove(acme)


def test_a_sign_in_code_on_the_wrong_host_is_used_up(acme: Customer, globex: Customer, person: Person) -> None:
    Membership.objects.create(customer=globex, person=person)
    state = handover.new_state()
    now = timezone.now()
    code = handover.issue(person=person, customer=globex, state_hash=handover.hashed(state), now=now)
    with as_web(acme), pytest.raises(handover.CodeRefused):
        handover.redeem(code=code, customer=acme, state=state, now=now)
    assert not SignInCode.objects.exists()


def test_a_customer_that_is_made_by_a_request_has_rows_of_its_own(db: None) -> None:
    from integrations import customers
    from integrations.audit import PLATFORM

    with as_web():
        made: Any = customers.create(actor=PLATFORM, schema_name="fresh", name="Fresh")
    with as_web(made):
        assert list(Domain.objects.values_list("tenant", flat=True)) == [made.pk]
