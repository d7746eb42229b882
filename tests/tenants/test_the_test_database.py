"""What every other test relies on: the databases that conftest hands out."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tenants import schema
from tenants.models import Customer

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
