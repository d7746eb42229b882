"""For how long data are kept, as programs see and change it."""

from __future__ import annotations

from integrations.models import AuditEvent
from tenants import schema
from tests.api.caller import caller_of


def test_days_are_those_of_the_installation_unless_the_customer_has_own_ones(api, settings):
    shown = api.get("retention").json()
    assert shown == {"days": settings.RETAIN_DAYS, "own": [], "installation": settings.RETAIN_DAYS}
    changed = api.change("retention", {"days": {"exchanges": 90, "audit": 0}}).json()
    assert changed["days"] == {**settings.RETAIN_DAYS, "exchanges": 90, "audit": 0}
    assert changed["own"] == ["audit", "exchanges"]
    back = api.change("retention", {"days": {"exchanges": None}}).json()
    assert (back["days"]["exchanges"], back["own"]) == (settings.RETAIN_DAYS["exchanges"], ["audit"])


def test_a_change_is_in_the_audit_and_of_no_other_customer(api, acme, globex):
    api.change("retention", {"days": {"exchanges": 90}})
    with schema.within(acme):
        event = AuditEvent.objects.get(action="retention.changed")
    assert (event.subject, event.detail, event.actor_kind) == ("exchanges", {"days": [400, 90]}, "api-key")
    assert caller_of(globex).get("retention").json()["own"] == []


def test_what_cannot_be_is_refused_with_its_place_and_nothing_changes(api):
    answer = api.change("retention", {"days": {"exchanges": 90, "payloads": 3, "dreams": 30}})
    assert answer.status_code == 400
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/days/payloads", "/days/dreams"}
    assert api.get("retention").json()["own"] == []


def test_a_change_needs_the_tag_of_what_was_read(api):
    assert api.call("PATCH", "retention", {"days": {"runs": 30}}).status_code == 428
    first = api.get("retention")["ETag"]
    assert api.call("PATCH", "retention", {"days": {"runs": 30}}, If_Match=first).status_code == 200
    assert api.call("PATCH", "retention", {"days": {"runs": 60}}, If_Match=first).status_code == 412
