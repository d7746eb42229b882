"""What Prometheus is shown, to whom, and that counts of all processes are in it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as ours
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from integrations import metrics, telemetry
from integrations.budget import store
from tenants.health_models import SyncHealth
from tenants.models import Customer, ScheduledWork
from tests import databases

TOKEN = "canary-token-of-metrics"
NOW = timezone.now


@pytest.fixture
def counts():
    """The store, without counts of other tests."""
    databases.start_broker()
    telemetry.drain()
    store(ours.REDIS_URL)._client.delete(metrics.COUNTS, metrics.TICKED)
    return store(ours.REDIS_URL)._client


@pytest.fixture
def scrape(db, counts, settings):
    settings.METRICS_TOKEN = TOKEN

    def scrape():
        answer = Client(SERVER_NAME="localhost").get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        return answer.content.decode()

    return scrape


def samples(text):
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name, *sorted(sample.labels.items())] = sample.value
    return found


def sync_health(customer, flow="vendors", **values):
    given = {
        "running": True,
        "fresh_at": NOW() - timedelta(seconds=100),
        "backlog": {"pending": 3, "quarantined": 2},
        "failures": {"unmapped": 2},
        "oldest_open_at": NOW() - timedelta(seconds=50),
        "connections": {"sap": {"system": "sap", "state": "ok", "code": "", "calls_per_second": 5.0}},
        "updated_at": NOW(),
    }
    number = SyncHealth.objects.count() + 1
    return SyncHealth.objects.create(
        customer=customer, flow=flow, sync_id=f"0192d3c4-0000-7000-8000-{number:012}", **{**given, **values}
    )


def test_nobody_sees_metrics_unless_it_is_configured(db, settings):
    settings.METRICS_TOKEN, settings.METRICS_ALLOW = "", []
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}"}):
        answer = Client(SERVER_NAME="localhost").get("/metrics", headers=headers)
        assert (answer.status_code, b"connector_" in answer.content) == (403, False)


@pytest.mark.parametrize("given", ["", "Bearer canary", f"Basic {TOKEN}", f"Bearer {TOKEN}x", TOKEN, "Bearer é"])
def test_a_wrong_token_sees_nothing(db, settings, given):
    settings.METRICS_TOKEN = TOKEN
    answer = Client(SERVER_NAME="localhost").get("/metrics", headers={"Authorization": given})
    assert answer.status_code == 403


def test_an_allowed_network_sees_metrics_and_a_proxy_in_between_opens_nothing(db, counts, settings):
    settings.METRICS_TOKEN, settings.METRICS_ALLOW = "", ["10.20.0.0/16"]
    near = Client(SERVER_NAME="localhost", REMOTE_ADDR="10.20.1.1")
    assert near.get("/metrics").status_code == 200
    assert near.get("/metrics", headers={"X-Forwarded-For": "203.0.113.5"}).status_code == 403
    assert Client(SERVER_NAME="localhost", REMOTE_ADDR="10.21.1.1").get("/metrics").status_code == 403


def test_a_customers_host_has_no_metrics(acme, settings):
    settings.METRICS_TOKEN = TOKEN
    answer = Client(SERVER_NAME="acme.localhost").get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 404 or b"connector_" not in answer.content


def test_gauges_tell_lag_backlog_and_who_is_needed(acme, globex, scrape):
    sync_health(acme, books_agree=False)
    sync_health(globex, running=False, backlog={}, failures={}, oldest_open_at=None)
    found = samples(scrape())
    at_acme, at_globex = ("customer", "acme"), ("customer", "globex")
    vendors = ("flow", "vendors")
    assert found["connector_source_lag_seconds", at_acme, vendors] == pytest.approx(100, abs=30)
    assert found["connector_backlog", at_acme, vendors, ("state", "quarantined")] == 2
    assert found["connector_needs_person", ("code", "unmapped"), at_acme, vendors] == 2
    assert found["connector_oldest_open_seconds", at_acme, vendors] == pytest.approx(50, abs=30)
    assert found["connector_oldest_open_seconds", at_globex, vendors] == 0
    assert (found["connector_sync_running", at_acme, vendors], found["connector_sync_running", at_globex, vendors]) == (
        1,
        0,
    )
    assert found["connector_books_agree", at_acme, vendors] == 0
    assert ("connector_books_agree", at_globex, vendors) not in found
    assert found["connector_connection_ok", ("connection", "sap"), at_acme, ("system", "sap")] == 1
    assert found["connector_budget_calls_per_second", at_acme, ("system", "sap")] == 5


def test_the_schedule_index_knows_a_fresher_source_than_the_last_eventful_run(acme, scrape):
    row = sync_health(acme)
    ScheduledWork.objects.create(customer=acme, sync_id=row.sync_id, kind="poll", fresh_at=NOW())
    lag = samples(scrape())["connector_source_lag_seconds", ("customer", "acme"), ("flow", "vendors")]
    assert lag < 60


def test_a_suspended_customer_is_not_shown(acme, scrape):
    sync_health(acme)
    Customer.objects.update(suspended_at=NOW())
    assert not [name for name in samples(scrape()) if ("customer", "acme") in name]


def test_overdue_work_that_nobody_claimed_is_shown(acme, scrape):
    row = {"customer": acme, "sync_id": "0192d3c4-0000-7000-8000-000000000001"}
    ScheduledWork.objects.create(**row, kind="poll", due_at=NOW() - timedelta(seconds=500))
    later = NOW() + timedelta(seconds=100)
    ScheduledWork.objects.create(**row, kind="deliver", due_at=NOW() - timedelta(seconds=900), lease_until=later)
    assert samples(scrape())["connector_schedule_overdue_seconds",] == pytest.approx(500, abs=30)


def test_counts_are_added_up_over_processes(scrape, counts):
    telemetry.count("connector_polls", "vendors", "idle", by=2)
    telemetry.observe("connector_tick_delay_seconds", seconds=0.3)
    program = (
        "import django; django.setup()\n"
        "from integrations import metrics, telemetry\n"
        "telemetry.count('connector_polls', 'vendors', 'idle')\n"
        "telemetry.observe('connector_tick_delay_seconds', seconds=7)\n"
        "metrics.hand_on()\n"
    )
    environment = databases.Copy("postgres").environment
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, cwd=ours.BASE_DIR)
    for _ in range(2):
        found = samples(scrape())
        assert found["connector_polls_total", ("flow", "vendors"), ("outcome", "idle")] == 3
        bucket = "connector_tick_delay_seconds_bucket"
        assert [found[bucket, ("le", edge)] for edge in ("0.25", "0.5", "5.0", "10.0", "+Inf")] == [0, 1, 1, 2, 2]
        assert found["connector_tick_delay_seconds_sum",] == pytest.approx(7.3)


def test_a_store_that_is_away_loses_no_count(settings, counts):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    telemetry.count("connector_polls", "vendors", "idle")
    metrics.hand_on()
    assert telemetry.drain() == {("connector_polls", "vendors", "idle"): 1}


def test_a_process_does_not_ask_the_store_at_every_task(monkeypatch, counts):
    handed = []
    monkeypatch.setattr(metrics, "hand_on", lambda: handed.append(1))
    monkeypatch.setattr(metrics, "_handed_on_at", 0.0)
    for _ in range(10):
        metrics.hand_on_soon()
    assert handed == [1]


def test_an_exchange_is_timed_and_a_429_counted():
    telemetry.drain()
    telemetry.exchanged("acme", "sap", "GET", 429, 0.2)
    telemetry.exchanged("acme", "sap", "POST", None, 200)
    assert telemetry.drain() == {
        ("connector_remote_seconds", "sap", "GET", "4xx", "0.25"): 1,
        ("connector_remote_seconds", "sap", "GET", "4xx", "sum"): 0.2,
        ("connector_remote_seconds", "sap", "POST", "none", "+Inf"): 1,
        ("connector_remote_seconds", "sap", "POST", "none", "sum"): 200,
        ("connector_remote_calls", "acme", "sap"): 2,
        ("connector_remote_throttled", "acme", "sap"): 1,
    }


@pytest.mark.parametrize("labels", [(), ("vendors",), ("vendors", "idle", "more")])
def test_a_count_with_other_labels_than_declared_is_our_mistake(labels):
    with pytest.raises(ValueError, match="has the labels"):
        telemetry.count("connector_polls", *labels)


def test_every_metric_that_the_dashboard_names_exists():
    dashboard = json.loads(Path(ours.BASE_DIR, "deploy", "grafana", "ml-connector.json").read_text())
    asked = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", []))
    counters = {f"{name}_total" for name, metric in telemetry.METRICS.items() if metric.kind == "counter"}
    times = {name for name, metric in telemetry.METRICS.items() if metric.kind == "histogram"}
    known = counters | {f"{name}_{end}" for name in times for end in ("bucket", "sum", "count")} | set(metrics.GAUGES)
    named = set(re.findall(r"\bconnector_\w+", asked))
    assert named <= known
    families = {re.sub("_(bucket|sum|count)$", "", name) for name in named}
    assert families == counters | times | set(metrics.GAUGES)
