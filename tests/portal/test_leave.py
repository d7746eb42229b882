"""Leaving, and second thoughts: an owner's decision, which only an owner takes back, and only if it was theirs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from integrations import customers
from integrations.audit import PLATFORM
from integrations.models import AuditEvent
from tenants import schema
from tenants.middleware import HOST_KEY
from tenants.models import Customer, Person, Role
from tests.portal.desk import Desk, enter, words


@pytest.fixture
def desk(acme) -> Desk:
    return enter(acme, Role.OWNER)


def public(email: str) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(Person.objects.get(email=email))
    session = client.session
    session[HOST_KEY] = "localhost"
    session.save()
    return client


def leave(desk: Desk) -> None:
    assert desk.post("/leave/", follow=False, name="acme  PLUMBING", reason="Sold").status_code == 303


def test_everything_stops_at_once_and_an_owner_takes_it_back(desk, acme):
    leave(desk)
    acme.refresh_from_db()
    assert acme.delete_after - acme.suspended_at == timedelta(days=30)
    shut = desk.get("/")
    assert shut.status_code == 403
    assert "Acme Plumbing is leaving" in words(shut)
    owner = public("owner@acme.test")
    assert "is leaving, removed on" in words(owner.get("/"))
    assert owner.post("/customers/acme/stay/").status_code == 303
    acme.refresh_from_db()
    assert (acme.suspended_at, acme.delete_after, acme.left_at) == (None, None, None)
    assert desk.get("/").status_code == 200
    with schema.within(acme):
        deeds = list(AuditEvent.objects.order_by("sequence").values_list("action", "actor_label"))
    told = ["customer.suspended", "customer.marked-for-deletion", "customer.kept", "customer.resumed"]
    assert deeds[-4:] == [(action, "owner@acme.test") for action in told]


@pytest.mark.parametrize("name", ["", "Acme", "Globex Heating"])
def test_another_name_stops_nothing(desk, acme, name):
    answer = desk.post("/leave/", follow=False, name=name)
    assert answer.status_code == 422
    acme.refresh_from_db()
    assert acme.suspended_at is None


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_nobody_else_leaves_or_stays(acme, role):
    leaver = enter(acme, role)
    assert leaver.get("/leave/").status_code == 403
    assert leaver.post("/leave/", follow=False, name="Acme Plumbing").status_code == 403
    leave(enter(acme, Role.OWNER))
    somebody = public(f"{role}@acme.test")
    assert "Stay" not in words(somebody.get("/"))
    assert somebody.post("/customers/acme/stay/").status_code == 404
    acme.refresh_from_db()
    assert acme.delete_after is not None


def test_an_owner_of_another_customer_finds_nothing_to_take_back(desk, acme, globex):
    enter(globex, Role.OWNER)
    leave(desk)
    assert public("owner@globex.test").post("/customers/acme/stay/").status_code == 404
    acme.refresh_from_db()
    assert acme.delete_after is not None


def test_what_the_hosting_team_has_decided_is_not_an_owners_to_take_back(desk, acme):
    leave(desk)
    with transaction.atomic():
        acme = Customer.objects.select_for_update().get(pk=acme.pk)
        customers.suspend(acme, reason="Unpaid", actor=PLATFORM, now=timezone.now())
    owner = public("owner@acme.test")
    assert "Stay" not in words(owner.get("/"))
    owner.post("/customers/acme/stay/")
    assert "decided by the hosting team" in words(owner.get("/"))
    acme.refresh_from_db()
    assert acme.suspended_at is not None


def test_after_the_waiting_period_it_is_gone(desk, acme, globex):
    leave(desk)
    assert list(customers.remove_due(now=timezone.now() + timedelta(days=29))) == []
    assert list(customers.remove_due(now=timezone.now() + timedelta(days=31))) == ["acme"]
    assert list(Customer.objects.values_list("schema_name", flat=True)) == ["globex"]
