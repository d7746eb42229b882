"""Fixtures for every test. See tests/README.md."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings as examples

if TYPE_CHECKING:
    from tenants.models import Customer
    from tests.databases import Copy

# The same examples each time, so that a change is judged by what it changes; FUZZ_RANDOM=1 for others.
examples.register_profile("same", derandomize="FUZZ_RANDOM" not in os.environ, deadline=None)
examples.load_profile("same")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """This process's copy of the template database; each test that uses `db` is rolled back."""
    from tests import databases

    databases.start_server()
    with django_db_blocker.unblock(), databases.fresh_copy():
        yield
        databases.drop_spare()


@pytest.fixture
def own_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[Copy]:
    """A database for this test alone: commits are real, threads and processes can share it. Not with `db`."""
    from tests import databases

    with django_db_blocker.unblock(), databases.wiped_copy() as copy:
        yield copy


@pytest.fixture(autouse=True)
def _back_to_public() -> Iterator[None]:
    """No test leaves its customer behind."""
    yield
    from tenants import schema

    schema.use_public()


@pytest.fixture(autouse=True)
def _no_attempts_before() -> None:
    """Each test begins without attempts to sign in that count."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def acme(request: pytest.FixtureRequest) -> Customer:
    """The customer acme, whose schema is ready to use."""
    return _customer(request, "acme")


@pytest.fixture
def globex(request: pytest.FixtureRequest) -> Customer:
    """The customer globex, whose schema is ready to use."""
    return _customer(request, "globex")


@pytest.fixture
def in_acme(acme: Customer) -> Customer:
    """The customer acme, with their schema in use during the test."""
    from tenants import schema

    schema.use(acme)
    return acme


def _customer(request: pytest.FixtureRequest, schema_name: str) -> Customer:
    request.getfixturevalue("own_database" if "own_database" in request.fixturenames else "db")
    from tenants.models import Customer

    return Customer.objects.get(schema_name=schema_name)
