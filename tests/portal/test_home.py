"""The portal's first page: do the books agree, how fresh are they, what needs me."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations import pulse
from integrations.engine import counting
from integrations.engine.versions import BACKFILL
from integrations.models import Connection, Delivery, ReconcileReport, Sync, ValueMap
from integrations.tokens import PAUSED_FOR_CREDENTIALS
from tenants import schema
from tenants.models import Customer
from tests.api.books import BEGINNING
from tests.api.records import held_up, work
from tests.portal.desk import Desk, enter, words

ASKED = {"HX-Request": "true"}


@pytest.fixture
def made(acme) -> dict[str, Any]:
    return work(acme)


@pytest.fixture
def desk(acme, made) -> Desk:
    return enter(acme)


def compared(customer: Customer, *, agree: bool) -> None:
    with schema.within(customer):
        given = {"state": "finished", "agree": agree, "started_at": BEGINNING, "finished_at": BEGINNING}
        sync = Sync.objects.get(flow="purchase-orders")
        ReconcileReport.objects.create(
            sync=sync, started_by="t", differing=0 if agree else 4, causes={"late": 4}, **given
        )


def orders(desk: Desk) -> Any:
    """The row of the orders' flow."""
    (row,) = [row for row in desk.get("/").context["rows"] if row.name == "purchase-orders"]
    return row


def test_the_three_questions_are_answered(desk, acme):
    compared(acme, agree=True)
    text = desk.page("/")
    assert "Do the books agree? Yes" in text
    assert "How fresh?" in text
    assert "What needs you? 1 task" in text


def test_books_that_differ_are_a_task_with_a_link_to_the_differences(desk, acme):
    compared(acme, agree=False)
    page = desk.get("/")
    assert "Do the books agree? 4 differences" in words(page)
    with schema.within(acme):
        assert f"/books/{ReconcileReport.objects.get().pk}/" in page.content.decode()


def test_what_was_never_compared_is_not_called_agreeing(desk):
    assert "Do the books agree? Not compared yet" in desk.page("/")


def test_tasks_stand_in_the_order_of_their_consequence(desk, acme):
    compared(acme, agree=False)
    with schema.within(acme):
        refused = {"pause_code": PAUSED_FOR_CREDENTIALS, "pause_reason": "SAP refused the credentials."}
        Connection.objects.filter(name="sap").update(state="paused", **refused)
        ValueMap.objects.create(map="cost-center", key="gone", value="99", missing_since=BEGINNING)
        held = held_up(Sync.objects.get(flow="purchase-orders"), "4800000001", 1)
        Delivery.objects.filter(pk=held.pk).update(code="rejected", needs="", reason="The vendor is inactive.")
    found = [one["task"].kind for one in desk.get("/").context["tasks"]]
    assert found == ["credentials", "books", "unmapped", "vanished", "held"]
    text = desk.page("/")
    assert "its credentials are refused, so nothing moves there. SAP refused the credentials." in text
    assert "3 records wait for a mapping." in text


def test_a_flow_of_a_paused_connection_is_not_called_running(desk, acme):
    with schema.within(acme):
        Connection.objects.filter(name="sap").update(state="paused", pause_reason="SAP is away.")
    row = orders(desk)
    assert (str(row.state), row.badge) == ("paused", "bad")


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"enabled": False}, "switched off"),
        ({"state": "paused"}, "paused"),
        ({"failures": 3}, "cannot be read"),
        ({"fresh_at": None}, "first load"),
        ({}, "running"),
    ],
)
def test_each_flow_says_how_it_is(desk, acme, values, state):
    with schema.within(acme):
        Sync.objects.update(**values)
    row = orders(desk)
    assert str(row.state) == state


def test_today_begins_at_the_readers_midnight(desk, acme, made):
    now = timezone.now()
    with schema.within(acme):
        Delivery.objects.filter(pk=made["done"].pk).update(closed_at=now - timedelta(days=2))
        closed = held_up(made["orders"], "4900000001", 0)
        Delivery.objects.filter(pk=closed.pk).update(state="delivered", closed_at=now, needs="", code="")
        pulse.take(now=now)
    desk.browser.clients[desk.host].cookies["zone"] = "Pacific/Kiritimati"
    assert orders(desk).day.delivered == 1
    assert "Each flow today (Pacific/Kiritimati)" in desk.page("/")


def test_a_first_load_shows_how_far_it_is_and_how_long_it_takes(desk, acme):
    began = timezone.now() - timedelta(minutes=10)
    load = {"read": 250, "total": 1000, "began_at": began.isoformat(), "done": False}
    with schema.within(acme):
        Sync.objects.update(cursor={"load": load}, fresh_at=None)
    text = desk.page("/")
    assert "250 / 1000" in text
    assert "about 30 minutes left" in text


def test_a_great_many_open_records_cost_no_more_and_are_said_to_be_more(desk, acme, made, monkeypatch):
    began = timezone.now() - timedelta(minutes=10)
    load = {"read": 250, "total": 1000, "began_at": began.isoformat(), "done": False}
    with schema.within(acme):
        Sync.objects.update(cursor={"load": load}, fresh_at=None)
        for n in range(3):
            held_up(made["orders"], f"49000001{n:02}", n)
        Delivery.objects.filter(source_key__startswith="49000001").update(
            state="pending", needs="", code="", priority=BACKFILL
        )
    before = desk.statements("/")
    assert "3 of what was read are on their way" in desk.page("/")
    monkeypatch.setattr(counting, "MOST", 2)
    text = desk.page("/")
    assert "over 2" in text
    assert "more than 2 records wait for a mapping." in text
    assert desk.statements("/") == before - 1  # what a load has brought was counted a moment ago
    sql = " ".join(desk.sql)
    assert "GROUP BY" not in sql.split("integrations_pulse")[0]


def test_lines_are_drawn_here_and_say_in_words_what_they_show(desk, acme):
    now = timezone.now()
    with schema.within(acme):
        Sync.objects.update(fresh_at=now - timedelta(minutes=5))
        pulse.take(now=now)
    page = desk.get("/").content.decode()
    assert "at most 5 minutes behind its source in 24 hours" in page
    assert "<polyline" in page
    assert "style=" not in page


def test_nothing_is_sent_as_long_as_nothing_changed(desk, acme):
    seen = desk.get("/").context["seen"]
    same = desk.get(f"/?seen={seen}", **ASKED)
    assert (same.status_code, same.content) == (204, b"")
    with schema.within(acme):
        Delivery.objects.filter(state="quarantined").update(state="delivered", needs="", code="")
    part = desk.get(f"/?seen={seen}", **ASKED)
    assert part.status_code == 200
    assert part.content.decode().lstrip().startswith('<div class="stack" id="now"')
    assert "What needs you? Nothing" in words(part)


def test_a_new_customer_is_shown_the_way(globex):
    text = enter(globex).page("/")
    assert "Five steps to agreeing books" in text
    assert "1. Connect SAP and ServiceTitan next" in text
    assert "Do the books agree?" not in text


def test_the_way_says_what_is_done(acme, made):
    with schema.within(acme):
        Sync.objects.update(enabled=False)
        Connection.objects.update(checked_at=BEGINNING)
        ValueMap.objects.create(map="cost-center", key="K1", value="12")
    steps = enter(acme).get("/").context["steps"]
    assert [(step.is_done, step.is_next) for step in steps][:3] == [(True, False), (False, True), (True, False)]
