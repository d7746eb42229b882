"""What Prometheus is shown: counts of all processes, added up in Redis or Valkey, and gauges from two public tables.

Workers fork and are replaced all the time, and the web process that is asked may run on another machine; so no process
shows its own counts, and none visits a customer's schema. Counts of a process reach the store some seconds later; those
of a process that is killed are lost. Rates are right all the same, and nothing is decided by them.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from integrations import telemetry
from integrations.budget import store
from integrations.telemetry import BUCKETS, METRICS, Key

COUNTS = "metrics:counts"
TICKED = "metrics:ticked-at"
EVERY = 5.0
"""Seconds between two times that a process hands its counts on."""

GAUGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "connector_source_lag_seconds": ("Since the source was known to have nothing newer.", ("customer", "flow")),
    "connector_sync_running": ("1 if nothing pauses the sync.", ("customer", "flow")),
    "connector_failing_polls": ("Polls in a row that failed.", ("customer", "flow")),
    "connector_backlog": ("Open deliveries by state.", ("customer", "flow", "state")),
    "connector_needs_person": ("Deliveries that a person has to look at, by code.", ("customer", "flow", "code")),
    "connector_oldest_open_seconds": ("Age of the oldest open delivery.", ("customer", "flow")),
    "connector_books_agree": ("1 if the books agreed when they were compared last.", ("customer", "flow")),
    "connector_connection_ok": ("1 if the connection is not paused.", ("customer", "connection", "system")),
    "connector_budget_calls_per_second": ("Calls a second that may be made.", ("customer", "system")),
    "connector_schedule_overdue_seconds": ("How overdue the longest overdue work is that nobody has claimed.", ()),
    "connector_tick_age_seconds": ("Since a worker last did what beat asks for every second.", ()),
}

FRESH = """
    SELECT c.schema_name, h.flow, greatest(w.fresh_at, h.fresh_at) FROM public.tenants_synchealth h
    JOIN public.tenants_customer c ON c.id = h.customer_id
    LEFT JOIN public.tenants_scheduledwork w
        ON w.customer_id = h.customer_id AND w.sync_id = h.sync_id AND w.kind = 'poll'
    WHERE c.suspended_at IS NULL
"""
HEALTH = """
    SELECT c.schema_name, h.flow, h.running, h.failing_polls, h.backlog, h.failures, h.oldest_open_at, h.connections,
        h.books_agree
    FROM public.tenants_synchealth h JOIN public.tenants_customer c ON c.id = h.customer_id
    WHERE c.suspended_at IS NULL
"""
OVERDUE = """
    SELECT min(due_at) FROM public.tenants_scheduledwork
    WHERE due_at <= %s AND (lease_until IS NULL OR lease_until < %s)
      AND customer_id NOT IN (SELECT id FROM public.tenants_customer WHERE suspended_at IS NOT NULL)
