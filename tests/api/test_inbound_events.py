"""Inbound events by the API: found, read, replayed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.models import AuditEvent, Connection, InboundEvent
from tenants import schema
from tenants.models import ScheduledWork
from tests.api.books import BEGINNING, fill
from tests.api.caller import caller_of


@pytest.fixture
def events(acme):
    """Three events about jobs, the newest one failed, and one about something else."""
    fill(acme)
    return make(acme, 3)


def make(customer, count):
    with schema.within(customer):
        account = Connection.objects.get(system="servicetitan")
        given = {"connection": account, "tenant_id": "1001", "type": "tn.jpm.job-updated", "object_kind": "job"}
        made = [
            InboundEvent.objects.create(
                **given,
                occurrence=f"occurrence-{number}",
                object_id=str(88000 + number),
                object_number=str(2000 + number),
                received_at=BEGINNING + timedelta(minutes=number),
                state="failed" if number == count - 1 else "applied",
            )
            for number in range(count)
        ]
        other = {"type": "tn.acc.invoice-posted", "state": "ignored", "code": "not-ours"}
        made.append(
            InboundEvent.objects.create(
                connection=account, tenant_id="1001", occurrence="other", received_at=BEGINNING, **other
            )
        )
    return made


def test_events_are_listed_newest_first_and_found_by_state_number_and_time(api, events):
    def found(query=""):
        return [row["occurrence"] for row in api.get(f"inbound-events{query}").json()["items"]]

    assert found()[:2] == ["occurrence-2", "occurrence-1"]
    assert found("?state=failed") == ["occurrence-2"]
    assert found("?object_number=2001") == ["occurrence-1"]
    assert found("?type=tn.acc.invoice-posted") == ["other"]
    assert found("?received_from=2026-03-02T08:02:00Z") == ["occurrence-2"]
    assert api.get("inbound-events?state=odd").status_code == 400


def test_one_event_is_read_with_what_became_of_it(api, events):
    shown = api.get(f"inbound-events/{events[2].pk}").json()
    assert (shown["state"], shown["object_number"], shown["tenant_id"]) == ("failed", "2002", "1001")
    assert api.get("inbound-events/01890000-0000-7000-8000-000000000001").status_code == 404


def test_a_replay_is_due_at_once_and_in_the_audit(api, events, acme):
    answer = api.post(f"inbound-events/{events[2].pk}/replay")
    assert (answer.status_code, answer.json()["state"], answer.json()["code"]) == (202, "received", "replayed")
    assert ScheduledWork.objects.filter(customer=acme, kind="inbound", due_at__isnull=False).count() == 1
    assert api.post(f"inbound-events/{events[2].pk}/replay").status_code == 202
    assert ScheduledWork.objects.filter(customer=acme, kind="inbound").count() == 1
    with schema.within(acme):
        told = AuditEvent.objects.get(action="inbound-event.replayed")
    assert (told.subject_id, told.detail) == (str(events[2].pk), {"before": {"state": "failed", "code": ""}})


def test_what_names_no_object_of_ours_is_not_replayed(api, events):
    answer = api.post(f"inbound-events/{events[3].pk}/replay")
    assert answer.status_code == 409
    assert answer.json()["detail"] == "tn.acc.invoice-posted names nothing that could be read again."


def test_another_customers_event_is_not_found(events, globex):
    assert caller_of(globex).get(f"inbound-events/{events[2].pk}").status_code == 404
    assert caller_of(globex).post(f"inbound-events/{events[2].pk}/replay").status_code == 404


def test_a_reader_replays_nothing(reader, events):
    assert reader.post(f"inbound-events/{events[2].pk}/replay").status_code == 403


def test_a_list_costs_the_same_whatever_its_length(api, acme, events):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert api.get("inbound-events").status_code == 200
        return len(queries)

    cost()  # the first call of a key notes that it was used
    before = cost()
    with schema.within(acme):
        InboundEvent.objects.all().delete()
    make(acme, 40)
    assert cost() == before
