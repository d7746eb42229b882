"""Alerts in the portal: what is wrong, who is told by mail, and the programs that are told."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from integrations import alerting
from integrations.models import Alert, AuditEvent, EventDelivery, EventEndpoint
from tenants import schedule, schema
from tenants.models import Role
from tests.portal.desk import Desk, enter, words

GIVEN = {
    "recipients": "",
    "failures_over": "10",
    "failed_polls": "5",
    "overdue_minutes": "30",
    "stalled_hours": "6",
    "expiry_days": "14",
}
PROGRAM = {"name": "Ticket desk", "url": "http://127.0.0.1:9/hook", "kinds": "books.differ"}


@pytest.fixture
def desk(acme, settings) -> Desk:
    settings.OUTGOING_ALLOW, settings.OUTGOING_ALLOW_PLAIN_HTTP = ["127.0.0.0/8"], True
    return enter(acme, Role.OWNER)


def wrong(customer, subject: str = "sap") -> Alert:
    now = timezone.now()
    with schema.within(customer):
        return Alert.objects.create(
            kind="connection-broken", cause=subject, subject=subject, first_seen_at=now, last_seen_at=now
        )


def add(desk: Desk, **given: str) -> str:
    answer = desk.post("/alerts/programs/", follow=False, **{**PROGRAM, **given})
    assert answer.status_code == 200, words(answer)
    return re.findall(r"whsec_[\w+/=-]+", answer.content.decode())[0]


# --- Alerts ---


def test_what_is_wrong_is_told_with_what_to_do_until_somebody_takes_care(desk, acme, globex):
    alert = wrong(acme)
    wrong(globex, "theirs")
    page = desk.page("/alerts/")
    assert "Connection broken: sap" in page
    assert alerting.KINDS["connection-broken"].advice in page
    assert "theirs" not in page
    assert "you take care of it" in words(desk.post(f"/alerts/{alert.pk}/acknowledge/"))
    assert "owner@acme.test" in desk.page("/alerts/")
    with schema.within(acme):
        assert AuditEvent.objects.get(action="alert.acknowledged").subject == "connection-broken sap"


def test_what_is_over_is_a_row_of_the_past(desk, acme):
    alert = wrong(acme)
    with schema.within(acme):
        Alert.objects.filter(pk=alert.pk).update(state=Alert.State.RECOVERED, recovered_at=timezone.now())
    page = desk.page("/alerts/")
    assert "Nothing is wrong" in page
    assert "What is over" in page


def test_who_is_told_is_chosen_and_in_the_audit(desk, acme):
    given = {
        **GIVEN,
        "recipients": "Ap@acme.test\nops@acme.test, ap@acme.test",
        "muted": "books-differ",
        "to_owners": "on",
    }
    assert "Saved." in words(desk.post("/alerts/choices/", **given))
    with schema.within(acme):
        chosen = alerting.current_settings()
        assert (chosen.recipients, chosen.muted) == (["ap@acme.test", "ops@acme.test"], ["books-differ"])
        assert AuditEvent.objects.get(action="alert-settings.changed").detail == {
            "recipients": [[], ["ap@acme.test", "ops@acme.test"]],
            "muted": [[], ["books-differ"]],
        }
    assert "ops@acme.test" in desk.get("/alerts/").content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"recipients": "nobody"}, "'nobody' is not a mail address."),
        ({"failed_polls": "0"}, "greater than or equal to 1"),
        ({"overdue_minutes": ""}, "This field is required."),
        ({"muted": "everything"}, "Select a valid choice."),
    ],
)
def test_choices_that_cannot_be_are_told_beside_the_field_and_change_nothing(desk, acme, given, said):
    answer = desk.post("/alerts/choices/", follow=False, **{**GIVEN, **given})
    assert answer.status_code == 422
    assert said in words(answer)
    with schema.within(acme):
        assert not AuditEvent.objects.filter(action="alert-settings.changed").exists()


def test_operators_take_care_and_choose_nothing_and_viewers_only_look(acme):
    alert = wrong(acme)
    viewer = enter(acme, Role.VIEWER)
    assert "I take care of it" not in viewer.page("/alerts/")
    assert viewer.post(f"/alerts/{alert.pk}/acknowledge/", follow=False).status_code == 403
    operator = enter(acme, Role.OPERATOR)
    assert operator.post(f"/alerts/{alert.pk}/acknowledge/", follow=False).status_code == 303
    assert operator.post("/alerts/choices/", follow=False, **GIVEN).status_code == 403
    assert operator.get("/alerts/programs/").status_code == 403


# --- Programs ---


def test_an_address_is_added_its_secret_shown_once_and_a_test_sent(desk, acme):
    secret = add(desk)
    with schema.within(acme):
        endpoint = EventEndpoint.objects.get()
        assert endpoint.kinds == ["books.differ"]
    for path in ("/alerts/programs/", f"/alerts/programs/{endpoint.pk}/"):
        assert secret not in desk.get(path).content.decode()
    assert "A test is on its way" in words(desk.post(f"/alerts/programs/{endpoint.pk}/test/"))
    assert "endpoint.test" in desk.page(f"/alerts/programs/{endpoint.pk}/")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"url": "http://169.254.169.254/"}, "169.254.169.254"),
        ({"url": "no address"}, "Enter a valid URL."),
        ({"url": "ftp://example.com/"}, "ftp"),
        ({"kinds": "everything"}, "Select a valid choice."),
        ({"name": ""}, "This field is required."),
    ],
)
def test_an_address_that_cannot_be_is_told_beside_the_field(desk, acme, given, said):
    answer = desk.post("/alerts/programs/", follow=False, **{**PROGRAM, **given})
    assert answer.status_code == 422
    assert said in words(answer)
    with schema.within(acme):
        assert EventEndpoint.objects.count() == 0


def test_one_is_switched_off_and_on_renewed_told_again_and_removed(desk, acme):
    old = add(desk)
    with schema.within(acme):
        endpoint = EventEndpoint.objects.get()
    base = f"/alerts/programs/{endpoint.pk}"
    assert "told nothing any more" in words(desk.post(f"{base}/switch/", enabled="off"))
    assert "enable it first" in words(desk.post(f"{base}/test/"))
    desk.post(f"{base}/switch/", enabled="on")
    desk.post(f"{base}/test/")
    answer = desk.post(f"{base}/renew/", follow=False, overlap="0")
    assert re.findall(r"whsec_[\w+/=-]+", answer.content.decode())[0] != old
    with schema.within(acme):
        EventDelivery.objects.update(state="given_up", created_at=timezone.now() - timedelta(hours=1))
        delivery = EventDelivery.objects.get()
    assert "It is sent again." in words(desk.post(f"{base}/{delivery.pk}/again/"))
    with schema.within(acme):
        assert EventDelivery.objects.get().state == "pending"
    assert "Removed." in words(desk.post(f"{base}/remove/"))
    with schema.within(acme):
        assert EventEndpoint.objects.count() == 0
    assert schedule.claim(now=timezone.now() + timedelta(days=1), limit=5, lease_seconds=60, kinds=("events",)) == []


def test_another_customers_program_is_not_found(desk, globex):
    add(enter(globex, Role.OWNER))
    with schema.within(globex):
        endpoint = EventEndpoint.objects.get()
    base = f"/alerts/programs/{endpoint.pk}/"
    assert desk.get(base).status_code == 404
    for deed in ("switch", "test", "renew", "remove"):
        assert desk.post(f"{base}{deed}/", follow=False, enabled="off", overlap="0").status_code == 404
    with schema.within(globex):
        assert EventEndpoint.objects.get().enabled