"""

_lock = threading.Lock()
_handed_on_at = 0.0


def hand_on() -> None:
    """Adds what this process counted to the counts of all; kept for the next time if the store cannot be reached."""
    counts = telemetry.drain()
    if counts and store(settings.REDIS_URL).reach(lambda client: _added(client, counts)) is None:
        telemetry.put_back(counts)


def hand_on_soon(**_: Any) -> None:
    """At the end of a task or request: hands on what was counted, but not more often than every few seconds."""
    global _handed_on_at  # noqa: PLW0603 - one clock per process
    with _lock:
        if time.monotonic() - _handed_on_at < EVERY:
            return
        _handed_on_at = time.monotonic()
    hand_on()


def forget(customer: str) -> None:
    """Nothing is counted about this customer (by schema name) any more; what other processes still hold comes once."""
    gone = [key for key in _stored() if customer in key[1:]]
    if gone:
        store(settings.REDIS_URL).reach(lambda client: client.hdel(COUNTS, *(json.dumps(key) for key in gone)))


def ticked() -> None:
    """Notes that beat asked and a worker answered."""
    now = f"{time.time():.3f}"
    store(settings.REDIS_URL).reach(lambda client: client.set(TICKED, now))


def tick_age() -> float | None:
    """Seconds since then; None if that is not known."""
    found = store(settings.REDIS_URL).reach(lambda client: client.get(TICKED))
    return max(0.0, time.time() - float(found)) if found else None


def exposition() -> bytes:
    """Everything in the text format of Prometheus. In the public schema."""
    hand_on()
    registry = CollectorRegistry()
    registry.register(_Everything())
    return generate_latest(registry)


class _Everything(Collector):
    def collect(self) -> Iterable[Metric]:
        """Counters and histograms of all processes, then the gauges."""
        yield from _counted(_stored())
        yield from _gauges()


def _added(client: Any, counts: Mapping[Key, float]) -> Any:
    with client.pipeline(transaction=False) as pipe:
        for key, by in counts.items():
            pipe.hincrbyfloat(COUNTS, json.dumps(key), by)
        return pipe.execute()


def _stored() -> dict[Key, float]:
    found = store(settings.REDIS_URL).reach(lambda client: client.hgetall(COUNTS)) or {}
    return {tuple(json.loads(key)): float(value) for key, value in found.items()}


def _counted(counts: Mapping[Key, float]) -> Iterator[Metric]:
    by_name: dict[str, dict[Key, float]] = defaultdict(dict)
    for key, value in counts.items():
        by_name[key[0]][key[1:]] = value
    for name, metric in METRICS.items():
        if metric.kind == "counter":
            counter = CounterMetricFamily(name, metric.help, labels=metric.labels)
            for labels, value in sorted(by_name[name].items()):
                counter.add_metric(labels, value)
            yield counter
        else:
            yield _histogram(name, metric, by_name[name])


def _histogram(name: str, metric: telemetry.Metric, counts: Mapping[Key, float]) -> HistogramMetricFamily:
    """Buckets are stored one by one and shown as sums of all up to each."""
    family = HistogramMetricFamily(name, metric.help, labels=metric.labels)
    for labels in sorted({key[:-1] for key in counts}):
        total, buckets = 0.0, []
        for edge in (*(f"{edge}" for edge in BUCKETS), "+Inf"):
            total += counts.get((*labels, edge), 0)
            buckets.append((edge, total))
        family.add_metric(labels, buckets, counts.get((*labels, "sum"), 0))
    return family


def _gauges() -> Iterator[Metric]:
    families = {name: GaugeMetricFamily(name, text, labels=labels) for name, (text, labels) in GAUGES.items()}
    for name, labels, value in _measured():
        families[name].add_metric(labels, value)
    yield from families.values()


def _measured() -> Iterator[tuple[str, tuple[str, ...], float]]:
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(FRESH)
        fresh = cursor.fetchall()
        cursor.execute(HEALTH)
        health = cursor.fetchall()
        cursor.execute(OVERDUE, [now, now])
        due_at = cursor.fetchone()[0]
    for customer, flow, at in fresh:
        if at is not None:
            yield "connector_source_lag_seconds", (customer, flow), max(0.0, (now - at).total_seconds())
    yield from _of_connections(health)
    for row in health:
        yield from _of_sync(row, now)
    yield "connector_schedule_overdue_seconds", (), (now - due_at).total_seconds() if due_at else 0.0
    if (age := tick_age()) is not None:
        yield "connector_tick_age_seconds", (), age


def _of_sync(row: tuple[Any, ...], now: Any) -> Iterator[tuple[str, tuple[str, ...], float]]:
    customer, flow, running, failing, backlog, failures, oldest, _, agree = row
    yield "connector_sync_running", (customer, flow), float(running)
    yield "connector_failing_polls", (customer, flow), failing
    for state, count in _json(backlog).items():
        yield "connector_backlog", (customer, flow, state), count
    for code, count in _json(failures).items():
        yield "connector_needs_person", (customer, flow, code), count
    yield "connector_oldest_open_seconds", (customer, flow), (now - oldest).total_seconds() if oldest else 0.0
    if agree is not None:
        yield "connector_books_agree", (customer, flow), float(agree)


def _of_connections(health: list[tuple[Any, ...]]) -> Iterator[tuple[str, tuple[str, ...], float]]:
    """Each connection once, as the newest of its syncs' rows has it; calls per second by customer and system."""
    accounts = {(row[0], name): told for row in health for name, told in _json(row[7]).items()}
    rates: dict[tuple[str, str], float] = defaultdict(float)
    for (customer, name), told in accounts.items():
        yield "connector_connection_ok", (customer, name, told["system"]), float(told["state"] == "ok")
        rates[customer, told["system"]] += told["calls_per_second"]
    for key, rate in rates.items():
        yield "connector_budget_calls_per_second", key, rate


def _json(value: Any) -> dict[str, Any]:
    """JSON columns come as texts from a bare cursor."""
    found: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return found
