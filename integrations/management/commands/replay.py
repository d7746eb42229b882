"""Sends records through the ledger again."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django_tenants.utils import schema_context

from integrations import audit
from integrations.engine import replay
from integrations.management.customers import find_customer, find_syncs
from integrations.models import Delivery, Sync
from integrations.running import CustomerSchedule, utc_now


class Command(BaseCommand):
    """Replays records by their source key; cannot double, since it goes through the same ledger."""

    help = "Send records through the ledger again; the last line is a JSON object of delivery states by key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customer", help="schema name of the customer")
        parser.add_argument("flow", help="flow of the records, e.g. purchase-orders")
        parser.add_argument("keys", nargs="*", help="source keys, e.g. 4500001234")
        parser.add_argument("--state", choices=["quarantined", "waiting"], help="all records in this state instead")

    def handle(self, *, customer: str, flow: str, keys: list[str], state: str | None, **options: Any) -> None:
        if bool(keys) == bool(state):
            raise CommandError("Name either source keys or --state.")
        found = find_customer(customer)
        with schema_context(found.schema_name):
            (sync,) = find_syncs(flow)
            if state:
                in_state = Delivery.objects.filter(sync=sync, state=state).order_by("source_key")
                keys = list(in_state.values_list("source_key", flat=True))
            known = set(Delivery.objects.filter(sync=sync, source_key__in=keys).values_list("source_key", flat=True))
            unknown = [key for key in keys if key not in known]
            if unknown:
                raise CommandError(f"{flow} has no record {', '.join(unknown)}; nothing was replayed.")
            plan = CustomerSchedule(found.pk)
            replayed = {key: _replayed(sync, key, plan) for key in keys}
        for key, delivery in replayed.items():
            self.stderr.write(f"{flow} {key}: version {delivery.number} is {delivery.state}")
        self.stdout.write(json.dumps({key: delivery.state for key, delivery in replayed.items()}))


def _replayed(sync: Sync, key: str, plan: CustomerSchedule) -> Delivery:
    with transaction.atomic():
        delivery = replay(sync, key, by="command", schedule=plan, now=utc_now())
        audit.record(
            actor=audit.command("replay"),
            action="delivery.replayed",
            subject=f"{sync.flow} {key}",
            subject_id=str(delivery.pk),
            detail={"version": delivery.number},
        )
    return delivery
