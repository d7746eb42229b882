"""The public summary of a customer's syncs."""

from __future__ import annotations

from integrations import health
from integrations.models import Connection, Sync
from integrations.running import utc_now
from tenants.health_models import SyncHealth
from tenants.models import Customer


def test_a_flow_that_was_removed_and_switched_on_again_takes_over_its_row(in_acme: Customer) -> None:
    sides = [
        Connection.objects.create(name=name, system=name, environment="sandbox") for name in ("sap", "servicetitan")
    ]
    for _ in range(2):
        Sync.objects.all().delete()
        sync = Sync.objects.create(flow="vendors", source=sides[0], target=sides[1])
        health.tell(in_acme.pk, [sync], now=utc_now())
        assert [row.sync_id for row in SyncHealth.objects.filter(customer=in_acme)] == [sync.pk]
