"""Compares both books of one customer."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import schema_context

from integrations.engine import Report, reconcile
from integrations.errors import IntegrationError
from integrations.management.customers import find_customer, find_syncs
from integrations.running import comparison_of


class Command(BaseCommand):
    """Reads the whole source and the linked records of the target; writes nothing anywhere."""

    help = "Compare both books; the last line is one JSON object. Exit 1 if they do not agree."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customer", help="schema name of the customer")
        parser.add_argument("--flow", help="only this flow")

    def handle(self, *, customer: str, flow: str | None, **options: Any) -> None:
        reports = []
        with schema_context(find_customer(customer).schema_name):
            syncs = find_syncs(flow)
            if not syncs:
                raise CommandError("No flow is switched on for this customer: there is nothing to compare.")
            for sync in syncs:
                work = comparison_of(sync)
                try:
                    reports.append(reconcile(work))
                except IntegrationError as error:
                    raise CommandError(f"{sync.flow}: could not be compared. {error.message}") from None
                finally:
                    work.close()
                self._describe(reports[-1])
        agree = all(report.agree for report in reports)
        self.stdout.write(json.dumps({"agree": agree, "flows": [report.as_dict() for report in reports]}))
        if not agree:
            raise SystemExit(1)

    def _describe(self, report: Report) -> None:
        count = len(report.differences)
        verdict = "the books agree" if report.agree else f"{count} difference{'' if count == 1 else 's'}"
        explained = sum(report.explained.values())
        self.stderr.write(
            f"{report.flow}: {verdict}; {report.source_records} in the source, {report.agreeing} agreeing, "
            f"{explained} without a counterpart for a reason"
        )
        for difference in report.differences:
            arrow = f" -> {difference.target_key}" if difference.target_key else ""
            self.stderr.write(f"  {difference.source_key}{arrow}: {difference.cause}. {difference.detail}")
