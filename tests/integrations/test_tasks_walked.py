"""Every task is called about one customer with the ids of another one's objects: it finds and changes nothing there.

A new task fails the first test until it has a line here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from connector.celery import app
from integrations import jobs, tasks
from integrations.engine import Selection
from integrations.models import AuditSeal, Delivery, EventEndpoint
from tenants import schedule, schema
from tenants.models import Customer, ScheduledWork
from tests.api import books
from tests.integrations import sealed_books

NOW = timezone.now()
OF_KINDS: dict[schedule.Kind, tuple[str, ...]] = {
    "poll": ("sync",),
    "deliver": ("sync",),
    "inbound": ("connection", "sync"),
    "job": ("replay", "comparison", "fit report", "sync", "connection"),
    "night": ("sync",),
    "events": ("endpoint",),
    "alerts": ("sync",),
}
"""What a claim of this kind can be about."""
CLAIMS = [(kind, what) for kind, about in OF_KINDS.items() for what in about]

WALKED = {
    "integrations.tasks.work": "takes a claim",
    "integrations.tasks.tell": "takes a claim",
    "integrations.tasks.seal": "takes customers",
    "integrations.tasks.purge": "takes customers",
    "integrations.tasks.tick": "",
    "integrations.tasks.tick_telling": "",
    "integrations.tasks.watch": "",
    "integrations.tasks.seal_all": "",
    "integrations.tasks.purge_all": "",
    "integrations.tasks.plan_nights": "",
    "integrations.tasks.remove_customers": "",
    "tenants.tasks.forget_expired": "",
}
"""Every task with what it can be told. One without arguments is about all customers, and cannot be misled."""


@pytest.fixture
def theirs(globex: Customer, monkeypatch: pytest.MonkeyPatch) -> dict[str, UUID]:
    """Ids of globex's objects, each of which has something to do."""
    made = books.fill(globex)
    ends = made["sap"], made["servicetitan"]
    with schema.within(globex), transaction.atomic():
        sync = made["sync"]
        sync.enabled = True
        sync.save()
        known: dict[str, Any] = {"payload": {}, "digest": "d", "created_at": NOW}
        Delivery.objects.create(sync=sync, source_key="1", number=1, state="queued", due_at=NOW, **known)
        Delivery.objects.create(sync=sync, source_key="2", number=1, state="quarantined", code="x", **known)
        selection = Selection(states=("quarantined",))
        replay = jobs.start_replay(globex, selection, action="replay", by="ann", now=NOW)
        comparison = jobs.start_comparison(globex, sync, by="ann", now=NOW)
        fit, _ = jobs.start_fit_report(globex, ends, ["vendors"], by="ann", now=NOW)
        endpoint = EventEndpoint.objects.create(url="https://hooks.example.com/in").pk
    return {
        "sync": sync.pk,
        "connection": ends[1].pk,
        "replay": replay.pk,
        "comparison": comparison.pk,
        "fit report": fit.pk,
        "endpoint": endpoint,
    }


def everything_of(customer: Customer) -> dict[str, str]:
    """A digest of each table of the customer's schema, and of their rows of the schedule index."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [customer.schema_name])
        asked = {name: f'"{customer.schema_name}"."{name}" t' for (name,) in cursor.fetchall()}
        asked["schedule"] = f"public.tenants_scheduledwork t WHERE customer_id = {customer.pk:d}"
        for name, where in asked.items():
            cursor.execute(f"SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {where}")
            found[name] = cursor.fetchone()[0]
    return found


def claimed(customer: Customer, kind: schedule.Kind, about: UUID) -> schedule.Claim:
    """As a tick claims what is due."""
    schedule.ensure(customer_id=customer.pk, sync_id=about, kinds=(kind,))
    schedule.make_due(customer_id=customer.pk, sync_ids=[about], kind=kind, now=NOW - timedelta(days=1))
    (claim,) = schedule.claim(
        now=timezone.now(), limit=1, lease_seconds=300, kinds=[kind], customer_id=customer.pk, sync_id=about
    )
    return claim


def handle(claim: schedule.Claim) -> None:
    (tasks.tell if claim.kind in schedule.TELLING else tasks.work)(claim=claim.as_message())


def test_every_task_is_walked_here() -> None:
    app.loader.import_default_modules()
    assert {name for name in app.tasks if not name.startswith("celery.")} == set(WALKED)
    assert {kind for kind, _ in CLAIMS} == set(ScheduledWork.Kind.values)


@pytest.mark.parametrize("name", [name for name, told in WALKED.items() if not told])
def test_a_task_that_is_about_everybody_takes_no_ids(name: str) -> None:
    with pytest.raises(TypeError):
        app.tasks[name](customers=[1])


def test_work_for_one_customer_finds_nothing_of_another(
    acme: Customer, globex: Customer, theirs: dict[str, UUID]
) -> None:
    before = everything_of(globex)
    for kind, what in CLAIMS:
        handle(claimed(acme, kind, theirs[what]))
        assert everything_of(globex) == before, (kind, what)
        left = ScheduledWork.objects.filter(customer=acme, sync_id=theirs[what], kind=kind)
        if kind in ("night", "alerts"):  # about the customer as a whole, whatever the id: done, and due again
            assert left.get().lease_until is None
        else:  # there is no such thing here, and nobody asks for it again
            assert not left.exists(), (kind, what)


def test_a_message_that_says_of_a_claim_what_is_not_so_is_dropped(
    acme: Customer, globex: Customer, theirs: dict[str, UUID]
) -> None:
    lies: dict[str, Any] = {"customer_id": acme.pk, "schema_name": acme.schema_name, "sync_id": uuid4()}
    for kind, what in CLAIMS:
        claim = claimed(globex, kind, theirs[what])
        before = everything_of(acme), everything_of(globex)
        for field, value in {**lies, "kind": "poll" if kind == "inbound" else "inbound"}.items():
            handle(replace(claim, **{field: value}))
        handle(replace(claim, customer_id=acme.pk, schema_name=acme.schema_name))
        assert (everything_of(acme), everything_of(globex)) == before, (kind, what)


def test_sealing_and_removing_touch_only_the_customers_they_are_told(acme: Customer, globex: Customer) -> None:
    for customer in (acme, globex):
        with schema.within(customer), transaction.atomic():
            sealed_books.fill(at=NOW - timedelta(days=2))
    before = everything_of(globex)
    tasks.seal(customers=[acme.pk])
    tasks.purge(customers=[acme.pk])
    assert everything_of(globex) == before
    with schema.within(acme):
        assert AuditSeal.objects.exists()
