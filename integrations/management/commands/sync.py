"""Polls and delivers for one customer in this process."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import schema_context

from integrations import audit, catalogue, health, metrics, steering
from integrations.engine import Polled, examples, is_running, next_due, standing, vanished
from integrations.management.customers import find_customer, find_syncs
from integrations.management.stopping import Stopping
from integrations.models import Connection, Delivery, Sync
from integrations.running import loading_of, run_claim, utc_now
from tenants import schedule
from tenants.models import Customer

State = Delivery.State

MOST_POLLS = 5
"""So often --until-idle reads a source that cannot be read for a reason that may pass."""
TAKEN = timedelta(seconds=2)
"""A poll that is overdue so long, and could not be claimed, is somebody else's."""
PATIENCE = timedelta(seconds=90)
"""So long --until-idle looks again at what waits for the other system, once nothing else is left to do."""


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
        parser.add_argument(
            "--until-idle",
            action="store_true",
            help="go on until no delivery is due any more, nobody else works on these flows, and each could be polled: "
            f"one that could not, for a reason that may pass, is polled {MOST_POLLS} times",
        )
        parser.add_argument(
            "--full",
            action="store_true",
            help="read everything again, not only what changed: nothing is doubled, and what came late behind is found",
        )
        parser.add_argument("--seconds", type=_seconds, default=900, help="stop after this time in any case (900)")

    def handle(
        self, *, customer: str, flow: str | None, until_idle: bool, full: bool, seconds: float, **options: Any
    ) -> None:
        found = find_customer(customer)
        if found.suspended_at is not None:
            raise CommandError(f"The customer {found.schema_name} is suspended: nothing is polled or delivered.")
        self._again: dict[UUID, datetime] = {}
        self._polls: Counter[UUID] = Counter()
        self._told_of_others = False
        self._quiet_since: datetime | None = None
        began_at, stopped, finished = utc_now(), False, False
        with schema_context(found.schema_name), Stopping() as stopping:
            syncs = find_syncs(flow)
            try:
                for sync in syncs:
                    if full and sync.enabled:
                        steering.restart(sync, found, reason="sync --full", actor=audit.command("sync"), now=began_at)
                    schedule.make_due(customer_id=found.pk, sync_ids=[sync.pk], kind="poll", now=began_at)
                finished = self._work(found, syncs, until_idle, began_at + timedelta(seconds=seconds))
            except KeyboardInterrupt:
                stopped = True
                self.stderr.write("Stopped. Nothing is lost: the next run goes on from here.")
            stopping.hold()
            counts = {sync.flow: standing(sync, since=began_at) for sync in syncs}
            troubles = self._tell(found, syncs)
            if not finished and not stopped:
                self.stderr.write(f"Not finished after {seconds:g} seconds. The next run goes on from here.")
            self.stdout.write(json.dumps(counts))
        if stopped:
            raise SystemExit(stopping.exit_code)
        if troubles or not finished:
            raise SystemExit(1)

    def _tell(self, customer: Customer, syncs: list[Sync]) -> bool:
        """Says what a person has to know; True if a flow does not go on by itself."""
        for sync in syncs:
            for state, found in examples(sync).items():
                about = f"{found.label or found.source_key}: {found.reason}"
                self.stderr.write(f"{sync.flow}: {state.replace('_', ' ')}, for example {about}")
            for sentence in vanished(catalogue.flows()[sync.flow].maps):
                self.stderr.write(f"{sync.flow}: {sentence}")
        health.tell_all(customer.pk, now=utc_now())
        metrics.hand_on()  # what this process counted ends with it
        troubles = [(sync.flow, trouble) for sync in syncs if (trouble := _trouble(sync))]
        for name, trouble in troubles:
            self.stderr.write(f"{name}: {trouble}")
        return bool(troubles)

    def _work(self, customer: Customer, syncs: list[Sync], until_idle: bool, deadline: datetime) -> bool:
        """False if the time was over before there was nothing more to do."""
        while utc_now() < deadline:
            worked = [sync for sync in syncs if self._work_on(customer, sync)]
            if worked:
                continue
            due = self._next(customer, syncs)
            if not until_idle or due is None:
                return True
            time.sleep(min(max((due - utc_now()).total_seconds(), 0.05), 1.0))
        return False

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
            polled = run_claim(claim)
            if claim.kind == "poll":
                self._note(sync, polled)
            if sync.enabled and not _trouble(sync):
                far = loading_of(Sync.objects.get(pk=sync.pk), utc_now())
                told = f"; {far}" if far else ""
                self.stderr.write(f"{sync.flow}: {claim.kind} done, {standing(sync)['open']} on their way{told}")
        return bool(claims)

    def _note(self, sync: Sync, polled: Polled | None) -> None:
        """Whether, and when, this flow is worth another poll."""
        self._again.pop(sync.pk, None)
        if polled and polled.failed and polled.passing and polled.again_at:
            self._polls[sync.pk] += 1
            if self._polls[sync.pk] < MOST_POLLS:
                self._again[sync.pk] = polled.again_at

    def _next(self, customer: Customer, syncs: list[Sync]) -> datetime | None:
        """When there may be something to do again: a delivery is due, a failed poll, or somebody's lease has ended.

        What is paused, or a task for a person, is not waited for, and what waits for the other system only for a while.
        """
        fresh = Sync.objects.select_related("source", "target").filter(pk__in=[sync.pk for sync in syncs])
        running = [sync for sync in fresh if is_running(sync)]
        taken = utc_now() - TAKEN  # by a worker
        self._again = {sync_id: due for sync_id, due in self._again.items() if due > taken}
        held = schedule.held_until(customer_id=customer.pk, sync_ids=[sync.pk for sync in running], now=utc_now())
        if held and not self._told_of_others:
            self._told_of_others = True
            self.stderr.write(f"Somebody else works on it, or was killed doing so: until {held:%H:%M:%S} UTC at most.")
        ours = [next_due(sync, without=(State.QUARANTINED, State.WAITING)) for sync in running]
        again = [self._again.get(sync.pk) for sync in running]
        if due := _earliest([held, *ours, *again]):
            self._quiet_since = None
            return due
        self._quiet_since = self._quiet_since or utc_now()
        due = _earliest([next_due(sync, without=(State.QUARANTINED,)) for sync in running])
        return due if due and due <= self._quiet_since + PATIENCE else None


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


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


def _seconds(text: str) -> float:
    """A time greater than nothing."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 86_400:
        raise ArgumentTypeError(f"{text} is not a number of seconds, at most 86400")
    return seconds
