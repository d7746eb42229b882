"""Closes records that nobody wants any more."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from integrations import desk
from integrations.audit import command
from integrations.engine.replaying import newest_of
from integrations.management.customers import find_customer, find_syncs
from integrations.models import Delivery
from integrations.refusals import CannotBeDone
from integrations.running import utc_now
from tenants.schema import within


class Command(BaseCommand):
    """Dismisses records by their source key, all of them or none. The next change of one is delivered as any other."""

    help = "Close records that nobody wants any more; the last line is a JSON object of delivery states by key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customer", help="schema name of the customer")
        parser.add_argument("flow", help="flow of the records, e.g. purchase-orders")
        parser.add_argument("keys", nargs="+", help="source keys, e.g. 4500001234")
        parser.add_argument("--reason", required=True, help="why; it stands in the audit and in each record's story")

    def handle(self, *, customer: str, flow: str, keys: list[str], reason: str, **options: Any) -> None:
        if not reason.strip():
            raise CommandError("A dismissal needs a reason.")
        with within(named := find_customer(customer)):
            (sync,) = find_syncs(flow)
            try:
                with transaction.atomic():
                    found = {key: newest_of(sync, key) for key in keys}
                    actor, now = command("dismiss"), utc_now()
                    done = {
                        key: desk.dismiss_one(delivery, named, reason=reason.strip(), actor=actor, now=now)
                        for key, delivery in found.items()
                    }
            except (Delivery.DoesNotExist, CannotBeDone) as error:
                raise CommandError(f"{error} Nothing was dismissed.") from None
        for key, delivery in done.items():
            self.stderr.write(f"{flow} {key}: version {delivery.number} is {delivery.state}")
        self.stdout.write(json.dumps({key: delivery.state for key, delivery in done.items()}))
