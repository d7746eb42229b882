"""The customer itself."""

from __future__ import annotations

from integrations.models import AuditEvent
from tenants import schema


def test_a_key_reads_the_customer_of_its_host(api):
    answer = api.get("customer")
    shown = answer.json()
    assert (answer.status_code, shown["id"], shown["name"]) == (200, "acme", "Acme Plumbing")
    assert shown["created_at"].endswith("Z")


def test_a_change_needs_the_tag_of_what_was_read(api):
    answer = api.call("PATCH", "customer", {"name": "Acme"})
    assert (answer.status_code, answer.json()["type"]) == (428, "urn:ml-connector:problem:precondition-required")
    first = api.get("customer")["ETag"]
    assert api.call("PATCH", "customer", {"name": "Acme"}, If_Match=first).json()["name"] == "Acme"
    late = api.call("PATCH", "customer", {"time_zone": "America/Denver"}, If_Match=first)
    assert (late.status_code, late["ETag"]) == (412, api.get("customer")["ETag"])
    assert api.get("customer").json()["time_zone"] == "America/New_York"


def test_what_was_changed_is_in_the_audit_with_before_and_after(api, acme):
    api.change("customer", {"time_zone": "America/Denver"})
    with schema.within(acme):
        event = AuditEvent.objects.get(action="customer.changed")
    assert event.detail == {"before": {"time_zone": "America/New_York"}, "after": {"time_zone": "America/Denver"}}
    assert event.actor_kind == "api-key"


def test_a_time_zone_that_does_not_exist_is_refused_with_its_place(api):
    answer = api.change("customer", {"time_zone": "Mars/Olympus", "nick": "A"})
    assert answer.status_code == 400
    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == {
        ("/time_zone", "time-zone"),
        ("/nick", "unknown"),
    }
