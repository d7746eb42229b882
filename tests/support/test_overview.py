"""All customers at a glance, by public tables alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.health_models import SyncHealth
from tenants.models import Customer, Person, ScheduledWork
from tests.tenants.browser import PASSWORD, Browser

OVERVIEW = "http://localhost/admin/overview/"


@pytest.fixture
def operator(db: Any) -> Browser:
    Person.objects.create_superuser("root@host.test", PASSWORD)
    browser = Browser()
    browser.sign_in("root@host.test")
    return browser


def health(customer: Customer, flow: str, **more: Any) -> SyncHealth:
    given: dict[str, Any] = {"running": True, "updated_at": timezone.now(), **more}
    return SyncHealth.objects.create(customer=customer, flow=flow, sync_id=uuid4(), **given)


def test_trouble_goes_first_and_says_what_it_is(operator, acme, globex):
    health(globex, "vendors", books_agree=True, books_compared_at=timezone.now())
    late = health(
        acme,
        "vendors",
        backlog={"pending": 3, "waiting": 4, "quarantined": 7},
        failures={"unmapped-cost-center": 5, "bug": 2},
        connections={"sap": {"system": "sap", "state": "paused", "code": "credentials-refused"}},
        books_agree=False,
        books_compared_at=timezone.now(),
    )
    ScheduledWork.objects.create(
        customer=acme, sync_id=late.sync_id, kind="poll", due_at=timezone.now() - timedelta(minutes=9)
    )
    text = operator.open(OVERVIEW).content.decode()
    assert text.index("Acme Plumbing") < text.index("Globex Heating")
    for words in ("1 late", "sap (credentials-refused)", "<td>7</td>", "unmapped-cost-center: 5", "bug: 2", "differ"):
        assert words in text, words


def test_many_customers_cost_no_more_statements_than_one(operator, acme, globex):
    health(acme, "vendors")
    operator.open(OVERVIEW)
    with CaptureQueriesContext(connection) as few:
        operator.open(OVERVIEW)
    for flow in ("a", "b", "c"):
        health(acme, flow)
        health(globex, flow)
    with CaptureQueriesContext(connection) as many:
        operator.open(OVERVIEW)
    assert len(many) == len(few)
    assert [query["sql"] for query in many if '"acme"' in query["sql"]] == []
