"""Rows of a customer to call the API about, and a digest over everything that a customer's tables hold."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from integrations.models import Connection, Run, Sync
from tenants import schedule, schema
from tenants.models import Customer

BEGINNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
# Noted without being a change of anybody's: when a key was seen.
ASIDE = {"integrations_apikey"}


def digest_of(*customers: Customer) -> str:
    """SHA-256 over all rows of all tables of these customers, and of the public ones that a call could change."""
    found = hashlib.sha256()
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [customers[0].schema_name])
        tables = sorted(name for (name,) in cursor.fetchall() if name not in ASIDE)
        places = [f'"{each.schema_name}"."{table}"' for each in customers for table in tables]
        places += [f'public."tenants_{name}"' for name in ("customer", "membership", "person", "scheduledwork")]
        for place in places:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, '|' ORDER BY t::text), '') FROM {place} t")
            found.update(f"{place}={cursor.fetchone()}".encode())
    return found.hexdigest()


def fill(customer: Customer, *, runs: int = 2, more_connections: int = 0) -> dict[str, Any]:
    """Two connections, the vendors' sync and some runs."""
    with schema.within(customer):
        ends = {
            name: Connection.objects.create(
                name=name,
                system=name,
                environment="sandbox",
                base_url="https://my300001-api.s4hana.cloud.sap" if name == "sap" else "",
                options={} if name == "sap" else {"servicetitan_tenant_id": "1001"},
                credentials={"username": "U", "password": "canary-password"},
            )
            for name in ("sap", "servicetitan")
        }
        for number in range(more_connections):
            Connection.objects.create(
                name=f"sap {number:03}", system="sap", environment="sandbox", base_url="https://x"
            )
        sync = Sync.objects.create(
            flow="vendors", source=ends["sap"], target=ends["servicetitan"], schedule={"every": "2m"}, cursor={"n": 1}
        )
        schedule.ensure(customer_id=customer.pk, sync_id=sync.pk, due_at=None)
        made = [
            Run.objects.create(sync=sync, started_at=BEGINNING + timedelta(minutes=number), state="completed")
            for number in range(runs)
        ]
    return {**ends, "sync": sync, "runs": made}
