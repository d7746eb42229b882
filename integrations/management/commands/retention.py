"""How long a customer's data are kept."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from integrations import audit, retention
from integrations.management.customers import find_customer
from integrations.running import utc_now
from tenants.schema import within


class Command(BaseCommand):
    """Shows the days by class of data; sets some with --set; --now removes at once what is too old by then."""

    help = "Show or set for how many days a customer's data are kept; the last line is a JSON object of days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customer", help="schema name of the customer")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="CLASS=DAYS",
            help='0 is for ever, "default" as the installation does; may be given several times',
        )
        parser.add_argument("--now", action="store_true", help="do not wait for the night")

    def handle(self, *, customer: str, now: bool, **options: Any) -> None:
        found, wanted = find_customer(customer), dict(_rule(text) for text in options["set"])
        with within(found):
            try:
                with transaction.atomic():
                    for data, days in wanted.items():
                        retention.set_days(data, days, actor=audit.command("retention"))
            except retention.BadDays as error:
                raise CommandError(f"{error} Nothing was changed.") from None
            while now:
                purged = retention.purge(found, now=utc_now())
                for data, rows in purged.rows.items():
                    self.stderr.write(f"{data}: {rows} removed")
                now = purged.more
            self.stdout.write(json.dumps(retention.days_of()))


def _rule(text: str) -> tuple[str, int | None]:
    data, equals, days = text.partition("=")
    if not equals or not (days == "default" or (days.isascii() and days.isdigit())):
        raise CommandError(f"{text} is not CLASS=DAYS, for example payloads=365.")
    return data, None if days == "default" else int(days)
