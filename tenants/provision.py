"""Makes customers, ready to use in a fraction of a second, and keeps their schemas at the code's migrations.

A schema is never migrated for a new customer. One template schema is, and a new customer's is a copy of it
(tenants/copying.py) in the transaction that also makes the customer's row: there is no half customer.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.models import F

from tenants import heads, schema
from tenants.copying import copy_template
from tenants.models import Customer, Domain, Membership, Person, Role

TEMPLATE = "customer_template"
TEMPLATE_LOCK = 0x74656D70  # advisory: shared while it is copied, exclusive while it is made
MIGRATION_LOCK = 0x6D696772  # advisory: one `migrate_customers` at a time


class CustomerExists(Exception):
    """The schema name or the host name is taken."""


def create_customer(
    *, schema_name: str, name: str, time_zone: str = "America/New_York", host: str = "", owner: Person | None = None
) -> Customer:
    """A new customer with a schema of their own and, if given, an owner.

    `host` is the host name of their pages; by default <schema name>.<public host>, with dashes for underscores.
    Raises ValidationError for a name that cannot be, CustomerExists for one that is taken.
    """
    customer = Customer(schema_name=schema_name, name=name, time_zone=time_zone)
    customer.full_clean(validate_unique=False, validate_constraints=False)
    host = (host or f"{schema_name.replace('_', '-')}.{settings.PUBLIC_HOST}").lower()
    while True:
        try:
            with transaction.atomic():
                if _template_is_ready():
                    _insert(customer, host, owner)
                    return customer
        except IntegrityError as error:
            raise CustomerExists(f"There is a customer {schema_name} or a host {host} already.") from error
        make_template()


def _insert(customer: Customer, host: str, owner: Person | None) -> None:
    Customer.objects.bulk_create([customer])  # save() would ask again what the constraint decides
    Domain.objects.create(domain=host, tenant=customer, is_primary=True)
    if owner is not None:
        Membership.objects.create(customer=customer, person=owner, role=Role.OWNER)
    try:
        copy_template(target=customer.schema_name)
    except ProgrammingError as error:
        if "already exists" in str(error):
            raise CustomerExists(f"The database has a schema {customer.schema_name} of no customer.") from error
        raise


def _template_is_ready() -> bool:
    """Whether the template has all migrations; it stays as it is until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [TEMPLATE_LOCK])
    return not heads.behind([TEMPLATE])


def make_template() -> bool:
    """Makes the template anew if it lacks a migration, in one transaction. True if it did.

    Migrations of tenant apps therefore have to work inside a transaction (no CREATE INDEX CONCURRENTLY: a
    customer's tables are small).
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TEMPLATE_LOCK])
            if not heads.behind([TEMPLATE]):
                return False
            cursor.execute(f"DROP SCHEMA IF EXISTS {TEMPLATE} CASCADE")
            cursor.execute(f"CREATE SCHEMA {TEMPLATE}")
        _migrate(TEMPLATE)
    return True


Migrated = tuple[str, Exception | None]
"""A schema that was behind, and why it still is."""


def migrate_customers() -> Iterator[Migrated]:
    """Brings every schema that lacks a migration to the head: the template first, then customers.

    Yields each schema that was behind, with the error if it could not be migrated; the others go on. Schemas that
    lack nothing are not touched.
    """
    with migrating() as template_was_made:
        if template_was_made:
            yield TEMPLATE, None
        yield from migrate_share()


@contextmanager
def migrating() -> Iterator[bool]:
    """Keeps other deployments out meanwhile, and brings the template to the head: True if it was behind."""
    with _one_at_a_time():
        yield make_template()


def migrate_share(share: int = 0, of: int = 1, *, pause: float = 0) -> Iterator[Migrated]:
    """Migrates those customers that fall to this process, one in `of`; waits `pause` seconds after each."""
    customers = Customer.objects.annotate(share=F("id") % of).filter(share=share).order_by("id")
    for schema_name in heads.behind(list(customers.values_list("schema_name", flat=True))):
        try:
            _migrate(schema_name)
            yield schema_name, None
        except Exception as error:  # one customer's trouble must not keep the others from the new version
            yield schema_name, error
        time.sleep(pause)


def _migrate(schema_name: str) -> None:
    try:
        call_command("migrate_schemas", schema_name=schema_name, interactive=False, verbosity=0)
    finally:
        schema.use_public()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Holds an advisory lock on a connection of its own: migrating closes the usual one between two schemas."""
    guard = connection.copy()
    try:
        with guard.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")  # as long as the other one takes
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        yield
    finally:
        guard.close()
