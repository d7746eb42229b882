"""Staff get onto a customer's host by stepping in only: with a reason, for half an hour, and on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from integrations import support
from integrations.models import AuditEvent
from integrations.refusals import CannotBeDone
from tenants import schema
from tenants.models import Customer, Membership, Person, Role
from tenants.support_models import StepIn
from tests.tenants.browser import PASSWORD, Browser

ACME, GLOBEX, PUBLIC = "http://acme.localhost/", "http://globex.localhost/", "http://localhost/"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def root(db) -> Person:
    return Person.objects.create_superuser("root@host.test", PASSWORD)


@pytest.fixture
def browser(root) -> Browser:
    browser = Browser()
    browser.sign_in(root.email)
    return browser


def step_in(browser: Browser, customer: Customer, **form: str):
    given = {"customer": str(customer.pk), "reason": "ticket 7", "role": "operator", **form}
    return browser.open(f"{PUBLIC}admin/step-in/", data=given)


def audit_of(customer: Customer) -> list[tuple[str, str]]:
    with schema.within(customer):
        return list(AuditEvent.objects.order_by("sequence").values_list("action", "actor_label"))


def test_a_superuser_without_a_grant_gets_nothing(browser, acme):
    assert browser.open(f"{ACME}admin/").status_code == 403
    assert browser.open(ACME).status_code == 403


def test_stepping_in_opens_the_one_customer_and_says_so_on_every_page(browser, root, acme, globex):
    page = step_in(browser, acme)
    assert (page.status_code, browser.at) == (200, f"{ACME}admin/")
    for path in ("", "integrations/delivery/", "integrations/sync/", "integrations/auditevent/"):
        text = browser.open(f"{ACME}admin/{path}").content.decode()
        assert "You have stepped in at <strong>Acme Plumbing</strong>" in text
        assert "ticket 7" in text
    assert browser.open(f"{GLOBEX}admin/").status_code == 403
    assert ("support.stepped-in", "root@host.test (hosting team)") in audit_of(acme)
    assert audit_of(globex) == []
    grant = StepIn.objects.get()
    assert (grant.person, grant.customer, grant.reason, grant.role) == (root, acme, "ticket 7", "operator")


def test_it_ends_by_itself_after_half_an_hour(browser, root, acme):
    with time_machine.travel(NOW, tick=False) as clock:
        browser.sign_in(root.email)
        step_in(browser, acme)
        clock.shift(timedelta(minutes=29, seconds=59))
        assert browser.open(f"{ACME}admin/").status_code == 200
        clock.shift(timedelta(seconds=1))
        assert browser.open(f"{ACME}admin/").status_code == 403


def test_it_ends_by_a_button_and_both_are_in_the_audit(browser, acme):
    step_in(browser, acme)
    browser.open(f"{ACME}admin/step-out/", data={})
    assert browser.open(f"{ACME}admin/").status_code == 403
    actions = [action for action, _ in audit_of(acme)]
    assert [action for action in actions if action.startswith("support.")] == [
        "support.stepped-in",
        "support.stepped-out",
    ]


def test_nobody_steps_in_without_a_reason(browser, acme):
    page = step_in(browser, acme, reason="  ")
    assert b"Say why" in page.content
    assert StepIn.objects.count() == 0


def test_staff_without_the_right_do_not_step_in_and_see_no_customers(acme):
    Person.objects.create_user("new@host.test", PASSWORD, is_staff=True)
    browser = Browser()
    browser.sign_in("new@host.test")
    assert step_in(browser, acme).status_code == 403
    assert browser.open(f"{PUBLIC}admin/search/?number=4500001234").status_code == 403
    assert b"Acme Plumbing" not in browser.open(f"{PUBLIC}admin/").content
    assert StepIn.objects.count() == 0


def test_who_is_no_staff_never_steps_in(acme):
    person = Person.objects.create_user("ana@acme.test", PASSWORD)
    with pytest.raises(CannotBeDone, match="Only staff"):
        support.step_in(person, acme, role=Role.OWNER, reason="curious", now=NOW)
    browser = Browser()
    browser.sign_in(person.email)
    assert step_in(browser, acme).status_code == 403


def test_staff_who_are_members_still_have_to_step_in_for_the_admin(browser, root, acme):
    Membership.objects.create(customer=acme, person=root, role=Role.OWNER)
    assert browser.open(ACME).status_code == 200
    assert browser.open(f"{ACME}admin/").status_code == 403
    step_in(browser, acme)
    assert browser.open(f"{ACME}admin/").status_code == 200


def test_a_suspended_customer_is_closed_to_staff_as_well(browser, acme):
    acme.suspended_at = NOW
    acme.save()
    assert b"is suspended" in step_in(browser, acme).content
    assert StepIn.objects.count() == 0


def test_who_is_no_longer_staff_is_out_at_once(browser, root, acme):
    step_in(browser, acme)
    Person.objects.filter(pk=root.pk).update(is_staff=False)
    assert browser.open(f"{ACME}admin/").status_code == 403


def test_a_grant_is_never_given_again_by_asking_with_get(browser, acme):
    assert browser.open(f"{PUBLIC}admin/step-in/?customer={acme.pk}&reason=x&role=owner").status_code == 200
    assert StepIn.objects.count() == 0


def test_what_staff_do_through_the_api_names_the_hosting_team(browser, root, acme):
    step_in(browser, acme, role="owner")
    client = browser.clients["acme.localhost"]
    tag = client.get("/api/v1/customer")["ETag"]
    body = {"data": '{"name": "Acme"}', "content_type": "application/json", "headers": {"If-Match": tag}}
    assert client.patch("/api/v1/customer", **body).status_code == 200
    assert ("customer.changed", "root@host.test (hosting team)") in audit_of(acme)


def test_what_a_stepped_in_viewer_sends_to_the_api_is_refused(browser, acme):
    step_in(browser, acme, role="viewer")
    answer = browser.clients["acme.localhost"].post("/api/v1/syncs/vendors/run", headers={"Idempotency-Key": "k"})
    assert answer.status_code == 403
