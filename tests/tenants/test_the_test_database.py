"""What every other test relies on: the databases that conftest hands out."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.db import connections

from integrations.models import Connection
from tenants import schema
from tenants.models import Customer
from tests import databases, wiping

NAME_OF_ACME = """
import django
django.setup()
from tenants.models import Customer
print(Customer.objects.get(schema_name="acme").name)
"""


def test_both_customers_are_there_and_ready(acme, globex):
    with schema.within(acme):
        assert schema.current() == "acme"
        assert set(Customer.objects.all()) == {acme, globex}


@pytest.mark.parametrize("turn", ["first", "second"])
def test_what_a_test_writes_is_rolled_back(acme, turn):
    assert acme.name == "Acme Plumbing"
    Customer.objects.filter(pk=acme.pk).update(name=f"changed by the {turn}")


def test_a_test_starts_in_public(db):
    assert schema.current() == "public"


def test_a_database_of_ones_own_is_seen_by_other_processes(own_database, acme):
    Customer.objects.filter(pk=acme.pk).update(name="seen outside")
    run = subprocess.run(
        [sys.executable, "-c", NAME_OF_ACME], env=own_database.environment, capture_output=True, text=True, check=True
    )
    assert run.stdout == "seen outside\n"


def test_the_next_test_does_not_see_it(acme):
    assert acme.name == "Acme Plumbing"


@pytest.fixture
def unblocked(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        yield
        databases.drop_spare()


@pytest.mark.usefixtures("unblocked")
def test_what_is_left_behind_is_wiped_and_the_copy_goes_to_the_next():
    connection = connections["default"]
    with databases.wiped_copy() as first:
        known = wiping.contents()
        with schema.within(Customer.objects.get(schema_name="acme")):
            Connection.objects.create(name="sap", system="sap", environment="sandbox")
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('public.tenants_customer_id_seq'), nextval('public.auth_group_id_seq')")
        assert wiping.contents() != known
    with databases.wiped_copy() as second:
        assert (second, wiping.contents()) == (first, known)


@pytest.mark.usefixtures("unblocked")
@pytest.mark.parametrize(
    "left",
    ["UPDATE public.tenants_customer SET name = 'changed'", "ALTER TABLE acme.integrations_sync ADD COLUMN more int"],
)
def test_a_copy_that_cannot_be_wiped_is_dropped(left):
    with databases.wiped_copy() as first, connections["default"].cursor() as cursor:
        cursor.execute(left)
    with databases.wiped_copy() as second:
        assert second != first
        assert Customer.objects.filter(name="Acme Plumbing").exists()
