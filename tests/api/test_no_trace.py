"""A customer who has left leaves no trace: in no table of any schema, no session, no key or value of the store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as installation
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone

from integrations import customers, metrics, retention, telemetry
from integrations.audit import PLATFORM
from integrations.budget import store
from integrations.models import Connection
from tenants import schema
from tenants.models import Customer, Membership, Person, ServiceTitanTenant
from tenants.provision import create_customer
from tests.api.books import fill
from tests.api.caller import Caller, make_key
from tests.tenants.browser import PASSWORD, Browser

NAME = "zzyzx_plumbing"
ENDS = ("sap", "servicetitan")


@pytest.fixture
def busy(own_database: Any) -> dict[str, Any]:
    """A customer about whom everything was said that is said of customers, and one who stays."""
    customer = create_customer(schema_name=NAME, name="Zzyzx Plumbing")
    stays = Customer.objects.get(schema_name="globex")
    made, kept = fill(customer), fill(stays)
    only, both = (Person.objects.create_user(each, PASSWORD) for each in ("only@zzyzx.test", "both@stays.test"))
    for person in (only, both):
        Membership.objects.create(customer=customer, person=person, role="owner")
    Membership.objects.create(customer=stays, person=both, role="owner")
    ServiceTitanTenant.objects.create(
        environment="sandbox", tenant_id="77", customer=customer, connection_id=made["servicetitan"].pk
    )
    browser = Browser()
    browser.sign_in(only.email)
    browser.open(f"http://{host_of(customer)}/")
    Caller(host=host_of(customer), key=make_key(customer)[1]).get("syncs")
    with telemetry.working_for(NAME, "vendors"):
        telemetry.count("connector_remote_calls", NAME, "sap")
    metrics.hand_on()
    return {"customer": customer, "made": made, "kept": kept, "only": only, "both": both}


def host_of(customer: Customer) -> str:
    return str(customer.domains.get().domain)


def told(busy: dict[str, Any]) -> list[str]:
    """Every word by which the customer could be recognised."""
    customer, made = busy["customer"], busy["made"]
    ids = [customer.key_id, made["sap"].pk, made["servicetitan"].pk, made["sync"].pk, busy["only"].pk]
    return [NAME, "zzyzx-plumbing", "Zzyzx", "only@zzyzx.test", *map(str, ids), *(each.hex for each in ids)]


def tables() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        yield from [name for (name,) in cursor.fetchall()]


def in_tables(words: list[str]) -> dict[str, int]:
    found = {}
    for table in tables():
        with connection.cursor() as cursor:
            wanted = [f"%{word}%" for word in words]
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text ILIKE ANY(%s)", [wanted])
            if count := cursor.fetchone()[0]:
                found[table] = count
    return found


def in_sessions(words: list[str]) -> int:
    return sum(any(word in str(session.get_decoded()) for word in words) for session in Session.objects.all())


def in_store(words: list[str]) -> list[str]:
    """Keys whose name or value has one of the words, whatever their type."""
    client = store(installation.REDIS_URL)._client
    read = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1),
    }
    found = []
    for key in client.scan_iter(count=1000):
        kind = bytes(client.type(key))  # type: ignore[arg-type]
        value = read[kind](key) if kind in read else b""
        if any(word.encode() in key + repr(value).encode() for word in words):
            found.append(key.decode(errors="replace"))
    return found


def test_before_it_leaves_it_is_found_in_all_of_these_places(busy):
    words = told(busy)
    assert {"public.tenants_customer", "public.tenants_domain", "public.tenants_scheduledwork"} <= set(in_tables(words))
    assert in_sessions(words) >= 1
    assert "metrics:counts" in in_store(words)


def test_a_customer_who_has_left_is_found_nowhere(busy):
    words, customer = told(busy), busy["customer"]
    with transaction.atomic():
        customers.mark(customer, reason="Over", actor=PLATFORM, now=timezone.now())
    assert list(customers.remove_due(now=timezone.now() + timedelta(days=400))) == [NAME]
    assert in_tables(words) == {}
    assert in_sessions(words) == 0
    assert in_store(words) == []
    assert Person.objects.filter(email="both@stays.test").exists()
    with schema.within(Customer.objects.get(schema_name="globex")):
        assert set(Connection.objects.values_list("pk", flat=True)) == {busy["kept"][end].pk for end in ENDS}


def test_sessions_that_have_ended_go_at_night_and_others_stay(busy):
    before = Session.objects.count()
    Session.objects.filter(pk=Session.objects.values_list("pk", flat=True)[0]).update(expire_date=timezone.now())
    assert retention.forget_sessions(now=timezone.now()) == 1
    assert Session.objects.count() == before - 1
    assert retention.forget_sessions(now=timezone.now()) == 0
