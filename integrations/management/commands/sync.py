"""Polls and delivers for one customer in this process."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django_tenants.utils import schema_context

from integrations import catalogue, health, metrics
from integrations.engine import is_running, next_due, standing, vanished
from integrations.management.customers import find_customer, find_syncs
from integrations.models import Connection, Sync
from integrations.running import loading_of, run_claim, utc_now
from tenants import schedule
from tenants.models import Customer


class Command(BaseCommand):
    """Every enabled sync is polled once, then delivered. The last line is one JSON object: counts per flow.

    Works under the same leases as the workers, so both may run at once.
    """

    help = (
        "Poll and deliver for one customer in this process; the last line is a JSON object of counts per flow. "
        "Exit 1 if a flow could not be polled or is paused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customer", help="schema name of the customer")
        parser.add_argument("--flow", help="only this flow")
        parser.add_argument("--until-idle", action="store_true", help="go on until no delivery is due any more")
        parser.add_argument("--seconds", type=float, default=600, help="stop after this time in any case (600)")

    def handle(self, *, customer: str, flow: str | None, until_idle: bool, seconds: float, **options: Any) -> None:
        found = find_customer(customer)
        began_at, stopped = utc_now(), False
        with schema_context(found.schema_name):
            syncs = find_syncs(flow)
            for sync in syncs:
                schedule.make_due(customer_id=found.pk, sync_ids=[sync.pk], kind="poll", now=began_at)
            try:
                self._work(found, syncs, until_idle, began_at + timedelta(seconds=seconds))
            except KeyboardInterrupt:
                stopped = True
                self.stderr.write("Stopped. Nothing is lost: the next run goes on from here.")
            counts = {sync.flow: standing(sync, since=began_at) for sync in syncs}
            troubles = {sync.flow: trouble for sync in syncs if (trouble := _trouble(sync))}
            for sync in syncs:
                for sentence in vanished(catalogue.flows()[sync.flow].maps):
                    self.stderr.write(f"{sync.flow}: {sentence}")
            health.tell_all(found.pk, now=utc_now())
        metrics.hand_on()  # what this process counted ends with it
        for name, trouble in troubles.items():
            self.stderr.write(f"{name}: {trouble}")
        self.stdout.write(json.dumps(counts))
        if stopped or troubles:
            raise SystemExit(130 if stopped else 1)

    def _work(self, customer: Customer, syncs: list[Sync], until_idle: bool, deadline: datetime) -> None:
        while utc_now() < deadline:
            worked = [sync for sync in syncs if self._work_on(customer, sync)]
            if worked:
                continue
            due = self._next(syncs)
            if not until_idle or due is None:
                return
            time.sleep(min(max((due - utc_now()).total_seconds(), 0.05), 1.0))

    def _work_on(self, customer: Customer, sync: Sync) -> bool:
        """Takes what is due of one sync; False if nothing was, or a worker has it."""
        claims = schedule.claim(
            now=utc_now(),
            limit=2,
            lease_seconds=settings.LEASE_SECONDS,
            customer_id=customer.pk,
            sync_id=sync.pk,
        )
        for claim in sorted(claims, key=lambda claim: claim.kind, reverse=True):  # poll before deliver
            run_claim(claim)
            if sync.enabled and not _trouble(sync):
                far = loading_of(Sync.objects.get(pk=sync.pk), utc_now())
                told = f"; {far}" if far else ""
                self.stderr.write(f"{sync.flow}: {claim.kind} done, {standing(sync)['open']} on their way{told}")
        return bool(claims)

    def _next(self, syncs: list[Sync]) -> datetime | None:
        """When the next delivery is due; what is paused, or a task for a person, is not waited for."""
        fresh = Sync.objects.select_related("source", "target").filter(pk__in=[sync.pk for sync in syncs])
        due = [next_due(sync, tasks=False) for sync in fresh if is_running(sync)]
        return min((moment for moment in due if moment is not None), default=None)


def _trouble(known: Sync) -> str:
    """Why this flow does not go on by itself, "" if it does. One that is switched off is not expected to."""
    sync = Sync.objects.select_related("source", "target").get(pk=known.pk)
    if not sync.enabled:
        return ""
    if sync.state == Sync.State.PAUSED:
        return f"paused. {sync.pause_reason}"
    for account in (sync.source, sync.target):
        if account.state == Connection.State.PAUSED:
            return f"the connection {account.name} is paused. {account.pause_reason}"
    return f"the poll failed. {sync.last_error}" if sync.last_error else ""
