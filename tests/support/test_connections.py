"""Connections at the desk: added, changed, paused and pinged; secrets go in and never come out."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import AuditEvent, Connection, Sync
from tenants import schema
from tenants.models import Customer, Role
from tests.api.books import digest_of
from tests.support.desk import ADMIN, Desk

NEW = {
    "system": "sap",
    "name": "SAP two",
    "environment": "sandbox",
    "base_url": "https://93.184.216.34",
    "option-sap_client_number": "100",
    "option-page_size": "150",
    "secret-username": "canary-user",
    "secret-password": "canary-password-two",
}


def text(answer: Any) -> str:
    return str(answer.content.decode())


def row(acme: Customer, **which: Any) -> Connection:
    with schema.within(acme):
        return Connection.objects.get(**which)


def audited(acme: Customer) -> list[tuple[str, str, dict[str, Any]]]:
    with schema.within(acme):
        events = AuditEvent.objects.filter(action__startswith="connection.").order_by("sequence")
        return list(events.values_list("action", "actor_label", "detail"))


def test_a_connection_is_added_with_secrets_that_are_not_seen_again(acme: Customer, desk_as: Any) -> None:
    owner: Desk = desk_as(Role.OWNER)
    page = text(owner.browser.open(f"{ADMIN}integrations/connection/new/", data=NEW))
    made = row(acme, name="SAP two")
    assert made.options == {"sap_client_number": "100", "page_size": 150}
    with schema.within(acme):
        stored = Connection.objects.get(pk=made.pk).credentials.reveal()
    assert stored == {"username": "canary-user", "password": "canary-password-two"}
    pages = (
        page + text(owner.get(f"integrations/connection/{made.pk}/edit/")) + text(owner.get("integrations/auditevent/"))
    )
    assert "canary" not in pages
    ((action, who, detail),) = audited(acme)
    assert (action, who) == ("connection.created", "owner@host.test (hosting team)")
    assert "canary-" not in str(detail)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"base_url": "http://10.0.0.1"}, "base_url"),
        ({"option-page_size": "many"}, "options/page_size"),
        ({"name": " "}, "The name is missing"),
        ({"environment": "moon"}, "sandbox or production"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stands_there_but_no_secret(
    acme: Customer, records: Any, desk_as: Any, wrong: dict[str, str], told: str
) -> None:
    owner: Desk = desk_as(Role.OWNER)
    before = digest_of(acme)
    page = text(owner.browser.open(f"{ADMIN}integrations/connection/new/", data={**NEW, **wrong}))
    assert told in page
    assert 'value="150"' in page or "option-page_size" in wrong
    assert "canary" not in page
    assert digest_of(acme) == before


def test_options_are_changed_and_what_is_left_empty_is_as_the_systems_default(
    acme: Customer, records: Any, desk_as: Any
) -> None:
    owner: Desk = desk_as(Role.OWNER)
    sap = records["sap"]
    path = f"{ADMIN}integrations/connection/{sap.pk}/edit/"
    form = {"name": sap.name, "base_url": sap.base_url, "option-calls_per_second": "7", "option-read_only": "on"}
    assert "Changed: options" in text(owner.browser.open(path, data=form))
    changed = row(acme, pk=sap.pk)
    assert (changed.options["calls_per_second"], changed.options["read_only"]) == (7, True)
    owner.browser.open(path, data={"name": sap.name, "base_url": sap.base_url})
    assert row(acme, pk=sap.pk).options == {}
    assert [action for action, _, _ in audited(acme)] == ["connection.changed", "connection.changed"]


def test_another_address_needs_all_secrets_again(acme: Customer, records: Any, desk_as: Any) -> None:
    owner: Desk = desk_as(Role.OWNER)
    sap = records["sap"]
    path = f"{ADMIN}integrations/connection/{sap.pk}/edit/"
    page = text(owner.browser.open(path, data={"name": sap.name, "base_url": "https://93.184.216.34:8443"}))
    assert "what is stored is not sent to another address" in page
    assert row(acme, pk=sap.pk).base_url == sap.base_url


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_who_may_not_configure_sees_no_form_and_changes_nothing(
    acme: Customer, records: Any, desk_as: Any, role: Role
) -> None:
    desk: Desk = desk_as(role)
    before = digest_of(acme)
    for path in ("new/", f"{records['sap'].pk}/edit/"):
        assert desk.get(f"integrations/connection/{path}").status_code == 403
        assert desk.browser.open(f"{ADMIN}integrations/connection/{path}", data=NEW).status_code == 403
    assert digest_of(acme) == before


def test_a_person_pauses_a_connection_with_a_reason_and_only_a_person_resumes_it(
    acme: Customer, records: Any, desk_as: Any
) -> None:
    from integrations.tokens import pause_for_credentials

    operator: Desk = desk_as(Role.OPERATOR)
    sap = records["sap"]
    assert "Reason is missing" in text(operator.do(sap, "pause", reason=" "))
    assert "Paused: nothing is asked" in text(operator.do(sap, "pause", reason="SAP moves house"))
    with schema.within(acme):
        pause_for_credentials(Connection.objects.get(pk=sap.pk), "The credentials were refused.")
    paused = row(acme, pk=sap.pk)
    assert (paused.state, paused.pause_code, paused.pause_reason) == ("paused", "by-person", "SAP moves house")
    with schema.within(acme):
        assert set(Sync.objects.values_list("state", flat=True)) == {"active"}
    assert "The connection" in text(operator.do(records["orders"], "run"))
    operator.do(sap, "resume")
    assert row(acme, pk=sap.pk).state == "ok"
    assert [(action, detail["reason"]) for action, _, detail in audited(acme)] == [
        ("connection.paused", "SAP moves house"),
        ("connection.resumed", "SAP moves house"),
    ]
